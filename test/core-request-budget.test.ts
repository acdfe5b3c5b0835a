/** The pace of the API's calls: as many as are allowed in any minute, none more, and fewer once the server says so. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRequestBudget } from '../src/core/request-budget.js'

/** Asks for one request after the other, as soon as each is allowed; answers when each went out. */
function sent(budget: ReturnType<typeof createRequestBudget>, count: number, from = 0, throng = true): number[] {
  const times: number[] = []
  let now = from
  while (times.length < count) {
    now += budget.delay(now, throng)
    if (budget.delay(now, throng) > 0) continue
    budget.took(now)
    times.push(now)
  }
  return times
}

/** The most that went out within any minute. */
const densest = (times: readonly number[]) =>
  Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + 60_000).length))

describe('the requests of a minute', () => {
  it('go out as they come, as long as there are any left', () => {
    assert.ok(sent(createRequestBudget(100), 100).every((at) => at === 0))
  })

  it('are never exceeded, in whatever minute', () => {
    for (const perMinute of [1, 7, 60, 100]) {
      const times = sent(createRequestBudget(perMinute), 5 * perMinute)
      assert.equal(densest(times), perMinute)
    }
  })

  it('are all used: five minutes have five times as many', () => {
    const last = sent(createRequestBudget(100), 500).at(-1) ?? 0
    assert.ok(last <= 5 * 60_500, `${last}`)
  })

  it('are spread evenly once they were spent, so that nothing stands still for a minute again', () => {
    const times = sent(createRequestBudget(100), 500).slice(100)
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    assert.ok(Math.max(...gaps) < 2000, `${Math.max(...gaps)}`)
  })

  it('go out as they come again once nobody waits any more', () => {
    const budget = createRequestBudget(10)
    sent(budget, 15)
    assert.deepEqual(sent(budget, 3, 500_000, false), [500_000, 500_000, 500_000])
  })
})

describe('a refusal', () => {
  it('stops all for as long as the server asks', () => {
    const budget = createRequestBudget(100)
    budget.took(0)
    budget.refused(0, 7000)
    assert.equal(budget.delay(0, true), 7000)
    budget.refused(8000, 3_600_000)
    assert.equal(budget.delay(8000, true), 3_600_000)
  })

  it('stops all for a second, and longer each time, where the server names no pause', () => {
    const budget = createRequestBudget(100)
    const pauses = [0, 10_000, 20_000, 60_000].map((now) => {
      budget.took(now)
      budget.refused(now, 0)
      return budget.delay(now, true)
    })
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000])
    budget.accepted()
    budget.refused(200_000, 0)
    assert.equal(budget.delay(200_000, true), 1000)
  })

  it('stops all for a minute at most, where the server names no pause', () => {
    const budget = createRequestBudget(100)
    for (let nth = 0; nth < 9; nth++) budget.refused(nth * 100_000, 0)
    assert.equal(budget.delay(800_000, true), 60_000)
  })

  it('that several get together is one lesson', () => {
    const one = createRequestBudget(100)
    const many = createRequestBudget(100)
    one.refused(0, 5000)
    for (const now of [0, 1, 2, 3]) many.refused(now, 5000)
    assert.equal(sent(many, 100).at(-1), (sent(one, 100).at(-1) ?? 0) + 3)
  })

  it('that follows another before anything is taken is the same lesson: a minute that is spent takes no more than one', () => {
    const budget = createRequestBudget(100)
    for (const now of [0, 1000, 3000, 7000, 15_000, 31_000]) budget.refused(now, 0)
    const times = sent(budget, 60, 63_000)
    assert.ok((times.at(-1) ?? 0) - 63_000 < 60_000, `${times.at(-1)}`)
  })

  it('leaves fewer for each minute, and a tenth more after each one that went well', () => {
    const budget = createRequestBudget(100)
    budget.refused(0, 0)
    const times = sent(budget, 900)
    const perMinute = [0, 1, 2, 3, 4, 5, 6].map(
      (minute) => times.filter((at) => at >= minute * 60_500 && at < (minute + 1) * 60_500).length,
    )
    assert.ok((perMinute[0] ?? 0) <= 70, `${perMinute}`)
    assert.ok((perMinute[5] ?? 0) >= 98, `${perMinute}`)
    for (const [index, count] of perMinute.entries()) assert.ok(count >= (perMinute[index - 1] ?? 0), `${perMinute}`)
  })

  it('leaves a fifth at the least, however many follow', () => {
    const budget = createRequestBudget(100)
    for (let now = 0; now < 3_000_000; now += 70_000) {
      budget.refused(now, 0)
      budget.accepted()
    }
    const times = sent(budget, 41, 3_000_000)
    const took = (times.at(-1) ?? 0) - 3_000_000
    assert.ok(took > 60_000 && took < 130_000, `${took}`)
  })
})
