/** Where the time of a part goes: into its file, the network, or the storage's answer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Spent } from '../src/core/limits.js'
import { createTimeSpent } from '../src/engine/time-spent.js'

const MiB = 1024 ** 2
const none: Spent = { reading: 0, handing: 0, answer: 0, either: 0, held: 0 }

interface Part {
  /** How long each chunk of a MiB takes to be read, and to be taken by the network. */
  readMs: number
  takenMs: readonly number[]
  answerMs: number
}

async function spentOn(...parts: Part[]): Promise<Spent> {
  const clock = { now: 0 }
  const spent = createTimeSpent(() => clock.now)
  for (const { readMs, takenMs, answerMs } of parts) {
    const attempt = spent.attempt()
    const chunks = (async function* () {
      for (const _ of takenMs) {
        clock.now += readMs
        yield new Uint8Array(MiB)
      }
    })()
    const left = [...takenMs]
    for await (const chunk of attempt.body(chunks)) {
      assert.equal(chunk.length, MiB)
      clock.now += left.shift() ?? 0
    }
    clock.now += answerMs
    attempt.answered()
  }
  return spent.sum()
}

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms)

describe('the time of a part', () => {
  const rows: readonly [title: string, part: Part, spent: Partial<Spent>][] = [
    [
      'is that of the disk as long as the next chunk is waited for',
      { readMs: 100, takenMs: times(8, 0), answerMs: 0 },
      { reading: 800 },
    ],
    [
      'is that of the network as long as it takes a chunk',
      { readMs: 0, takenMs: times(8, 100), answerMs: 0 },
      { handing: 800 },
    ],
    [
      'is that of the storage from the last chunk to its answer',
      { readMs: 0, takenMs: times(8, 1), answerMs: 500 },
      { handing: 8, answer: 500 },
    ],
    [
      'is that of the network as long as what it has buffered gets through: two of eight were taken at once',
      { readMs: 0, takenMs: [0, 0, ...times(6, 100)], answerMs: 250 },
      { handing: 800, answer: 50 },
    ],
    [
      'is that of one of the two, where all of the part fits into buffers',
      { readMs: 0, takenMs: [0, 0], answerMs: 500 },
      { either: 500 },
    ],
  ]
  for (const [title, part, spent] of rows) {
    it(title, async () => assert.deepEqual(await spentOn(part), { ...none, ...spent }))
  }

  it('is that of the limit as long as pieces are held back', async () => {
    const clock = { now: 0 }
    const spent = createTimeSpent(() => clock.now)
    const attempt = spent.attempt()
    const chunks = (async function* () {
      for (let chunk = 0; chunk < 8; chunk++) yield new Uint8Array(MiB)
    })()
    for await (const chunk of attempt.body(chunks)) {
      for (let piece = 0; piece < 4; piece++) {
        attempt.held(20)
        clock.now += 20
      }
      clock.now += chunk.length / MiB
    }
    assert.deepEqual(spent.sum(), { ...none, held: 640, handing: 8 })
  })

  it('is summed over all parts', async () => {
    const part: Part = { readMs: 10, takenMs: times(8, 100), answerMs: 0 }
    assert.deepEqual(await spentOn(part, part), { ...none, reading: 160, handing: 1600 })
  })

  it('counts for an attempt that was given up half-way, as far as it came', async () => {
    const clock = { now: 0 }
    const spent = createTimeSpent(() => clock.now)
    const chunks = (async function* () {
      for (;;) {
        clock.now += 5
        yield new Uint8Array(MiB)
      }
    })()
    const sent = { bytes: 0 }
    for await (const chunk of spent.attempt().body(chunks)) {
      if (sent.bytes >= 2 * MiB) break
      sent.bytes += chunk.length
      clock.now += 50
    }
    assert.deepEqual(spent.sum(), { ...none, reading: 15, handing: 100 })
  })
})
