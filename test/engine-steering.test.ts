/** The lanes of a run that `--concurrency auto` widens and narrows. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { steeredLanes } from '../src/engine/steering.js'

const unaborted = new AbortController().signal
const MB = 1e6

/** Parts without end, of which each sends so many bytes a second on each lane. */
function sending(bytesPerSecond: (lanes: number) => number) {
  const state = { ms: 0, working: 0 }
  const told: string[] = []
  const { lanes, steering } = steeredLanes('auto', { now: () => state.ms }, (words) => told.push(words))
  const attempts: { sent(bytes: number): void; bytes: number }[] = []
  const work = () => {
    state.working++
    attempts.push({ ...steering.attempt(), bytes: 0 })
    return new Promise<never>(() => {})
  }
  for (let part = 0; part < 100; part++) void lanes.take(work, unaborted)
  const run = async (seconds: number) => {
    for (const end = state.ms + seconds * 1000; state.ms < end; state.ms += 100) {
      await new Promise(setImmediate)
      const each = bytesPerSecond(attempts.length) / attempts.length / 10
      for (const attempt of attempts) {
        attempt.bytes += each
        attempt.sent(attempt.bytes)
      }
    }
  }
  return { ...steering, run, told, working: () => state.working }
}

describe('a run with --concurrency auto', () => {
  it('sends ever more parts at once while that pays, and says so', async () => {
    const { run, told, working, words } = sending((lanes) => lanes * MB)
    await run(10)
    assert.equal(working(), 32)
    assert.equal(told.length, 1)
    assert.match(`${told}`, /^32 connections now: 3\d\.\d MB\/s$/)
    assert.equal(words(), '--concurrency auto came to 32 connections')
  })

  it('says no word of numbers that it only tries', async () => {
    const { run, told, words } = sending(() => 10 * MB)
    await run(60)
    assert.deepEqual(told, [])
    assert.equal(words(), '--concurrency auto came to 4 connections')
  })

  it('begins fewer parts once the storage asks for that', async () => {
    const { run, slowDown, words } = sending(() => 0)
    await run(1)
    slowDown()
    assert.equal(words(), '--concurrency auto came to 2 connections')
    slowDown()
    assert.equal(words(), '--concurrency auto came to 1 connection')
  })

  it('counts no bytes twice of a part that is sent again, and no part that has ended', async () => {
    const state = { ms: 0 }
    const { lanes, steering } = steeredLanes('auto', { now: () => state.ms }, () => {})
    void Promise.all(Array.from({ length: 20 }, () => lanes.take(() => new Promise(() => {}), unaborted)))
    const first = steering.attempt()
    first.sent(5 * MB)
    first.sent(5 * MB)
    first.ended()
    for (state.ms = 100; state.ms < 3000; state.ms += 100) steering.attempt().sent(0)
    assert.equal(steering.words(), '--concurrency auto came to 4 connections')
  })
})

describe('a run with a number', () => {
  it('keeps to it, whatever happens', async () => {
    const { lanes, steering } = steeredLanes(3, { now: () => 0 }, assert.fail)
    steering.attempt().sent(MB)
    steering.slowDown()
    const begun: number[] = []
    for (let part = 0; part < 9; part++) {
      void lanes.take(() => {
        begun.push(part)
        return new Promise(() => {})
      }, unaborted)
    }
    await new Promise(setImmediate)
    assert.deepEqual(begun, [0, 1, 2])
    assert.equal(steering.words(), null)
  })
})
