/** How long the API is left alone between two looks at an upload. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { pollDelay } from '../src/core/poll.js'

/** When the looks happen, in milliseconds from the start, until `ms` have gone by. */
function looks(ms: number, random: () => number): number[] {
  const at = [0]
  for (let now = 0; ; ) {
    now += pollDelay(now, random)
    if (now > ms) return at
    at.push(now)
  }
}

describe('the pause between two looks', () => {
  const rows: readonly [waitedMs: number, chance: number, ms: number][] = [
    [0, 0, 500],
    [0, 1, 400],
    [1000, 0, 650],
    [10_000, 0, 2000],
    [10_000, 0.5, 1800],
    [60_000, 0, 9500],
    [120_000, 0, 10_000],
    [900_000, 0, 10_000],
    [900_000, 1, 8000],
  ]
  for (const [waitedMs, chance, ms] of rows) {
    it(`after ${waitedMs} ms, with chance ${chance}, is ${ms} ms`, () => {
      assert.equal(
        pollDelay(waitedMs, () => chance),
        ms,
      )
    })
  }

  it('is a whole number of milliseconds between 0.4 and 10 seconds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (waited, chance) => {
          const ms = pollDelay(waited, () => chance)
          assert.ok(Number.isInteger(ms) && ms >= 400 && ms <= 10_000, String(ms))
        },
      ),
    )
  })

  it('never shrinks as the wait grows, chance being the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e7 }), fc.integer({ min: 0, max: 1e7 }), (a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        assert.ok(pollDelay(early, () => 0.5) <= pollDelay(late, () => 0.5))
      }),
    )
  })
})

describe('a whole wait', () => {
  for (const chance of [0, 0.5, 0.999]) {
    it(`sees a short import soon, and a long one costs few calls (chance ${chance})`, () => {
      assert.ok(looks(2000, () => chance).length >= 4, 'the first two seconds')
      assert.ok(looks(60_000, () => chance).length <= 30, 'the first minute')
      // A hundred a minute is what the API takes for a whole project.
      const fifteen = looks(15 * 60_000, () => chance)
      assert.ok(fifteen.length <= 140, `fifteen minutes: ${fifteen.length}`)
    })
  }
})
