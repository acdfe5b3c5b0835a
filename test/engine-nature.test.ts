/** The real clock and real chance: nothing is asserted of them that a slow machine could belie. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createNature } from '../src/engine/nature.js'

const { signal } = new AbortController()

describe('real time', () => {
  it('passes as long as it was asked to, at the least', async (t) => {
    const nature = createNature()
    t.after(() => nature.close())
    const before = nature.now()
    await nature.sleep(60, signal)
    assert.ok(nature.now() - before >= 55, 'a timer may be a little early')
  })

  it('of more than a timer can hold does not end at once', async (t) => {
    const nature = createNature()
    t.after(() => nature.close())
    const stop = new AbortController()
    const slept = nature.sleep(2 ** 40, stop.signal).then(
      () => 'woke up',
      (reason: unknown) => reason,
    )
    await nature.sleep(50, signal)
    const reason = new Error('enough')
    stop.abort(reason)
    assert.equal(await slept, reason, 'A sleep ends with the reason for which it was ended')
  })

  it('is not slept through by who comes too late', async (t) => {
    const nature = createNature()
    t.after(() => nature.close())
    const reason = new Error('enough')
    await assert.rejects(nature.sleep(60_000, AbortSignal.abort(reason)), (error) => error === reason)
  })
})

describe('real chance', () => {
  it('is from 0 to 1, and another one each time', (t) => {
    const nature = createNature()
    t.after(() => nature.close())
    const drawn = Array.from({ length: 20 }, () => nature.random())
    assert.ok(drawn.every((each) => each >= 0 && each < 1))
    assert.equal(new Set(drawn).size, 20)
  })
})
