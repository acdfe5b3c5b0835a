/** What time it is where the URLs were signed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createServerClock } from '../src/core/server-clock.js'

const noon = Date.parse('2026-06-01T12:00:00Z')
const hour = 3_600_000

/** This machine says noon at first; `steady` is how long it runs. */
function clockAtNoon() {
  const machine = { wall: noon, steady: 7000 }
  const clock = createServerClock(
    () => machine.wall,
    () => machine.steady,
  )
  return { machine, clock }
}

describe("the server's clock", () => {
  it("is this machine's, until a server has said better", () => {
    const { clock, machine } = clockAtNoon()
    machine.steady += 5000
    assert.equal(clock.now(), noon + 5000)
  })

  it('is not moved by someone who sets this machine’s clock', () => {
    const { clock, machine } = clockAtNoon()
    machine.wall += 24 * hour
    assert.equal(clock.now(), noon)
  })

  const rows: readonly [title: string, dates: (string | undefined)[], at: number][] = [
    ['is what an answer says', ['Mon, 01 Jun 2026 15:00:00 GMT'], noon + 3 * hour],
    ['may be behind', ['Mon, 01 Jun 2026 10:00:00 GMT'], noon - 2 * hour],
    ['is what the newest answer says', ['Mon, 01 Jun 2026 15:00:00 GMT', 'Mon, 01 Jun 2026 12:00:01 GMT'], noon + 1000],
    ['is not moved by an answer without a date', ['Mon, 01 Jun 2026 15:00:00 GMT', undefined], noon + 3 * hour],
    ['is not moved by a date that is none', ['Mon, 01 Jun 2026 15:00:00 GMT', 'soon', ''], noon + 3 * hour],
  ]
  for (const [title, dates, at] of rows) {
    it(title, () => {
      const { clock } = clockAtNoon()
      for (const date of dates) clock.heard(date)
      assert.equal(clock.now(), at)
    })
  }

  it('goes on from what it heard', () => {
    const { clock, machine } = clockAtNoon()
    machine.steady += 60_000
    clock.heard('Mon, 01 Jun 2026 15:00:00 GMT')
    machine.steady += 1500
    assert.equal(clock.now(), noon + 3 * hour + 1500)
  })
})
