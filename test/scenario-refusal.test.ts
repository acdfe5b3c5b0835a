/** What an answer of the API other than 2xx means: its code, the server's own words, and the trace id. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTransient } from '../src/core/retry.js'
import type { ErrorCode } from '../src/errors.js'
import { refusal } from '../src/scenario/refusal.js'

const now = Date.parse('2026-10-21T07:28:00Z')

const clean = (text: string) => text.replaceAll('s3cr3t', '…')

function refused(status: number, body: unknown = '', headers: Record<string, string | string[]> = {}, call = 'create') {
  const answer = { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
  return refusal(call, answer, clean, { now })
}

describe('the status of an answer', () => {
  const rows: readonly [status: number, code: ErrorCode, exitCode: number, again: boolean][] = [
    [301, 'ERR_REDIRECT', 6, false],
    [302, 'ERR_REDIRECT', 6, false],
    [307, 'ERR_REDIRECT', 6, false],
    [308, 'ERR_REDIRECT', 6, false],
    [400, 'ERR_API_REFUSED', 6, false],
    [401, 'ERR_CREDENTIALS_REFUSED', 4, false],
    [402, 'ERR_API_REFUSED', 6, false],
    [403, 'ERR_CREDENTIALS_REFUSED', 4, false],
    [404, 'ERR_API_REFUSED', 6, false],
    [405, 'ERR_API_REFUSED', 6, false],
    [407, 'ERR_PROXY', 6, false],
    [408, 'ERR_SERVER', 5, true],
    [409, 'ERR_API_REFUSED', 6, false],
    [413, 'ERR_API_REFUSED', 6, false],
    [422, 'ERR_API_REFUSED', 6, false],
    [429, 'ERR_RATE_LIMITED', 5, true],
    [500, 'ERR_SERVER', 5, true],
    [502, 'ERR_SERVER', 5, true],
    [503, 'ERR_SERVER', 5, true],
    [504, 'ERR_SERVER', 5, true],
    [520, 'ERR_SERVER', 5, true],
  ]
  for (const [status, code, exitCode, again] of rows) {
    it(`${status} is ${code}, ends with ${exitCode} and is ${again ? '' : 'not '}tried again`, () => {
      const error = refused(status)
      assert.equal(error.code, code)
      assert.equal(error.exitCode, exitCode)
      assert.equal(isTransient(error), again)
      assert.match(error.message, new RegExp(`\\(${status}\\)`))
    })
  }

  for (const call of ['look at', 'complete']) {
    it(`404 to "${call}" is an upload that the API does not know`, () => {
      const error = refused(404, { message: 'gone' }, {}, call)
      assert.equal(error.code, 'ERR_UPLOAD_UNKNOWN')
      assert.equal(error.exitCode, 6)
      assert.equal(error.message, 'the API knows no such upload (404): gone')
    })
  }

  it('410 to a look is one that it does not know any more; to anything else it is a refusal', () => {
    assert.equal(refused(410, {}, {}, 'look at').code, 'ERR_UPLOAD_UNKNOWN')
    for (const call of ['create', 'complete']) assert.equal(refused(410, {}, {}, call).code, 'ERR_API_REFUSED')
  })
})

describe('an answer that is no word of the API', () => {
  const rows: readonly [title: string, body: unknown, circumstance: string | undefined][] = [
    ['the page of a gateway', '<html><title>Blocked</title></html>', 'page'],
    ['plain words', '404 page not found', 'page'],
    ["the API's own", { message: 'no' }, undefined],
    ['nothing', '', undefined],
  ]
  for (const [title, body, circumstance] of rows) {
    it(`is marked as a page, or not: ${title}`, () => assert.equal(refused(403, body).circumstance, circumstance))
  }
})

describe('a create that is not found', () => {
  const hintAt = (apiUrl: string, call = 'create', status = 404) =>
    refusal(call, { status, headers: {}, body: '' }, clean, { apiUrl }).hint

  it('is told that the address usually ends in /v1, where it does not', () => {
    assert.match(hintAt('https://api.example'), /^Check `--api-url`: .* ends in \/v1/)
    assert.match(hintAt('https://api.example/v2/x'), /ends in \/v1/)
  })

  it('is told what any refusal is where it does, and no other answer is told of it', () => {
    const others = [
      hintAt('https://api.example/v1'),
      hintAt('https://x', 'create', 400),
      hintAt('https://x', 'look at'),
    ]
    for (const hint of others) assert.doesNotMatch(hint, /\/v1/)
  })
})

describe("the server's own words", () => {
  const rows: readonly [title: string, body: unknown, message: string][] = [
    ['in {status, code, message}', { status: 400, code: 'BAD', message: 'fileSize is wrong' }, 'fileSize is wrong'],
    ['in {statusCode, error, message}', { statusCode: 400, error: 'Bad Request', message: 'no kind' }, 'no kind'],
    ['in a list', { statusCode: 400, error: 'Bad Request', message: ['no kind', 'no name'] }, 'no kind; no name'],
    ['in a list, as far as they are words', { message: ['no kind', 7, '', { a: 1 }] }, 'no kind'],
    ['beside an empty list', { error: 'Bad Request', message: [] }, 'Bad Request'],
    ['in {reason, trace_id}', { reason: 'not today', trace_id: 't1' }, 'not today'],
    ['in {reason, traceId}', { reason: 'not today', traceId: 't1' }, 'not today'],
    ['in {message}', { message: 'nope' }, 'nope'],
    ['in {name}', { name: 'ValidationError' }, 'ValidationError'],
    ['in {statusCode, error} alone', { statusCode: 400, error: 'Bad Request' }, 'Bad Request'],
    [
      "in the title of a gateway's page",
      '<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>',
      '502 Bad Gateway',
    ],
    ['as plain text', 'upstream connect error', 'upstream connect error'],
    ['in one line', { message: 'a\n\n  b' }, 'a b'],
    ['cut where they are long', { message: 'x'.repeat(600) }, `${'x'.repeat(500)}…`],
  ]
  for (const [title, body, words] of rows) {
    it(`are said ${title}`, () => {
      assert.equal(refused(400, body).message, `the API refused to create the upload (400): ${words}`)
    })
  }

  for (const body of ['', '<html><body>x</body></html>', '{}', '[]', '{"message":""}', '{"message":{"a":1}}']) {
    it(`are left out where there are none: ${JSON.stringify(body)}`, () => {
      assert.equal(refused(400, body).message, 'the API refused to create the upload (400)')
    })
  }

  const sentences: readonly [status: number, body: unknown, message: string][] = [
    [401, { message: 'bad key' }, 'the API refused the credentials (401): bad key'],
    [403, { reason: 'plan' }, 'the API refused the credentials (403): plan'],
    [429, { message: 'slow' }, 'the API asked for fewer requests (429): slow'],
    [503, '<title>Down</title>', 'the API had a temporary failure (503): Down'],
    [302, '', 'the API answered with a redirect (302), which is not followed'],
  ]
  for (const [status, body, message] of sentences) {
    it(`follow what ${status} means`, () => assert.equal(refused(status, body).message, message))
  }
})

describe('a 429', () => {
  const rows: readonly [title: string, body: unknown, headers: Record<string, string>, ms: number | undefined][] = [
    ['with Retry-After in seconds', {}, { 'retry-after': '7' }, 7000],
    ['with Retry-After as a date', {}, { 'retry-after': 'Wed, 21 Oct 2026 07:28:09 GMT' }, 9000],
    ['with remainingSeconds', { message: 'x', remainingSeconds: 12 }, {}, 12_000],
    ['with remainingSeconds in its details', { details: { remainingSeconds: 3 } }, {}, 3000],
    ['with both: the header counts', { remainingSeconds: 12 }, { 'retry-after': '7' }, 7000],
    ['with a negative remainingSeconds', { remainingSeconds: -3 }, {}, 0],
    ['with neither', { message: 'x' }, {}, undefined],
    ['with a remainingSeconds that is no number', { remainingSeconds: 'soon' }, {}, undefined],
  ]
  for (const [title, body, headers, ms] of rows) {
    it(`${title} asks for ${ms === undefined ? 'no pause in particular' : `${ms} ms`}`, () => {
      const error = refused(429, body, headers)
      assert.equal(error.code, 'ERR_RATE_LIMITED')
      assert.equal(error.retryAfterMs, ms)
    })
  }

  for (const details of [{ actionName: 'upload' }, { actionLimit: 10 }, { actionName: 'upload', actionLimit: 10 }]) {
    it(`that names a limit of the plan is not tried again: ${JSON.stringify(details)}`, () => {
      const error = refused(429, { message: 'limit', details }, { 'retry-after': '1' })
      assert.equal(error.code, 'ERR_PLAN_LIMIT')
      assert.equal(error.exitCode, 6)
      assert.equal(isTransient(error), false)
      assert.equal(error.message, "the plan's limit is reached (429): limit")
    })
  }
})

describe('a 503', () => {
  it('may ask for a pause too', () => assert.equal(refused(503, '', { 'retry-after': '4' }).retryAfterMs, 4000))
})

describe('the trace id', () => {
  const rows: readonly [title: string, body: unknown, headers: Record<string, string | string[]>, id: string | null][] =
    [
      ['is trace_id', { reason: 'x', trace_id: 't1' }, {}, 't1'],
      ['is traceId', { reason: 'x', traceId: 't2' }, {}, 't2'],
      ['is a header where the body has none', { message: 'x' }, { 'x-request-id': 'r1' }, 'r1'],
      ["is the gateway's header where there is no other", '', { 'x-amzn-requestid': 'r2' }, 'r2'],
      ['is the first of several headers', '', { 'x-request-id': ['r3', 'r4'] }, 'r3'],
      ["is the body's before a header", { reason: 'x', traceId: 't3' }, { 'x-request-id': 'r5' }, 't3'],
      ['is null where there is none', { message: 'x' }, {}, null],
      ['is null where it is no text', { reason: 'x', traceId: 7 }, {}, null],
    ]
  for (const [title, body, headers, id] of rows) {
    it(title, () => assert.equal(refused(500, body, headers).requestId, id))
  }
})

describe('what must not be shown', () => {
  it('is taken out of the words before they are cut, so that no piece of it is left', () => {
    assert.doesNotMatch(refused(400, { message: `${'x'.repeat(497)}s3cr3t` }).message, /s3c/)
    assert.doesNotMatch(refused(400, `${'x'.repeat(497)}s3cr3t`).message, /s3c/)
  })

  it('is taken out of the trace id', () => {
    assert.equal(refused(400, { reason: 'x', traceId: 'a s3cr3t' }).requestId, 'a …')
    assert.equal(refused(400, '', { 'x-request-id': 'a s3cr3t' }).requestId, 'a …')
  })
})
