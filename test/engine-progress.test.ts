/** What the storage has acknowledged, what is only on its way, and which of it is progress. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPatience } from '../src/engine/patience.js'
import { createProgress } from '../src/engine/progress.js'
import { MiB } from './helpers/engine.js'

function counting(already?: number) {
  const state = { now: 0, moved: 0 }
  const said: number[][] = []
  const progress = createProgress(
    100 * MiB,
    {
      say: (event) => {
        if (event.event === 'progress') said.push([event.bytes, event.inFlight, event.total])
      },
      nature: { now: () => state.now, random: () => 0, sleep: async () => {} },
      patience: {
        ...createPatience(() => state.now),
        progressed: () => {
          state.moved++
        },
      },
    },
    already,
  )
  return { state, said, progress }
}

describe('the progress', () => {
  it('begins at nothing', () => assert.deepEqual(counting().said, [[0, 0, 100 * MiB]]))

  it('begins at what is there already', () => assert.deepEqual(counting(7).said, [[7, 0, 100 * MiB]]))

  it('is told at most every tenth of a second while bytes move', () => {
    const { state, said, progress } = counting()
    progress.begin(1)
    state.now = 99
    progress.sent(1, 10, 100 * MiB)
    assert.equal(said.length, 1)
    state.now = 100
    progress.sent(1, 20, 100 * MiB)
    state.now = 199
    progress.sent(1, 30, 100 * MiB)
    assert.deepEqual(said.slice(1), [[0, 20, 100 * MiB]])
  })

  it('is told at once when all of a part is on its way: until its answer nothing more may come', () => {
    const { said, progress } = counting()
    progress.begin(1)
    progress.sent(1, 20, 30)
    assert.equal(said.length, 1)
    progress.sent(1, 30, 30)
    assert.deepEqual(said.slice(1), [[0, 30, 100 * MiB]])
  })

  it('has what is on its way apart, of all parts together', () => {
    const { state, said, progress } = counting(5)
    progress.begin(1)
    progress.begin(2)
    progress.sent(1, 10, 100 * MiB)
    state.now = 100
    progress.sent(2, 20, 100 * MiB)
    assert.deepEqual(said.at(-1), [5, 30, 100 * MiB])
  })

  it('counts a part only once it is acknowledged, and tells that at once', () => {
    const { said, progress } = counting(5)
    progress.begin(1)
    progress.sent(1, 10, 100 * MiB)
    assert.equal(progress.acknowledge(1, 10), 15)
    assert.deepEqual(said.at(-1), [15, 0, 100 * MiB])
    assert.equal(progress.acknowledge(2, 1), 16)
  })

  it('has nothing more on its way of an attempt that was given up', () => {
    const { said, progress } = counting()
    progress.begin(1)
    progress.sent(1, 10, 100 * MiB)
    progress.begin(1)
    progress.acknowledge(2, 3)
    assert.deepEqual(said.at(-1), [3, 0, 100 * MiB])
  })
})

describe('a part on its way is worth waiting for', () => {
  it('with every MiB that it gets further, and with no less', () => {
    const { state, progress } = counting()
    progress.begin(1)
    for (const [bytes, moved] of [
      [MiB - 1, 0],
      [MiB, 1],
      [2 * MiB - 1, 1],
      [2 * MiB, 2],
    ] as const) {
      progress.sent(1, bytes, 100 * MiB)
      assert.equal(state.moved, moved, `${bytes} bytes`)
    }
  })

  it('but not with what an attempt before it had sent already', () => {
    const { state, progress } = counting()
    progress.begin(1)
    progress.sent(1, 3 * MiB, 100 * MiB)
    progress.begin(1)
    progress.sent(1, 3 * MiB, 100 * MiB)
    assert.equal(state.moved, 1)
    progress.sent(1, 4 * MiB, 100 * MiB)
    assert.equal(state.moved, 2)
  })

  it('each for itself, and afresh once it was acknowledged', () => {
    const { state, progress } = counting()
    for (const part of [1, 2]) progress.sent(part, MiB, 100 * MiB)
    assert.equal(state.moved, 2)
    progress.acknowledge(1, 5 * MiB)
    progress.sent(1, MiB, 100 * MiB)
    assert.equal(state.moved, 3)
  })
})
