/** How many connections `--concurrency auto` makes: step by step. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { autoLimits, createAutoConnections } from '../src/core/auto-connections.js'

const MB = 1e6

/** A link whose throughput is told by the number of connections, without noise; `at` is in seconds. */
function steady(rateOf: (count: number) => number) {
  const state = { ms: 0, bytes: 0 }
  const auto = createAutoConnections(() => state.ms)
  /** The numbers that there were in so many seconds, each once. */
  const run = (seconds: number, waiting = true) => {
    const seen = [auto.count()]
    for (const end = state.ms + seconds * 1000; state.ms < end; state.ms += 100) {
      state.bytes += rateOf(auto.count()) / 10
      const count = auto.heard(state.bytes, auto.count(), waiting)
      if (count !== seen.at(-1)) seen.push(count)
    }
    return seen
  }
  return { ...auto, run }
}

describe('the number of connections', () => {
  it('begins with four, and is three times as many as long as throughput grows, up to 32', () => {
    assert.deepEqual(steady((count) => count * MB).run(30), [4, 12, 32])
  })

  it('is what it was where more brought nothing, and more are tried again ever later', () => {
    const auto = steady(() => 50 * MB)
    assert.deepEqual(auto.run(20), [4, 12, 4, 12, 4, 12, 4, 12, 4])
    const tries = auto.run(180).filter((count) => count === 12)
    assert.ok(tries.length <= 180 / (autoLimits.mostRestMs / 1000) + 1, `${tries.length} in three minutes`)
  })

  it('keeps of a step that brought a little what that speaks for, and some in reserve', () => {
    assert.deepEqual(steady((count) => Math.min(count, 5) * MB).run(2.5), [4, 12, 10])
  })

  it('follows a link that got wider', () => {
    const width = { connections: 4 }
    const auto = steady((count) => Math.min(count, width.connections) * MB)
    auto.run(60)
    width.connections = 40
    auto.run(30)
    assert.equal(auto.count(), 32)
  })

  it('says nothing of a link while there are fewer parts than connections', () => {
    assert.deepEqual(steady((count) => count * MB).run(60, false), [4])
  })

  it('stays where it is while nothing moves', () => assert.deepEqual(steady(() => 0).run(600), [4]))

  it('waits until new connections have had their handshake, and as long again', () => {
    const state = { ms: 0 }
    const auto = createAutoConnections(() => state.ms)
    const at = (ms: number, moving: number) => {
      state.ms = ms
      return auto.heard(ms * 10_000, moving, true)
    }
    assert.equal(at(500, 3), 4)
    assert.equal(at(1000, 4), 4, 'all move now, after a second')
    assert.equal(at(1999, 4), 4)
    assert.equal(at(2000, 4), 4, 'measured from here')
    assert.equal(at(2499, 4), 4)
    assert.equal(at(2500, 4), 12)
  })
})

describe('a storage that asks for fewer requests', () => {
  it('gets half the connections at once, and never less than one', () => {
    const auto = steady(() => 0)
    assert.deepEqual([auto.slowDown(), auto.slowDown(), auto.slowDown()], [2, 1, 1])
  })

  it('is not given as many again for a minute', () => {
    const auto = steady((count) => count * MB)
    auto.run(5)
    assert.equal(auto.slowDown(), 16)
    assert.equal(Math.max(...auto.run(50)), 31)
    assert.equal(Math.max(...auto.run(40)), 32)
  })

  it('is given a number between the one that it took and the one that it did not', () => {
    const auto = steady((count) => count * MB)
    auto.run(0.9)
    assert.equal(auto.count(), 12)
    assert.equal(auto.slowDown(), 6)
    assert.equal(Math.max(...auto.run(50)), 8)
  })
})
