/**
 * The watch over an attempt that may go silent, or sleep. The clock is the test's; the timers are real, and timers of
 * one length go off in the order in which they were set: a plain one beside the watch's says which came first.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Watch, watchProgress } from '../src/wire/watch-progress.js'

const ms = 50
/** So much too late, a timer has slept. */
const asleepMs = 5000

interface Scene {
  watch: Watch
  clock: { now: number }
  /** In the order in which it happened. */
  told: string[]
  /** A timer as long as the watch's, set now. */
  plain(length?: number): Promise<void>
}

function watching(length = ms): Scene {
  const clock = { now: 1000 }
  const told: string[] = []
  const watch = watchProgress(
    length,
    (silent) => told.push(`silent for ${silent}`),
    () => clock.now,
  )
  const plain = (of = length) =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        told.push('plain')
        resolve()
      }, of),
    )
  return { watch, clock, told, plain }
}

describe('a watch', () => {
  it('tells of silence once, and for how long it was', async () => {
    const { told, plain } = watching()
    await plain()
    await plain()
    assert.deepEqual(told, [`silent for ${ms}`, 'plain', 'plain'])
  })

  it('begins anew with each move', async () => {
    const { watch, told, plain } = watching()
    const first = plain()
    watch.moved()
    await first
    await plain()
    assert.deepEqual(told, ['plain', `silent for ${ms}`, 'plain'])
  })

  it('expects so much silence as it was told last, from then on', async () => {
    const { watch, told, plain } = watching()
    watch.expect(ms / 5)
    await plain()
    assert.deepEqual(told, [`silent for ${ms / 5}`, 'plain'])
    const { watch: patient, told: later, plain: beside } = watching()
    patient.expect(2 * ms)
    await beside()
    await beside(2 * ms)
    assert.deepEqual(later, ['plain', `silent for ${2 * ms}`, 'plain'])
  })

  it('that was stopped tells nothing, whatever moves or is expected after', async () => {
    const { watch, told, plain } = watching()
    watch.stop()
    watch.moved()
    watch.expect(1)
    await plain()
    assert.deepEqual(told, ['plain'])
  })

  it('of longer than a timer can be does not go off at once', async () => {
    const { watch, told, plain } = watching(2 ** 31)
    await plain(ms)
    watch.expect(2 ** 40)
    await plain(ms)
    watch.stop()
    assert.deepEqual(told, ['plain', 'plain'])
  })
})

describe('a timer of a watch that comes too late', () => {
  it('by over 5 seconds has slept: the silence begins anew, and is told if it lasts', async () => {
    const { clock, told, plain } = watching()
    const first = plain()
    clock.now += ms + asleepMs + 1
    await first
    await plain()
    assert.deepEqual(told, ['plain', `silent for ${ms}`, 'plain'])
  })

  it('by less belongs to a machine that is busy, and the silence counts', async () => {
    const { clock, told, plain } = watching()
    clock.now += ms + asleepMs
    await plain()
    assert.deepEqual(told, [`silent for ${ms}`, 'plain'])
  })

  it('is held against the last move, and against what is expected since', async () => {
    const { watch, clock, told, plain } = watching()
    clock.now += 10 * asleepMs
    watch.moved()
    await plain()
    assert.deepEqual(told, [`silent for ${ms}`, 'plain'])
    const { watch: other, clock: time, told: later, plain: beside } = watching()
    time.now += 10 * asleepMs
    other.expect(ms)
    time.now += ms + asleepMs
    await beside()
    assert.deepEqual(later, [`silent for ${ms}`, 'plain'])
  })

  it('can have slept many times', async () => {
    const { clock, told, plain } = watching()
    for (let nap = 0; nap < 3; nap++) {
      const round = plain()
      clock.now += ms + asleepMs + 1
      await round
    }
    await plain()
    assert.deepEqual(told, ['plain', 'plain', 'plain', `silent for ${ms}`, 'plain'])
  })
})
