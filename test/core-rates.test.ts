/** Speed over a moving window, and the time that is left. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createMeter, timeLeft } from '../src/core/rates.js'

type Sample = readonly [bytes: number, at: number]

function rateOf(samples: readonly Sample[], windowMs?: number): number | undefined {
  const meter = createMeter(windowMs)
  for (const [bytes, at] of samples) meter.add(bytes, at)
  return meter.rate()
}

describe('the speed', () => {
  const rows: readonly [title: string, samples: readonly Sample[], rate: number | undefined][] = [
    ['is not known before anything was sent', [], undefined],
    ['is not known from a single figure', [[100, 0]], undefined],
    [
      'is not known from less than half a second',
      [
        [0, 0],
        [100, 499],
      ],
      undefined,
    ],
    [
      'is known from half a second',
      [
        [0, 0],
        [100, 500],
      ],
      200,
    ],
    [
      'is in bytes a second',
      [
        [0, 0],
        [3000, 2000],
      ],
      1500,
    ],
    [
      'counts from the first figure, not from zero',
      [
        [5000, 0],
        [6000, 1000],
      ],
      1000,
    ],
    [
      'is zero where nothing moves',
      [
        [100, 0],
        [100, 1000],
      ],
      0,
    ],
    [
      'is never negative, even where a retry takes bytes back',
      [
        [1000, 0],
        [0, 1000],
      ],
      0,
    ],
  ]
  for (const [title, samples, rate] of rows) it(title, () => assert.equal(rateOf(samples), rate))

  it('forgets what lies before the window', () => {
    const slowThenFast: Sample[] = [
      ...Array.from({ length: 10 }, (_, second): Sample => [second * 10, second * 1000]),
      ...Array.from({ length: 10 }, (_, second): Sample => [100 + second * 1000, (10 + second) * 1000]),
    ]
    assert.equal(rateOf(slowThenFast, 5000), 1000)
    assert.ok((rateOf(slowThenFast, 100_000) ?? 0) < 600)
  })

  it('is told even where one figure comes in a whole window', () => {
    assert.equal(
      rateOf(
        [
          [0, 0],
          [8000, 80_000],
        ],
        1000,
      ),
      100,
    )
  })

  it('of steady bytes is that of each of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 3, max: 60 }), (perSecond, seconds) => {
        const samples = Array.from({ length: seconds }, (_, i): Sample => [i * perSecond, i * 1000])
        assert.ok(Math.abs((rateOf(samples) ?? 0) - perSecond) < 1e-6 * perSecond)
      }),
    )
  })
})

describe('the time left', () => {
  const rows: readonly [left: number, rate: number | undefined, ms: number | undefined][] = [
    [1000, 100, 10_000],
    [0, 100, 0],
    [1, 1000, 1],
    [1000, 0, undefined],
    [1000, undefined, undefined],
    [1000, -1, undefined],
  ]
  for (const [left, rate, ms] of rows) {
    it(`of ${left} bytes at ${rate ?? 'an unknown'} B/s is ${ms === undefined ? 'not known' : `${ms} ms`}`, () => {
      assert.equal(timeLeft(left, rate), ms)
    })
  }
})
