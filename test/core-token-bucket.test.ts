/** The limit of the rate, simulated: clocks that are late, networks that are slow, parts side by side. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkRate, createTokenBucket } from '../src/core/token-bucket.js'
import { UploadError } from '../src/errors.js'
import { chanceOf } from './helpers/chance.js'

interface Sent {
  at: number
  bytes: number
  by: number
}

interface World {
  bytesPerSecond: number
  senders?: number
  seconds?: number
  /** Milliseconds that a wait takes longer than it was to. */
  lateMs?: () => number
  /** Milliseconds that the network takes for a piece. */
  writeMs?: () => number
  /** Most bytes that a sender has at hand for a piece. */
  mostBytes?: number
}

/** Each sender takes its tokens, waits, writes and begins anew; whoever is next in time is next. */
function simulate(world: World): Sent[] {
  const { bytesPerSecond, senders = 4, seconds = 20, lateMs = () => 0, writeMs = () => 0, mostBytes = 2 ** 20 } = world
  const clock = { now: 0 }
  const bucket = createTokenBucket(bytesPerSecond, () => clock.now)
  const bytes = Math.min(bucket.pieceBytes, mostBytes)
  const ready = Array.from({ length: senders }, () => 0)
  const sent: Sent[] = []
  for (;;) {
    const by = ready.indexOf(Math.min(...ready))
    clock.now = ready[by] ?? 0
    if (clock.now >= seconds * 1000) return sent.toSorted((a, b) => a.at - b.at)
    const waitMs = bucket.take(bytes)
    const at = clock.now + waitMs + (waitMs > 0 ? lateMs() : 0)
    if (at < seconds * 1000) sent.push({ at, bytes, by })
    ready[by] = at + writeMs() + 0.01
  }
}

const sum = (sent: readonly Sent[]) => sent.reduce((all, { bytes }) => all + bytes, 0)

/** The most that left within any second, wherever it begins. */
const mostInASecond = (sent: readonly Sent[]) =>
  Math.max(...sent.map(({ at: from }) => sum(sent.filter(({ at }) => at >= from && at < from + 1000))))

describe('a limit of', () => {
  for (const rate of [1000, 10_000, 64_000, 1_000_000, 12_345_678]) {
    for (const [senders, of] of [
      [1, 'one part'],
      [4, 'four parts'],
      [64, '64 parts'],
    ] as const) {
      it(`${rate} bytes a second over ${of} is kept within 5 % over 20 s, without bursts`, () => {
        const chance = chanceOf(`${rate} ${senders}`)
        const sent = simulate({
          bytesPerSecond: rate,
          senders,
          lateMs: () => chance.below(8),
          writeMs: () => chance.below(5),
        })
        assert.ok(Math.abs(sum(sent) / (20 * rate) - 1) < 0.05, `${sum(sent)} bytes in 20 s`)
        assert.ok(mostInASecond(sent) <= rate * 1.12, `${mostInASecond(sent)} bytes in a second`)
      })
    }
  }

  it('a gigabyte a second is kept in pieces of a mebibyte', () => {
    const sent = simulate({ bytesPerSecond: 1e9, seconds: 2, lateMs: () => 1 })
    assert.ok(Math.abs(sum(sent) / 2e9 - 1) < 0.05)
  })

  it('what there is no limit of lets everything pass at once', () => {
    const bucket = createTokenBucket(Number.POSITIVE_INFINITY, () => 0)
    assert.equal(bucket.pieceBytes, Number.POSITIVE_INFINITY)
    assert.equal(bucket.take(1e12) + bucket.take(1e12), 0)
  })
})

describe('of four parts', () => {
  it('each gets its share', () => {
    const chance = chanceOf('shares')
    const sent = simulate({ bytesPerSecond: 1e6, lateMs: () => chance.below(5), writeMs: () => chance.below(20) })
    const shares = [0, 1, 2, 3].map((who) => sum(sent.filter(({ by }) => by === who)) / sum(sent))
    for (const share of shares) assert.ok(Math.abs(share - 0.25) < 0.02, shares.join(' '))
  })

  it('none waits for longer than all of them take for a piece', () => {
    const bucket = createTokenBucket(1e6, () => 0)
    const waits = [1, 2, 3, 4, 5].map(() => bucket.take(bucket.pieceBytes))
    assert.deepEqual(waits, [0, 0, 50, 100, 150])
  })
})

describe('what was not sent', () => {
  it('for a twentieth of a second is made up for, so that a late timer costs nothing', () => {
    const sent = simulate({ bytesPerSecond: 1e6, senders: 1, lateMs: () => 30 })
    assert.ok(Math.abs(sum(sent) / 20e6 - 1) < 0.05, `${sum(sent)}`)
  })

  it('for a minute is not: no burst follows', () => {
    const clock = { now: 0 }
    const bucket = createTokenBucket(1e6, () => clock.now)
    bucket.take(50_000)
    clock.now = 60_000
    const waits = Array.from({ length: 24 }, () => bucket.take(50_000))
    assert.ok(waits.filter((ms) => ms < 1000).length <= 21, waits.join(' '))
    assert.equal(waits.at(-1), 1100)
  })
})

describe('a rate', () => {
  it('is at least 1000 bytes a second', () => {
    assert.equal(checkRate(1000), 1000)
    assert.equal(checkRate(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
    for (const rate of [0, 999, -1, Number.NaN, JSON.parse('"2MB"'), JSON.parse('null')]) {
      assert.throws(
        () => checkRate(rate),
        (error) => error instanceof UploadError && error.code === 'ERR_USAGE' && /--limit-rate/.test(error.message),
      )
    }
  })
})
