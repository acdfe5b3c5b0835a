/** A steady upload on a real terminal: after a tenth of it, the time left is off by less than a quarter at every look. */
import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { startSandbox } from '../src/sandbox/index.js'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { onTerminal } from './helpers/pty.js'

/** Held back by the command itself: no other load of the machine moves it. */
const rate = 4e6
const size = 60e6
const lookMs = 100
/** A machine that stood still for longer was not steady, and nobody can foresee that. */
const mostStandstillMs = 400
const mostRuns = 3

/** Milliseconds, as the bar tells them; undefined where it does not. */
function leftIn(row: string): number | undefined {
  const [, hours = '0', minutes, seconds] = /(?:(\d+):)?(\d+):(\d\d) left/.exec(row) ?? []
  return minutes === undefined ? undefined : 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds))
}

interface Look {
  at: number
  /** Of the bar, where there is one. */
  row: string
}

/** One upload to its end: every look at it, and all that stood on the screen. */
async function lookedAt(t: TestContext): Promise<{ looks: Look[]; lines: string }> {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const cwd = await tempFolder(t)
  await testFile(cwd, 'hero.png', pngBytes(size))
  const shown = onTerminal(t, ['hero.png', '--verbose', '--limit-rate', `${rate}`], {
    cwd,
    cols: 120,
    env: envOf(sandbox),
  })
  const looks: Look[] = []
  const timer = setInterval(() => {
    const row = shown.frame().rows.at(-1) ?? ''
    if (/[█░].* %/.test(row)) looks.push({ at: performance.now(), row })
  }, lookMs)
  t.after(() => clearInterval(timer))
  assert.equal(await shown.ended, 0)
  clearInterval(timer)
  return { looks, lines: shown.frame().lines.join('\n') }
}

/** The longest time without another row: neither the one that looks nor the command may stand still. */
function longestGap(looks: readonly Look[]): number {
  const changes = looks.filter(({ row }, index) => row !== looks[index - 1]?.row)
  return Math.max(...changes.map(({ at }, index) => at - (changes[index - 1]?.at ?? at)))
}

/** The first run in which the machine did not stand still; null where it did in each. */
async function steadyRun(t: TestContext, left = mostRuns) {
  if (left === 0) return null
  const run = await lookedAt(t)
  const gap = longestGap(run.looks)
  if (gap <= mostStandstillMs) return run
  t.diagnostic(`the machine stood still for ${Math.round(gap)} ms: once more`)
  return steadyRun(t, left - 1)
}

it(`${size / 1e6} MB at ${rate / 1e6} MB/s`, async (t) => {
  const run = await steadyRun(t)
  if (run === null) return t.skip(`the machine stood still in each of ${mostRuns} runs`)
  const { looks, lines } = run
  const [begun, ended] = [looks[0]?.at ?? 0, looks.at(-1)?.at ?? 0]
  const told = looks.flatMap(({ at, row }) => {
    const left = leftIn(row)
    return left !== undefined && at - begun >= (ended - begun) / 10 ? [{ left, truth: ended - at, row }] : []
  })
  // It is told in whole seconds, rounded up: in the last one and a half, that is all there is to it.
  const off = told.map(({ left, truth, row }) => ({ share: (Math.abs(left - truth) - 1000) / truth, row, truth }))
  const worst = off.filter(({ truth }) => truth > 1500).toSorted((a, b) => b.share - a.share)[0]
  // It takes some five seconds to know.
  assert.ok(told.length > looks.length / 2, 'it is hardly ever told')
  assert.ok(worst && worst.share < 0.25, JSON.stringify(worst))
  t.diagnostic(`off by ${Math.round(100 * worst.share)} % at most, beyond the second that is rounded`)
  assert.match(lines, /^· limited by --limit-rate \(/m)
})
