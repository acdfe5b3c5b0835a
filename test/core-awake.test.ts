/** Time without the hours in which the machine slept. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { asleepMs, createAwakeClock } from '../src/core/awake.js'

const beatMs = 1000

/** What the clock shows at the end, after it was asked once after each of these pauses. */
function shownAfter(pauses: readonly number[], lastPause = 0): number {
  const state = { at: 500 }
  const clock = createAwakeClock(beatMs, () => state.at)
  const before = clock.now()
  for (const pause of [...pauses, lastPause]) {
    state.at += pause
    clock.now()
  }
  return clock.now() - before
}

describe('time awake', () => {
  const rows: readonly [title: string, pauses: number[], ms: number][] = [
    ['stands still with the clock', [0, 0], 0],
    ['goes on with every beat', [1000, 1000, 500], 2500],
    ['counts a beat that is a little late', [beatMs + asleepMs], beatMs + asleepMs],
    ['leaves out what a beat is too late by', [beatMs + asleepMs + 1], beatMs],
    ['leaves out a night, but for one beat', [1000, 8 * 3_600_000, 1000], 3000],
    ['leaves out each of two naps', [60_000, 1000, 60_000], 3000],
  ]
  for (const [title, pauses, ms] of rows) it(title, () => assert.equal(shownAfter(pauses), ms))

  it('never goes back, and never faster than the clock', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100_000 })),
        fc.integer({ min: 0, max: 100_000 }),
        (pauses, last) => {
          const [before, after] = [shownAfter(pauses), shownAfter(pauses, last)]
          assert.ok(after >= before && after - before <= last)
        },
      ),
    )
  })

  it('is the time of this process where nobody gives another', async () => {
    const clock = createAwakeClock(beatMs)
    const before = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.ok(clock.now() - before >= 19)
  })
})
