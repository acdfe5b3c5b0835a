/** What each figure may be at most, and what it should be: the README's table of them. */
import type { Figures } from './figures.js'

export interface Promised {
  /** In the README's words. */
  measure: string
  /** Its name among the figures that are kept. */
  figure: string
  most: number
  /** Default: there is nothing better than what it may be at most. */
  aim?: number
}

const large = '4 GiB in 16 MiB × 4'
const engine = '512 MiB into a real S3: wall, scenario-upload ÷'

const link = (name: string): Promised => ({
  measure: `a minute over a link of ${name}: wall with \`--concurrency auto\` ÷ the best fixed \`curl --parallel\``,
  figure: `${name}: wall, scenario-upload --concurrency auto ÷ best fixed curl`,
  most: 1.05,
  aim: 1,
})

export const promised: readonly Promised[] = [
  {
    measure: '4 GiB over TLS in 16 MiB × 4, `--no-verify`: wall ÷ `curl --parallel`',
    figure: `${large}: wall, scenario-upload --no-verify ÷ curl --parallel`,
    most: 1.5,
    aim: 1.15,
  },
  {
    measure: 'the same, each part verified: wall ÷ `curl --parallel`, which verifies nothing',
    figure: `${large}: wall, scenario-upload ÷ curl --parallel`,
    most: 2.5,
    aim: 1.9,
  },
  {
    measure: 'the same, `--no-verify`: CPU seconds ÷ those of curl',
    figure: `${large}: CPU, scenario-upload --no-verify ÷ curl --parallel`,
    most: 2,
    aim: 1.5,
  },
  { measure: '512 MiB into OpenStack Swift: wall ÷ `aws s3 cp`', figure: `${engine} aws s3 cp`, most: 1, aim: 0.7 },
  { measure: 'the same ÷ `rclone copyto`', figure: `${engine} rclone`, most: 1, aim: 0.7 },
  { measure: 'the same ÷ `s3cmd put`', figure: `${engine} s3cmd`, most: 1, aim: 0.7 },
  link('100 Mbit/s, 80 ms'),
  link('200 Mbit/s, 20 ms, 20 Mbit/s a connection'),
  link('10 Mbit/s, 200 ms'),
  {
    measure: 'peak memory, 8 parts of 64 MiB at once, verified: MiB',
    figure: 'peak MiB, 8 parts of 64 MiB at once, of 4 GiB',
    most: 180,
    aim: 120,
  },
  { measure: 'a picture of 4 MB: round trips beyond the ideal', figure: 'round trips beyond the ideal', most: 0 },
  { measure: '`--version` ÷ a bare `node -e 0`', figure: 'start-up: --version ÷ bare node', most: 1.5, aim: 1.25 },
  { measure: '`--help` ÷ a bare node', figure: 'start-up: --help ÷ bare node', most: 2, aim: 1.5 },
  {
    measure: 'upload of a picture to servers that answer at once ÷ a bare node',
    figure: 'start-up: upload ÷ bare node',
    most: 9,
    aim: 7,
  },
]

/** A row for each, and the figures in it as they are kept. Throws for one that is not. */
export function promisedTable(figures: Figures): string {
  const rows = promised.map(({ measure, figure, most, aim }) => {
    const value = figures[figure]
    if (value === undefined) throw new Error(`no figure is kept for ${figure}`)
    return `| ${measure} | **${value}** | ${most} | ${aim ?? most} |`
  })
  return ['| measure | measured | at most | aim |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
