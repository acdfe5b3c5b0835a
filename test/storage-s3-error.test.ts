/** What an answer of the bucket other than 2xx means. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTransient } from '../src/core/retry.js'
import type { ErrorCode } from '../src/errors.js'
import { belies, isYes, s3Error } from '../src/storage/s3-error.js'

const now = Date.parse('2026-10-21T07:28:00Z')
const xml = (code: string, message: string, more = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`

const refused = (status: number, body = '', headers: Record<string, string | string[]> = {}) =>
  s3Error('part 2 of 3', { status, headers, body }, () => false, now)

describe('an answer of the bucket', () => {
  type Row = [status: number, s3Code: string, message: string, code: ErrorCode, exitCode: number, again: boolean]
  const rows: readonly Row[] = [
    [403, 'AccessDenied', 'Access Denied', 'ERR_STORAGE_REFUSED', 6, false],
    [403, 'AccessDenied', 'Request has expired', 'ERR_URL_EXPIRED', 5, false],
    [400, 'ExpiredToken', 'The provided token has expired.', 'ERR_URL_EXPIRED', 5, false],
    [403, 'ExpiredToken', '', 'ERR_URL_EXPIRED', 5, false],
    [
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match',
      'ERR_STORAGE_REFUSED',
      6,
      false,
    ],
    [403, '', '', 'ERR_STORAGE_REFUSED', 6, false],
    [404, 'NoSuchUpload', 'The specified upload does not exist.', 'ERR_STORAGE_REFUSED', 6, false],
    [411, 'MissingContentLength', 'You must provide it', 'ERR_STORAGE_REFUSED', 6, false],
    [501, 'NotImplemented', 'A header you provided', 'ERR_STORAGE_REFUSED', 6, false],
    [400, 'EntityTooLarge', 'too large', 'ERR_STORAGE_REFUSED', 6, false],
    [400, 'BadDigest', 'The Content-MD5 did not match', 'ERR_INTEGRITY', 5, true],
    [400, 'RequestTimeout', 'Your socket connection was not read', 'ERR_SERVER', 5, true],
    [408, '', '', 'ERR_SERVER', 5, true],
    [417, '', '', 'ERR_SERVER', 5, true],
    [407, '', '', 'ERR_PROXY', 6, false],
    [500, 'InternalError', 'We encountered an internal error', 'ERR_SERVER', 5, true],
    [502, '', '', 'ERR_SERVER', 5, true],
    [503, 'ServiceUnavailable', 'Reduce your request rate', 'ERR_SERVER', 5, true],
    [504, '', '', 'ERR_SERVER', 5, true],
    [503, 'SlowDown', 'Please reduce your request rate.', 'ERR_RATE_LIMITED', 5, true],
    [429, '', '', 'ERR_RATE_LIMITED', 5, true],
    [400, 'TooManyRequestsException', '', 'ERR_RATE_LIMITED', 5, true],
    [301, 'PermanentRedirect', 'must be addressed elsewhere', 'ERR_REDIRECT', 6, false],
    [307, 'TemporaryRedirect', '', 'ERR_REDIRECT', 6, false],
  ]
  for (const [status, s3Code, message, code, exitCode, again] of rows) {
    const what = [status, s3Code, message].filter((word) => word !== '').join(' ')
    it(`${what} is ${code}, ends with ${exitCode} and is ${again ? '' : 'not '}tried again`, () => {
      const error = refused(status, s3Code === '' ? '' : xml(s3Code, message))
      assert.equal(error.code, code)
      assert.equal(error.exitCode, exitCode)
      assert.equal(isTransient(error), again)
    })
  }
})

describe('a proxy that wants a password', () => {
  it('is called a proxy, and not the storage', () => assert.match(refused(407).message, /^a proxy before the storage /))
})

describe('a redirect', () => {
  it('has a hint of its own: no option of the command says where the storage is', () => {
    const { hint } = refused(301, xml('PermanentRedirect', 'must be addressed elsewhere'))
    assert.doesNotMatch(hint, /--api-url/)
    assert.match(hint, /sign in.*--verbose.*support/)
  })
})

describe('the sentence', () => {
  const rows: readonly [title: string, status: number, body: string, message: string][] = [
    [
      "says the part, the status, and S3's code and words",
      403,
      xml('AccessDenied', 'Access Denied'),
      'the storage refused the bytes (part 2 of 3, 403): AccessDenied: Access Denied',
    ],
    [
      'says no more where there is no XML',
      403,
      '<html>Forbidden</html>',
      'the storage refused the bytes (part 2 of 3, 403)',
    ],
    ['says no more where there is nothing', 500, '', 'the storage had a temporary failure (part 2 of 3, 500)'],
    [
      'says what a slow-down is',
      503,
      xml('SlowDown', 'Please reduce your request rate.'),
      'the storage asked for fewer requests (part 2 of 3, 503): SlowDown: Please reduce your request rate.',
    ],
    [
      'says what an expired URL is',
      403,
      xml('AccessDenied', 'Request has expired'),
      'the storage says that the URL is too old (part 2 of 3, 403): AccessDenied: Request has expired',
    ],
    [
      'reads the entities of XML',
      400,
      xml('Bad', '&lt;a&gt; &amp;lt; &quot;b&quot; &apos;c&apos;'),
      `the storage refused the bytes (part 2 of 3, 400): Bad: <a> &lt; "b" 'c'`,
    ],
    ['is one line', 400, xml('Bad', 'a\n  b'), 'the storage refused the bytes (part 2 of 3, 400): Bad: a b'],
  ]
  for (const [title, status, body, message] of rows)
    it(title, () => assert.equal(refused(status, body).message, message))

  it('has an end, however much the storage says', () => {
    assert.ok(refused(400, xml('x'.repeat(5000), 'y'.repeat(5000))).message.length < 600)
  })

  it('never shows what S3 repeats of the request: the credential, the signature, the query', () => {
    const repeated =
      '<AWSAccessKeyId>AKIATOPSECRET</AWSAccessKeyId><StringToSign>AWS4 topsecret</StringToSign>' +
      '<CanonicalRequest>PUT /k X-Amz-Signature=topsecret</CanonicalRequest>'
    const message = 'see https://bucket.example/k?X-Amz-Signature=topsecret or X-Amz-Credential=topsecret'
    const error = refused(403, xml('SignatureDoesNotMatch', message, repeated))
    assert.match(error.message, /SignatureDoesNotMatch: see https:\/\/bucket\.example\/k\?…/)
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /topsecret/i)
  })
})

describe("the storage's request id", () => {
  const body = xml('InternalError', 'x', '<RequestId>FROM-XML</RequestId>')
  const rows: readonly [title: string, body: string, headers: Record<string, string | string[]>, id: string | null][] =
    [
      ['is the header', '', { 'x-amz-request-id': 'R1' }, 'R1'],
      ['is in the XML where there is no header', body, {}, 'FROM-XML'],
      ['is the header before the XML', body, { 'x-amz-request-id': 'R1' }, 'R1'],
      ['is the first of two headers', '', { 'x-amz-request-id': ['R1', 'R2'] }, 'R1'],
      ['is null where there is none', '', {}, null],
    ]
  for (const [title, text, headers, id] of rows)
    it(title, () => assert.equal(refused(500, text, headers).requestId, id))
})

describe('Retry-After of the storage', () => {
  const rows: readonly [value: string, ms: number | undefined][] = [
    ['3', 3000],
    ['Wed, 21 Oct 2026 07:28:05 GMT', 5000],
    ['x', undefined],
  ]
  for (const [value, ms] of rows) {
    it(`${value} is ${ms ?? 'nothing'}`, () =>
      assert.equal(refused(503, '', { 'retry-after': value }).retryAfterMs, ms))
  }
})

describe('a yes', () => {
  for (const [status, yes] of [
    [199, false],
    [200, true],
    [299, true],
    [300, false],
  ] as const) {
    it(`is ${status}: ${yes}`, () => assert.equal(isYes(status), yes))
  }

  const rows: readonly [title: string, body: string, headers: Record<string, string>, belied: boolean][] = [
    ['that has an ETag and no body is one', '', { etag: '"1"' }, false],
    ['with white space alone is one', ' \n', {}, false],
    ['with words beside its ETag is one', 'thank you', { etag: '"1"' }, false],
    ['with words and no ETag is none', '<html>Sign in</html>', {}, true],
    ['with an error in it is none, though it has an ETag', xml('InternalError', 'x'), { etag: '"1"' }, true],
    ['with an error of another spelling is none', '<Error xmlns="x">', { etag: '"1"' }, true],
    ['with a word that only begins like that is one', '<Errors/>', { etag: '"1"' }, false],
  ]
  for (const [title, body, headers, belied] of rows) {
    it(title, () => assert.equal(belies({ status: 200, headers, body }), belied))
  }

  it('that brings an error with it is a failure of the server', () => {
    assert.equal(refused(200, xml('Whatever', 'x')).code, 'ERR_SERVER')
  })
})

describe('AccessDenied', () => {
  const answer = { status: 403, headers: {}, body: xml('AccessDenied', 'no') }

  it('after the end of the URL is one of age, whatever its words', () => {
    assert.equal(s3Error('part 1 of 1', answer, () => true).code, 'ERR_URL_EXPIRED')
  })

  it('is a refusal where nobody knows of an end', () => {
    assert.equal(s3Error('part 1 of 1', answer).code, 'ERR_STORAGE_REFUSED')
  })

  it('is a refusal with another status or code, even after that end', () => {
    const other = { ...answer, body: xml('SignatureDoesNotMatch', 'no') }
    assert.equal(s3Error('part 1 of 1', other, () => true).code, 'ERR_STORAGE_REFUSED')
    assert.equal(s3Error('part 1 of 1', { ...answer, status: 400 }, () => true).code, 'ERR_STORAGE_REFUSED')
  })
})
