/** A storage that asks for fewer requests: all parts hold back, whichever of them was told. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createThrottle } from '../src/engine/throttle.js'
import { UploadError } from '../src/errors.js'
import { clock } from './helpers/engine.js'

const { signal } = new AbortController()

const refusal = (retryAfterMs?: number) =>
  new UploadError('ERR_RATE_LIMITED', 'SlowDown', { retryAfterMs, requestId: `REQ${retryAfterMs}` })

/** Whoever does not say otherwise has ten minutes left. */
function throttled(random = () => 0) {
  const time = clock(random)
  const { pass, slowDown, eased } = createThrottle(time)
  return {
    time,
    pass: (of: AbortSignal, leftMs = () => 600_000) => pass(of, leftMs),
    slowDown: (retryAfterMs?: number) => slowDown(refusal(retryAfterMs)),
    eased,
  }
}

describe('a part', () => {
  it('passes at once where nobody asked for anything', async () => {
    const { time, pass } = throttled()
    await pass(signal)
    assert.deepEqual(time.slept, [])
  })

  it('waits for as long as the storage asked another one to', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(5000)
    const before = time.now()
    await Promise.all([pass(signal), pass(signal), pass(signal)])
    assert.equal(time.now() - before, 5000)
    assert.equal(time.slept.length, 3)
  })

  it('passes at once again when the pause is over', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(5000)
    await time.sleep(5000, signal)
    await pass(signal)
    assert.deepEqual(time.slept, [5000])
  })

  it('waits on where a longer pause was asked for while it waited', async () => {
    const { time, pass, slowDown } = throttled()
    const before = time.now()
    slowDown(5000)
    const waiting = pass(signal)
    await time.sleep(1000, signal)
    slowDown(60_000)
    await waiting
    assert.equal(time.now() - before, 61_000)
  })

  it('comes back up to a second later, by chance, so that not all come at the same moment', async () => {
    const chances = [0, 0.5, 0.9]
    const { time, pass, slowDown } = throttled(() => chances.shift() ?? 0)
    slowDown(2000) // takes the first chance
    await Promise.all([pass(signal), pass(signal)])
    assert.deepEqual(time.slept, [2500, 2900])
  })

  it('that is aborted waits no longer', async () => {
    const { pass, slowDown } = throttled()
    slowDown(60_000)
    const reason = new Error('enough')
    await assert.rejects(pass(AbortSignal.abort(reason)), (error) => error === reason)
  })
})

describe('a part that cannot wait as long as the storage asked another one to', () => {
  it('ends at once with that refusal, and when to come again', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(3_600_000)
    await time.sleep(1000, signal)
    await assert.rejects(pass(signal), { code: 'ERR_RATE_LIMITED', message: 'SlowDown', requestId: 'REQ3600000' })
    await assert.rejects(pass(signal), { retryAfterMs: 3_599_000 })
    assert.deepEqual(time.slept, [1000])
  })

  it('is one that has less left than that, and waits where it has as much', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(5000)
    await assert.rejects(
      pass(signal, () => 4999),
      { retryAfterMs: 5000 },
    )
    await pass(signal, () => 5000)
    assert.deepEqual(time.slept, [5000])
  })

  it('ends with the longest that any was asked for', async () => {
    const { pass, slowDown } = throttled()
    for (const ms of [700_000, 800_000, undefined, 650_000]) slowDown(ms)
    await assert.rejects(pass(signal), { retryAfterMs: 800_000, requestId: 'REQ800000' })
  })

  it('ends after what it waited for, where more was asked for meanwhile', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(5000)
    const waiting = pass(signal)
    await time.sleep(1000, signal)
    slowDown(3_600_000)
    await assert.rejects(waiting, { retryAfterMs: 3_596_000 })
  })

  it('waits still for a pause that nobody asked for, which is a short one', async () => {
    const { time, pass, slowDown } = throttled(() => 0.5)
    slowDown()
    await pass(signal, () => 0)
    assert.deepEqual(time.slept, [1000])
  })

  it('goes on as ever once the time is over', async () => {
    const { time, pass, slowDown } = throttled()
    slowDown(3_600_000)
    await time.sleep(3_600_000, signal)
    await pass(signal, () => 0)
  })
})

describe('the pause', () => {
  const pauses = async (wishes: readonly (readonly number[])[], eased = false) => {
    const { time, pass, slowDown, ...throttle } = throttled(() => 1 - Number.EPSILON)
    const lengths: number[] = []
    for (const together of wishes) {
      const before = time.now()
      for (const ms of together) slowDown(ms)
      await pass(signal)
      lengths.push(Math.round(time.now() - before) - 1000) // that is the chance of a second on top
      if (eased) throttle.eased()
    }
    return lengths
  }

  it('doubles with each wish, up to a cap', async () => {
    assert.deepEqual(await pauses(Array(7).fill([0])), [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000])
  })

  it('is a short one again once a part went through', async () => {
    assert.deepEqual(await pauses([[0], [0], [0]], true), [1000, 1000, 1000])
  })

  it('counts what parts were told together as one wish', async () => {
    assert.deepEqual(await pauses([[0, 0, 0, 0], [0]]), [1000, 2000])
  })

  it('is never shorter than any of the parts was told', async () => {
    assert.deepEqual(await pauses([[9000, 0, 3000]]), [10_000])
  })

  it('tells a new wish from one that parts were told together', async () => {
    const { pass, slowDown } = throttled()
    assert.deepEqual([slowDown(1000), slowDown(1000), slowDown(5000)], [true, false, false])
    await pass(signal)
    assert.equal(slowDown(0), true)
  })
})
