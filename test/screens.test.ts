/**
 * What stands on the screen, moment by moment, at each width: compared with the pictures in `test/golden`, to the letter.
 * `npm run golden` draws them anew; they are to be looked at before they are believed.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Frame, onTerminal } from './helpers/pty.js'
import { stories } from './helpers/stories.js'

const renews = process.env.RENEW === '1'
const player = fileURLToPath(new URL('helpers/player.ts', import.meta.url))
const picturePath = (name: string) => fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url))

interface Screen {
  story: keyof typeof stories
  cols: number
  rows?: number
  signs?: 'unicode' | 'ascii'
}

/** The spinner turns: whichever of its pictures it is, it counts as the first. */
const text = ({ rows }: Frame) =>
  rows.map((row) => row.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏](?= )/, '⠋').replace(/^[-\\|/](?= )/, '-')).join('\n')

/** Moments are told apart by a line that no screen has. */
const page = (name: string, picture: string) => `=== ${name}\n${picture}\n`

function pagesOf(name: string): string[] {
  return readFileSync(picturePath(name), 'utf8').split(/^(?==== )/m)
}

async function compare(
  t: TestContext,
  name: string,
  { story, cols, rows = 24, signs = 'unicode' }: Screen,
): Promise<void> {
  const shown = onTerminal(t, [story, signs], { program: ['--import', 'tsx', player], cols, rows })
  const pages = renews ? [] : pagesOf(name)
  for (const [index, moment] of stories[story].entries()) {
    const isIt = (frame: Frame) => page(moment.name, text(frame)) === pages[index]
    await shown.until(() => shown.raw() !== '', 60_000)
    if (renews) {
      await sleep(1500)
      pages.push(page(moment.name, text(shown.frame())))
    } else {
      await shown.until(isIt, 60_000).catch(() => assert.equal(page(moment.name, text(shown.frame())), pages[index]))
    }
    shown.kill('SIGUSR2')
  }
  assert.equal(await shown.ended, 0)
  assert.ok(shown.cursorShown() && shown.wraps())
  if (!renews) return
  mkdirSync(picturePath('..').replace(/\/[^/]*$/, ''), { recursive: true })
  writeFileSync(picturePath(name), pages.join(''))
}

describe('the screen', { concurrency: renews ? 1 : 2 }, () => {
  for (const story of ['one', 'three', 'fifty'] as const) {
    for (const cols of [120, 80, 40, 20]) {
      it(`of ${story} at ${cols} columns`, (t) => compare(t, `${story}-${cols}`, { story, cols }))
    }
  }

  it('of fifty in six rows has two of them left for others', (t) =>
    compare(t, 'fifty-low', { story: 'fifty', cols: 80, rows: 6 }))

  it('of fifty in three rows is one line', (t) => compare(t, 'fifty-lowest', { story: 'fifty', cols: 80, rows: 3 }))

  it('of three in plain ASCII', (t) => compare(t, 'three-ascii', { story: 'three', cols: 80, signs: 'ascii' }))
})
