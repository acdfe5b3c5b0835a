/** When a request is tried again, and after how long. Chance and the clock are given. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  codeForStatus,
  dateOr,
  isTransient,
  nextTry,
  parseRetryAfter,
  retryLimits,
  type Verdict,
  verdictOf,
} from '../src/core/retry.js'
import { type ErrorCode, errorTable, UploadError } from '../src/errors.js'

const error = (code: ErrorCode, retryAfterMs?: number) => new UploadError(code, 'a test', { retryAfterMs })

const forever = Number.POSITIVE_INFINITY
const after = (attempt: number, failed: UploadError, chance = 0.5, quietMs = 0) =>
  nextTry(failed, { attempt, alike: attempt, quietMs }, retryLimits.retryForMs, () => chance)

describe('the pause before the next try', () => {
  const rows: readonly [attempt: number, chance: number, ms: number][] = [
    [1, 0, 0],
    [1, 0.5, 500],
    [1, 0.999, 999],
    [2, 0.5, 1000],
    [3, 0.5, 2000],
    [4, 0.5, 4000],
    [4, 1, 8000],
    [5, 1, 16_000],
    [6, 1, 20_000],
    [1000, 1, 20_000],
  ]
  for (const [attempt, chance, delayMs] of rows) {
    it(`after try ${attempt}, with chance ${chance}, is ${delayMs} ms`, () => {
      assert.deepEqual(after(attempt, error('ERR_NETWORK'), chance), { delayMs })
    })
  }

  const floors: readonly [retryAfterMs: number, chance: number, ms: number][] = [
    [0, 0.5, 500],
    [3000, 0, 3000],
    [3000, 0.5, 3500],
    [retryLimits.retryForMs, 1, retryLimits.retryForMs],
  ]
  for (const [retryAfterMs, chance, delayMs] of floors) {
    it(`is ${delayMs} ms where the server asked for ${retryAfterMs}, with chance ${chance}`, () => {
      assert.deepEqual(after(1, error('ERR_RATE_LIMITED', retryAfterMs), chance), { delayMs })
    })
  }

  it('is never shorter than what the server asked for, and at most the cap longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: retryLimits.retryForMs }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, asked, chance) => {
          const next = after(attempt, error('ERR_SERVER', asked), chance)
          assert.ok('delayMs' in next && next.delayMs >= asked && next.delayMs <= asked + retryLimits.capMs)
        },
      ),
    )
  })

  it('is cut so that the last try comes when the time is up', () => {
    assert.deepEqual(after(9, error('ERR_SERVER'), 1, retryLimits.retryForMs - 1234), { delayMs: 1234 })
  })
})

describe('there is no next try', () => {
  it('once the time without progress is over', () => {
    assert.deepEqual(after(2, error('ERR_SERVER'), 0, retryLimits.retryForMs), { stop: 'time' })
    assert.deepEqual(
      nextTry(error('ERR_SERVER'), { attempt: 1, alike: 1, quietMs: 0 }, 0, () => 0),
      { stop: 'time' },
    )
  })

  it('where the server asks for a longer pause than is left', () => {
    const { retryForMs } = retryLimits
    assert.deepEqual(after(1, error('ERR_RATE_LIMITED', retryForMs + 1), 0), { stop: 'pause' })
    assert.deepEqual(after(1, error('ERR_RATE_LIMITED', 5001), 0, retryForMs - 5000), { stop: 'pause' })
  })

  it('for bytes that arrived wrong four times: sent, and sent again three times', () => {
    assert.deepEqual(after(3, error('ERR_INTEGRITY'), 0), { delayMs: 0 })
    assert.deepEqual(after(4, error('ERR_INTEGRITY'), 0), { stop: 'tries' })
  })

  it('by a count of other failures: only those of the same kind are counted', () => {
    const tried = { attempt: 9, alike: 1, quietMs: 0 }
    assert.ok('delayMs' in nextTry(error('ERR_INTEGRITY'), tried, 1000, () => 0))
    const stranger = new UploadError('ERR_NETWORK', 'no such host', { circumstance: 'host-never-answered' })
    assert.ok('delayMs' in nextTry(stranger, tried, 1000, () => 0))
  })

  describe('for a host that has never answered', () => {
    const stranger = new UploadError('ERR_NETWORK', 'no such host', { circumstance: 'host-never-answered' })
    it('after five tries', () => {
      assert.deepEqual(after(4, stranger, 0), { delayMs: 0 })
      assert.deepEqual(after(5, stranger, 0), { stop: 'tries' })
    })
    it('after thirty seconds', () => {
      assert.deepEqual(after(2, stranger, 1, 29_000), { delayMs: 1000 })
      assert.deepEqual(after(2, stranger, 1, 30_000), { stop: 'time' })
    })
    it('though all others are waited for without an end', () => {
      const tried = { attempt: 5, alike: 5, quietMs: 3600_000 }
      assert.ok('stop' in nextTry(stranger, tried, forever, () => 0))
      assert.ok('delayMs' in nextTry(error('ERR_NETWORK'), tried, forever, () => 0))
    })
  })
})

describe('what follows from an error', () => {
  const known: Partial<Record<ErrorCode, Verdict>> = {
    ERR_NETWORK: 'retry',
    ERR_SERVER: 'retry',
    ERR_RATE_LIMITED: 'retry',
    ERR_INTEGRITY: 'retry',
    ERR_URL_EXPIRED: 'refresh',
  }
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const verdict = known[code] ?? 'final'
    it(`${code} is ${verdict}`, () => {
      assert.equal(verdictOf(error(code)), verdict)
      assert.equal(isTransient(error(code)), verdict === 'retry')
      assert.equal('delayMs' in after(1, error(code), 0), verdict === 'retry')
    })
  }
})

describe('an answer of the status', () => {
  const rows: readonly [statuses: readonly number[], api: ErrorCode, storage: ErrorCode][] = [
    [[301, 302, 303, 307, 308, 304], 'ERR_REDIRECT', 'ERR_REDIRECT'],
    [[400, 402, 405, 409, 411, 413, 418, 422, 501, 199, 999], 'ERR_API_REFUSED', 'ERR_STORAGE_REFUSED'],
    [[401, 403], 'ERR_CREDENTIALS_REFUSED', 'ERR_STORAGE_REFUSED'],
    [[404], 'ERR_UPLOAD_UNKNOWN', 'ERR_STORAGE_REFUSED'],
    [[407], 'ERR_PROXY', 'ERR_PROXY'],
    [[417], 'ERR_API_REFUSED', 'ERR_SERVER'],
    [[408, 425, 500, 502, 503, 504, 520, 599], 'ERR_SERVER', 'ERR_SERVER'],
    [[429], 'ERR_RATE_LIMITED', 'ERR_RATE_LIMITED'],
  ]
  for (const [statuses, api, storage] of rows) {
    it(`${statuses.join(', ')} is ${api} of the API, ${storage} of the storage`, () => {
      for (const status of statuses) {
        assert.equal(codeForStatus(status, 'api'), api, String(status))
        assert.equal(codeForStatus(status, 'storage'), storage, String(status))
      }
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

describe('a date of the server is held against', () => {
  const now = 1000
  it('its own clock, where its answer shows it', () =>
    assert.equal(dateOr('Thu, 01 Jan 1970 00:01:00 GMT', now), 60_000))
  it('ours, where it shows none, or no date', () => {
    assert.equal(dateOr(undefined, now), now)
    assert.equal(dateOr('half past nine', now), now)
  })
})
