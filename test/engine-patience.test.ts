/** How long an upload has been without luck. The clock is given. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, it } from 'node:test'
import { createPatience } from '../src/engine/patience.js'

function patience() {
  const state = { now: 1000 }
  const at = (now: number) => {
    state.now = now
  }
  return { at, ...createPatience(() => state.now) }
}

describe('patience', () => {
  it('is counted from the first failure, which itself takes none of it', () => {
    const { at, failed } = patience()
    at(5000)
    assert.equal(failed(), 0)
    at(7500)
    assert.equal(failed(), 2500)
    at(9000)
    assert.equal(failed(), 4000)
  })

  it('begins anew with any progress', () => {
    const { at, failed, progressed } = patience()
    failed()
    at(60_000)
    progressed()
    at(90_000)
    assert.equal(failed(), 0)
    at(91_000)
    assert.equal(failed(), 1000)
  })

  it('is not used up by time in which nothing fails', () => {
    const { at, failed, progressed } = patience()
    progressed()
    at(3_600_000)
    assert.equal(failed(), 0)
  })

  it('may be counted from the very beginning of time', () => {
    const { at, failed } = patience()
    at(0)
    failed()
    at(10)
    assert.equal(failed(), 10)
  })
})

describe('a queue that other uploads stand in too', () => {
  const waiting = () => {
    const state = { now: 0 }
    const patience = createPatience(() => state.now)
    const gate = new EventEmitter()
    const queue = () =>
      patience.queued(async (begun) => {
        await once(gate, 'open')
        begun()
      })
    return { state, patience, queue, gate }
  }

  it('takes no time, while nothing of the upload is tried', async () => {
    const { state, patience, queue, gate } = waiting()
    await patience.during(async () => {
      patience.failed()
      state.now = 10
      const turn = queue()
      state.now = 5010
      gate.emit('open')
      await turn
      state.now = 5030
    })
    assert.equal(patience.failed(), 30)
  })

  it('takes time as ever, while something else of it is tried', async () => {
    const { state, patience, queue, gate } = waiting()
    await patience.during(() =>
      patience.during(async () => {
        patience.failed()
        const turn = queue()
        state.now = 5000
        gate.emit('open')
        await turn
      }),
    )
    assert.equal(patience.failed(), 5000)
  })
})
