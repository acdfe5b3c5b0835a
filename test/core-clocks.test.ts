/** Time as a waiting person counts it, time as the server tells it, and how to say a thing not too often. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { atMostEvery } from '../src/core/at-most-every.js'
import { asleepMs, createAwakeClock } from '../src/core/awake.js'
import { createServerClock } from '../src/core/server-clock.js'

/** A clock that is set by hand. */
function hand(at = 0) {
  const state = { at }
  return {
    read: () => state.at,
    move: (ms: number) => {
      state.at += ms
    },
  }
}

describe('the time awake', () => {
  const beat = 1000

  it('goes on as the steady clock does, from where that one stands', () => {
    const steady = hand(7000)
    const { now } = createAwakeClock(beat, steady.read)
    assert.equal(now(), 7000)
    steady.move(999)
    assert.equal(now(), 7999)
  })

  it('counts a beat that comes late by as much as five seconds', () => {
    const steady = hand()
    const { now } = createAwakeClock(beat, steady.read)
    steady.move(beat + asleepMs)
    assert.equal(now(), beat + asleepMs)
  })

  it('leaves out what a beat is late by where it is more: the machine slept', () => {
    const steady = hand()
    const { now } = createAwakeClock(beat, steady.read)
    steady.move(beat + asleepMs + 1)
    assert.equal(now(), beat)
    steady.move(500)
    assert.equal(now(), beat + 500)
  })

  it('leaves out every sleep, and counts the time between them', () => {
    const steady = hand()
    const { now } = createAwakeClock(beat, steady.read)
    for (const ms of [3_600_000, 500, 7_200_000]) {
      steady.move(ms)
      now()
    }
    assert.equal(now(), beat + 500 + beat)
  })

  it('goes by the machine where no other clock is given', () => {
    const { now } = createAwakeClock(beat)
    const before = performance.now()
    const told = now()
    assert.ok(before <= told && told <= performance.now())
  })
})

describe("the server's clock", () => {
  const wall = Date.UTC(2026, 0, 1)

  it("is this machine's until a server has said better, and goes on as the steady clock does", () => {
    const steady = hand(500)
    const { now } = createServerClock(() => wall, steady.read)
    steady.move(1234)
    assert.equal(now(), wall + 1234)
  })

  it('is what the last answer says, from when it came', () => {
    const steady = hand(500)
    const { now, heard } = createServerClock(() => wall, steady.read)
    steady.move(1000)
    heard('Fri, 02 Jan 2026 00:00:00 GMT')
    steady.move(10)
    assert.equal(now(), Date.UTC(2026, 0, 2) + 10)
    heard('Thu, 01 Jan 2026 00:00:00 GMT')
    steady.move(5)
    assert.equal(now(), wall + 5)
  })

  for (const date of [undefined, '', 'yesterday']) {
    it(`learns nothing from the date ${JSON.stringify(date)}`, () => {
      const steady = hand()
      const { now, heard } = createServerClock(() => wall, steady.read)
      steady.move(1000)
      heard(date)
      assert.equal(now(), wall + 1000)
    })
  }

  it('goes by the machine where no other clocks are given', () => {
    const before = Date.now()
    const told = createServerClock().now()
    assert.ok(before - 50 <= told && told <= Date.now() + 50, `${told} is not about ${before}`)
  })
})

describe('what is said at most every second', () => {
  it('is said at once, dropped for a second, and said again with what is new', () => {
    const time = hand()
    const said: string[] = []
    const say = atMostEvery(1000, (word: string) => said.push(word), time.read)
    say('one')
    time.move(999)
    say('two')
    time.move(1)
    say('three')
    time.move(999)
    say('four')
    assert.deepEqual(said, ['one', 'three'])
  })

  it('is dropped by the machine’s own clock where no other is given', () => {
    const said: string[] = []
    const say = atMostEvery(60_000, (word: string) => said.push(word))
    say('one')
    say('two')
    assert.deepEqual(said, ['one'])
  })
})
