/**
 * The engine in a world of virtual time and seeded chance, where anything may fail and the process may be killed between
 * any two effects. SEEDS=10000 sets how many stories are told; SEED=123 tells that one alone, as a failure says.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Told, tell } from './helpers/simulated/story.js'

const { SEEDS = '500', SEED } = process.env
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)]
/** One story in so many is told with the real memory, on a real disk. */
const realEvery = 50
/** A promise that is broken once is broken often: nobody reads more. */
const mostFailures = 10

async function tellOne(seed: number): Promise<Told> {
  if (seed % realEvery !== 0) return tell(seed, null)
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-simulation-'))
  return tell(seed, folder).finally(() => rm(folder, { recursive: true, force: true }))
}

/** In one line: how many of what. */
function figures(stories: readonly Told[]): string {
  const sum = (count: (told: Told) => number) => stories.reduce((before, told) => before + count(told), 0)
  const ends = stories.flatMap((told) => told.ends).toSorted()
  const counts = [...new Set(ends)].map((end) => `${end} ${ends.filter((other) => other === end).length}`)
  const runs = `${sum(({ ends }) => ends.length)} runs, ${sum(({ puts }) => puts)} parts sent`
  return `simulation: ${stories.length} seeds, ${runs}, ${sum(({ steps }) => steps)} effects; ended: ${counts.join(', ')}`
}

describe('an upload in any weather', { timeout: 1_800_000 }, () => {
  it('never lies, never loses, never hangs, and never sends again what it knows to be there', async (t) => {
    const stories: Told[] = []
    const failures: string[] = []
    for (const seed of seeds) {
      await tellOne(seed).then(
        (told) => stories.push(told),
        (error: unknown) => failures.push(error instanceof Error ? error.message : String(error)),
      )
      if (failures.length >= mostFailures) break
    }
    t.diagnostic(figures(stories))
    assert.equal(failures.length, 0, `these went wrong (SEED=… tells one again):\n${failures.join('\n')}`)
    assert.equal(stories.length, seeds.length)
  })
})
