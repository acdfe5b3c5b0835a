/** So many at once, in the order in which they came, and nobody waits in vain. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, it } from 'node:test'
import { createLanes } from '../src/engine/lanes.js'

const unaborted = new AbortController().signal

describe('lanes', () => {
  it('hold so many at once, in the order in which they came', async () => {
    const lanes = createLanes(2)
    const state = { now: 0, most: 0, order: [] as number[] }
    const work = (number: number) => async () => {
      state.order.push(number)
      state.most = Math.max(state.most, ++state.now)
      await new Promise(setImmediate)
      state.now--
      return number
    }
    const all = Promise.all([1, 2, 3, 4, 5].map((number) => lanes.take(work(number), unaborted)))
    assert.deepEqual(await all, [1, 2, 3, 4, 5])
    assert.deepEqual(state.order, [1, 2, 3, 4, 5])
    assert.equal(state.most, 2)
  })

  it('are left at once by whoever waits and is aborted, and its work never begins', async () => {
    const lanes = createLanes(1)
    const controller = new AbortController()
    const gate = new EventEmitter()
    const first = lanes.take(() => once(gate, 'open'), unaborted)
    const second = lanes.take(async () => assert.fail('it began'), controller.signal)
    assert.equal(lanes.waiting(), 1)
    const why = new Error('enough')
    controller.abort(why)
    await assert.rejects(second, (error) => error === why)
    await new Promise(setImmediate)
    gate.emit('open')
    await first
    assert.equal(await lanes.take(async () => 'next', unaborted), 'next')
    assert.equal(lanes.waiting(), 0)
  })

  it('are not entered by whoever is aborted already', async () => {
    const why = new Error('enough')
    await assert.rejects(
      createLanes(1).take(async () => {}, AbortSignal.abort(why)),
      (error) => error === why,
    )
  })

  it('hand on what went wrong, and go on', async () => {
    const lanes = createLanes(1)
    const why = new Error('no')
    await assert.rejects(
      lanes.take(async () => {
        throw why
      }, unaborted),
      (error) => error === why,
    )
    assert.equal(await lanes.take(async () => 1, unaborted), 1)
  })

  it('can be more while all are taken, or fewer, which those wait for that come next', async () => {
    const lanes = createLanes(1)
    const ends: (() => void)[] = []
    const take = () => void lanes.take(() => new Promise<void>((end) => ends.push(end)), unaborted)
    for (let number = 0; number < 9; number++) take()
    await new Promise(setImmediate)
    assert.equal(ends.length, 1)
    lanes.resize(3)
    await new Promise(setImmediate)
    assert.equal(ends.length, 3)
    lanes.resize(2)
    ends[0]?.()
    await new Promise(setImmediate)
    assert.equal(ends.length, 3, 'two of three are left')
    ends[1]?.()
    await new Promise(setImmediate)
    assert.equal(ends.length, 4)
  })
})
