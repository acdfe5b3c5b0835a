/** A minute over links such as people have: what `--concurrency auto` makes of them, beside fixed numbers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { curlWith, oursWith } from './contenders.js'
import type { Shape } from './delay-line.js'
import { inFolder } from './files.js'
import { firstLine } from './first-line.js'
import type { Load } from './loads.js'
import { benchInOwnNetwork, isOwnNetwork, mayHaveOwnNetwork } from './own-network.js'
import { race, type Standing, spentBy } from './race.js'
import { type Outcome, type Section, type SectionOptions, together } from './section.js'
import { runnerOf, setStage } from './stage.js'

const MiB = 1024 ** 2
const MbitPerSecond = 1_000_000 / 8

interface Link extends Shape {
  name: string
  /** What takes it about a minute. */
  sizeMiB: number
  partMiB: number
}

const links: readonly Link[] = [
  { name: '100 Mbit/s, 80 ms', rate: 100 * MbitPerSecond, roundTrip: 80, sizeMiB: 720, partMiB: 16 },
  {
    ...{ name: '200 Mbit/s, 20 ms, 20 Mbit/s a connection', rate: 200 * MbitPerSecond, roundTrip: 20 },
    ...{ ceiling: 20 * MbitPerSecond, sizeMiB: 1440, partMiB: 16 },
  },
  { name: '10 Mbit/s, 200 ms', rate: 10 * MbitPerSecond, roundTrip: 200, sizeMiB: 75, partMiB: 5 },
]

const ours = [oursWith('auto'), oursWith('4')]
const fixed = [4, 8, 16, 32].map(curlWith)

export const overLinks: Section = {
  name: 'links',
  run: async (options) => {
    if (options.short) return { tables: [], figures: {} }
    if (!isOwnNetwork() && mayHaveOwnNetwork()) return inOwnNetwork()
    // Side by side: all three together are a fraction of what the machine can do.
    const outcomes = await Promise.all(links.map((link) => overLink(link, options)))
    return together(outcomes)
  },
}

const inOwnNetwork = (): Promise<Outcome> =>
  inFolder(async (folder) => {
    const answer = join(folder, 'links.json')
    await benchInOwnNetwork([overLinks.name, '--json', answer])
    return JSON.parse(await readFile(answer, 'utf8'))
  })

const overLink = (link: Link, { say }: SectionOptions): Promise<Outcome> =>
  inFolder(async (folder) => {
    const load: Load = {
      ...{ name: link.name, files: 1, sparse: false, concurrency: 4, rounds: 1 },
      ...{ size: link.sizeMiB * MiB, partSize: link.partMiB * MiB, partOption: `${link.partMiB}MiB` },
    }
    const lines: ChildProcess[] = []
    const way = async (url: string) => {
      const { port } = new URL(url)
      const line = startLine(Number(port), link)
      lines.push(line)
      return url.replace(port, await firstLine(line))
    }
    try {
      const stage = await setStage(load, folder, { way })
      const runners = [...ours, ...fixed].map((contender) => runnerOf(contender, stage))
      const standings = await race(runners, 1, (words) => say(`${link.name}: ${words}`))
      await stage.close()
      return outcomeOf(link, standings)
    } finally {
      for (const line of lines) line.kill()
    }
  })

/** As a process of its own: what it takes is not the contenders'. */
function startLine(to: number, { roundTrip, rate, ceiling = rate }: Shape): ChildProcess {
  const script = fileURLToPath(new URL('delay-line.ts', import.meta.url))
  const shape = ['--round-trip', String(roundTrip), '--rate', String(rate), '--ceiling', String(ceiling)]
  return spawn(process.execPath, ['--import', 'tsx', script, '--to', String(to), ...shape], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function outcomeOf({ name, sizeMiB, rate }: Link, standings: readonly Standing[]): Outcome {
  const wallOf = (standing: Standing) => spentBy(standing).wallMs
  const best = Math.min(...standings.filter((each) => fixed.some((curl) => curl.name === each.name)).map(wallOf))
  const ideal = (sizeMiB * MiB) / rate
  const table = {
    title: `${sizeMiB} MiB over ${name}, TLS (at best ${ideal.toFixed(1)} s${isOwnNetwork() ? '' : '; large buffers before it'})`,
    columns: ['', 'wall s', '÷ best curl'],
    rows: standings.map((each) => [each.name, (wallOf(each) / 1000).toFixed(1), (wallOf(each) / best).toFixed(3)]),
  }
  const own = standings.slice(0, ours.length)
  const figures = own.map((each) => [`${name}: wall, ${each.name} ÷ best fixed curl`, wallOf(each) / best])
  return { tables: [table], figures: Object.fromEntries(figures) }
}
