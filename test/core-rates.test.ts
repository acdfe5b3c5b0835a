/** Speed over a moving window, and the time that is left. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createForecast, createMeter, type Stand } from '../src/core/rates.js'

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

/** A link of so many bytes a second, whose connections each take some into buffers on the way, and four parts at once. */
interface Link {
  rate: number
  size: number
  partSize: number
  bufferBytes: number
  connections?: number
  /** Milliseconds from a part's last byte to its answer. */
  answerMs?: number
}

interface Look extends Stand {
  at: number
  /** How long it took from here. */
  truth: number
}

const stepMs = 20

/** What is seen of such an upload ten times a second. */
function looksAt({ rate, size, partSize, bufferBytes, connections = 4, answerMs = 50 }: Link): Look[] {
  const waiting = Array.from({ length: Math.ceil(size / partSize) }, (_, i) => Math.min(partSize, size - i * partSize))
  const parts: { size: number; arrived: number; whole: number | null }[] = []
  const seen: (Stand & { at: number })[] = []
  const state = { acknowledged: 0, at: 0 }
  for (; state.acknowledged < size; state.at += stepMs) {
    for (const part of parts.filter(({ whole }) => whole !== null && state.at - whole >= answerMs)) {
      state.acknowledged += part.size
      parts.splice(parts.indexOf(part), 1)
    }
    for (const next of waiting.splice(0, connections - parts.length))
      parts.push({ size: next, arrived: 0, whole: null })
    const busy = parts.filter((part) => part.arrived < part.size)
    for (const part of busy) {
      part.arrived = Math.min(part.size, part.arrived + (rate * stepMs) / 1000 / busy.length)
      if (part.arrived === part.size) part.whole = state.at
    }
    const handed = parts.reduce((sum, part) => sum + Math.min(part.size, part.arrived + bufferBytes), 0)
    const moved = state.acknowledged + handed
    if (state.at % 100 === 0) seen.push({ at: state.at, moved, onTheWay: handed, left: size - moved })
  }
  return seen.map((look) => ({ ...look, truth: state.at - look.at }))
}

/** The worst that was told after a tenth of the way, and the five seconds in which nothing may be told: off by this share of the truth, beyond the second that is rounded. */
function worstOf(looks: readonly Look[]): number {
  const forecast = createForecast()
  const total = looks[0]?.truth ?? 0
  const told = looks.map((look) => ({ ...look, leftMs: forecast(look, look.at) }))
  const later = told.filter(({ at }) => at >= Math.max(total / 10, 5000))
  return Math.max(
    ...later.map(({ leftMs = Number.POSITIVE_INFINITY, truth }) => (Math.abs(leftMs - truth) - 1000) / truth),
  )
}

const MB = 1e6

describe('the time left of a steady upload, after a tenth of it, is off by less than a quarter at every look', () => {
  const links: readonly [what: string, link: Link][] = [
    ['on a home uplink', { rate: 1 * MB, size: 60 * MB, partSize: 8 * MB, bufferBytes: 0.3 * MB }],
    ['on a slow one', { rate: 0.1 * MB, size: 20 * MB, partSize: 8 * MB, bufferBytes: 0.1 * MB }],
    ['on a fast one', { rate: 10 * MB, size: 600 * MB, partSize: 8 * MB, bufferBytes: 2 * MB }],
    [
      'where much lies in buffers on the way',
      { rate: 3 * MB, size: 120 * MB, partSize: 8 * MB, bufferBytes: 2.6 * MB },
    ],
    ['in one connection', { rate: 3 * MB, size: 120 * MB, partSize: 8 * MB, bufferBytes: 2.6 * MB, connections: 1 }],
    ['in large parts', { rate: 5 * MB, size: 200 * MB, partSize: 50 * MB, bufferBytes: 2.6 * MB }],
    [
      'to a storage that answers late',
      { rate: 4 * MB, size: 200 * MB, partSize: 8 * MB, bufferBytes: 1 * MB, answerMs: 300 },
    ],
  ]
  for (const [what, link] of links) {
    it(what, () => assert.ok(worstOf(looksAt(link)) < 0.25, String(worstOf(looksAt(link)))))
  }

  it('though a part is sent again in the middle, for the time that it costs', () => {
    const looks = looksAt({ rate: 1 * MB, size: 60 * MB, partSize: 8 * MB, bufferBytes: 0.3 * MB })
    // What is shown never goes back: eight seconds pass in which nothing is seen to move, which the truth has from the start.
    const again = looks.flatMap((look) => {
      if (look.at < 30_000) return [{ ...look, truth: look.truth + 8000 }]
      return [{ ...look, at: look.at + 8000 }]
    })
    assert.ok(worstOf(again) < 0.25)
  })
})

describe('the time left', () => {
  const told = (stands: readonly (readonly [at: number, moved: number])[], total = 100) => {
    const forecast = createForecast()
    return stands.map(([at, moved]) => forecast({ moved, onTheWay: 0, left: total - moved }, at))
  }

  it('is not known before anything has moved, nor in the first seconds', () => {
    assert.deepEqual(
      told([
        [0, 0],
        [5000, 0],
        [6000, 10],
        [6900, 20],
        [7500, 30],
      ]),
      Array(5).fill(undefined),
    )
  })

  /** A figure a second. */
  const seconds = (...moved: number[]) => moved.map((bytes, second) => [second * 1000, bytes] as const)

  it('is that of the rest at the usual speed', () => {
    assert.equal(Math.round(told(seconds(1, 10, 20, 30, 40)).at(-1) ?? 0), 6000)
  })

  it('is not known where nothing moves any more', () => {
    assert.equal(told(seconds(...Array.from({ length: 40 }, (_, second) => Math.min(10, second)))).at(-1), undefined)
  })

  it('follows a link that has become another', () => {
    const rates = [...Array(40).fill(10), ...Array(40).fill(1)]
    const moved = rates.map((_, second) => rates.slice(0, second).reduce((sum, rate) => sum + rate, 1))
    const left = told(seconds(...moved), 1000).at(-1) ?? 0
    assert.ok(Math.abs(left - 1000 * (1000 - (moved.at(-1) ?? 0))) < 60_000, String(left))
  })

  it('is none when all is there', () => assert.equal(told(seconds(1, 20, 40, 60, 80, 100)).at(-1), 0))

  it('of an upload that goes on is that of what is missing: what was there before has not moved now', () => {
    const forecast = createForecast()
    const looks = seconds(1, 10, 20, 30, 40).map(([at, moved]) =>
      forecast({ moved, onTheWay: 0, left: 60 - moved }, at),
    )
    assert.equal(Math.round(looks.at(-1) ?? 0), 2000)
  })
})
