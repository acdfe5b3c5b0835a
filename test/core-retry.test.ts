/** When a request is tried again, and after how long. Chance and the clock are given. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseRetryAfter, retryDelay, retryLimits } from '../src/core/retry.js'
import { type ErrorCode, errorTable, UploadError } from '../src/errors.js'

const error = (code: ErrorCode, retryAfterMs?: number) => new UploadError(code, 'a test', { retryAfterMs })

describe('the pause before the next try', () => {
  const rows: readonly [attempt: number, chance: number, ms: number][] = [
    [1, 0, 0],
    [1, 0.5, 500],
    [1, 0.999, 999],
    [2, 0.5, 1000],
    [3, 0.5, 2000],
    [4, 0.5, 4000],
    [4, 1, 8000],
  ]
  for (const [attempt, chance, ms] of rows) {
    it(`after try ${attempt}, with chance ${chance}, is ${ms} ms`, () => {
      assert.equal(
        retryDelay(attempt, error('ERR_NETWORK'), () => chance),
        ms,
      )
    })
  }

  it('is never longer than its cap, however many tries there may be', () => {
    const limits = { ...retryLimits, tries: 1000 }
    for (const attempt of [6, 10, 50, 999]) {
      assert.equal(
        retryDelay(attempt, error('ERR_NETWORK'), () => 1, limits),
        limits.capMs,
      )
    }
  })

  const floors: readonly [retryAfterMs: number, chance: number, ms: number][] = [
    [0, 0.5, 500],
    [3000, 0, 3000],
    [3000, 0.5, 3500],
    [retryLimits.patienceMs, 0, retryLimits.patienceMs],
  ]
  for (const [retryAfterMs, chance, ms] of floors) {
    it(`is ${ms} ms where the server asked for ${retryAfterMs}, with chance ${chance}`, () => {
      assert.equal(
        retryDelay(1, error('ERR_RATE_LIMITED', retryAfterMs), () => chance),
        ms,
      )
    })
  }

  it('is never shorter than what the server asked for, and at most the cap longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: retryLimits.tries - 1 }),
        fc.integer({ min: 0, max: retryLimits.patienceMs }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, asked, chance) => {
          const ms = retryDelay(attempt, error('ERR_SERVER', asked), () => chance)
          assert.ok(ms !== undefined && ms >= asked && ms <= asked + retryLimits.capMs, String(ms))
        },
      ),
    )
  })
})

describe('there is no next try', () => {
  it('after the fifth', () => {
    assert.equal(retryLimits.tries, 5)
    assert.notEqual(
      retryDelay(4, error('ERR_NETWORK'), () => 0),
      undefined,
    )
    assert.equal(
      retryDelay(5, error('ERR_NETWORK'), () => 0),
      undefined,
    )
  })

  it('where the server asks for more patience than we have', () => {
    assert.equal(
      retryDelay(1, error('ERR_RATE_LIMITED', retryLimits.patienceMs + 1), () => 0),
      undefined,
    )
  })

  it('for an error that is none of ours', () => {
    for (const thrown of [new Error('x'), new TypeError('x'), 'x', undefined, null]) {
      assert.equal(
        retryDelay(1, thrown, () => 0),
        undefined,
      )
    }
  })

  const again: readonly ErrorCode[] = ['ERR_NETWORK', 'ERR_SERVER', 'ERR_RATE_LIMITED', 'ERR_INTEGRITY']
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const tried = again.includes(code)
    it(`${code} is ${tried ? 'tried again' : 'not tried again'}`, () => {
      assert.equal(
        retryDelay(1, error(code), () => 0),
        tried ? 0 : undefined,
      )
    })
  }
})

describe('Retry-After', () => {
  const now = Date.parse('2026-10-21T07:28:00Z')
  const rows: readonly [value: string | undefined, ms: number | undefined][] = [
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 5 ', 5000],
    ['1.5', 1500],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['', undefined],
    ['   ', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ]
  for (const [value, ms] of rows) {
    it(`${value === undefined ? 'that is not there' : `"${value}"`} means ${ms === undefined ? 'nothing' : `${ms} ms`}`, () => {
      assert.equal(parseRetryAfter(value, now), ms)
    })
  }

  it('is never a negative pause', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (value) => {
        const ms = parseRetryAfter(value, now)
        assert.ok(ms === undefined || ms >= 0, `${value}: ${ms}`)
      }),
    )
  })
})
