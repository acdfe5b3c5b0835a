/** Replies as a server gone wrong may send them: right ones, changed in one place or many, and all that is no reply. */
import fc from 'fast-check'

/** None of these may ever be shown. */
export const secrets = { key: 'key_0123456789abcdef', secret: 'secret_fedcba9876543210' }
export const signature = 'c0ffee0123456789c0ffee'
/** As a server may echo them. */
const leaks = [
  secrets.key,
  secrets.secret,
  `https://bucket.test/k?partNumber=1&X-Amz-Signature=${signature}`,
  `<https://user:${secrets.secret}@bucket.test/?X-Amz-Signature=${signature}>`,
  `Authorization: Basic ${Buffer.from(`${secrets.key}:${secrets.secret}`).toString('base64')}`,
]

const protoNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', '']
const huge = [...['x', 'http://', '\u202e', '{"a":', '::error::', '\u001b[2J', ' '].map((piece) => piece.repeat(2000))]
const odd = [
  '\u0000',
  '\ud800',
  '::set-output name=a::b',
  '##[error]x',
  '##vso[task.prependpath]x',
  'a\r\nb',
  '../../etc',
  '..',
  'upload_1\n',
  '𝕏'.repeat(50),
]

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...leaks, ...protoNames, ...odd), {
  arbitrary: fc.constantFrom(...huge),
  weight: 1,
})
const number = fc.oneof(
  fc.constantFrom(0, -1, 1, 1.5, 2, 1e21, -0, 2 ** 53, 1e308, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const nested = fc.integer({ min: 1, max: 300 }).map((depth) => {
  let value: unknown = 'deep'
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { upload: value }
  return value
})
const protoObject = fc
  .constantFrom(
    ...['{"__proto__":{"id":"upload_1","status":"imported"}}', '{"__proto__":null,"constructor":1}', '{"toString":1}'],
  )
  .map((json): unknown => JSON.parse(json))

/** Anything that JSON can hold, with a liking for what hurts. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  ...[text, number, fc.boolean(), fc.constant(null), fc.constant(undefined), nested, protoObject],
  fc.jsonValue({ maxDepth: 2 }),
)

const partUrl = fc.oneof(
  {
    arbitrary: fc.constantFrom(
      'https://bucket.test/k?n=1',
      'http://127.0.0.1:1/k',
      'http://[::1]/k',
      'http://localhost/k',
    ),
    weight: 3,
  },
  fc.constantFrom(
    ...['http://bucket.test/k', 'http://127.0.0.1.evil.test/', 'http://localhost.evil.test', 'ftp://127.0.0.1/'],
  ),
  fc.constantFrom(
    ...['javascript:alert(1)', 'https://a:b@bucket.test/', 'https:/bucket.test', 'file:///etc/passwd', 'https://'],
  ),
  fc.webUrl(),
)
const id = fc.constantFrom('upload_1', 'asset_AbC.1:2-3')
const status = fc.constantFrom('pending', 'validating', 'validated', 'imported', 'complete', 'failed', 'new one')
const date = fc.oneof(fc.constantFrom('2026-10-21T07:28:00.000Z', 'soon', '', '+275760-09-14'), fc.date().map(String))

const partsOf = (count: number) =>
  fc.tuple(
    ...Array.from({ length: count }, (_, index) =>
      fc.record({ number: fc.constant(index + 1), url: partUrl, expires: fc.option(date) }),
    ),
  )

const rightUpload = (count: number) =>
  fc.record(
    {
      ...{ id, status, entityId: fc.option(id), errorMessage: fc.option(text), kind: fc.constant('image') },
      ...{ source: fc.constant('multipart'), originalFileName: text, fileName: text, contentType: text },
      ...{ fileSize: number, partsCount: number, parts: partsOf(count) },
    },
    { requiredKeys: ['id', 'status', 'parts'] },
  )

/** Where in a value something is changed, and into what. */
interface Change {
  at: number
  how: 'drop' | 'put' | 'wrap' | 'twice'
  what: unknown
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(60),
  how: fc.constantFrom('drop', 'put', 'put', 'wrap', 'twice'),
  what: anything,
})

type Branch = { [name: string]: unknown }
const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null

/** Every place in it: the object or list that holds it, and its name there. */
function placesOf(value: unknown): [Branch, string][] {
  if (!isBranch(value)) return []
  return Object.keys(value).flatMap((name) => [[value, name] as [Branch, string], ...placesOf(value[name])])
}

function mutate(root: Branch, changes: readonly Change[]): Branch {
  for (const { at, how, what } of changes) {
    const places = placesOf(root)
    const place = places[at % Math.max(1, places.length)]
    if (!place) continue
    const [branch, name] = place
    if (how === 'drop') delete branch[name]
    else if (how === 'wrap') branch[name] = [branch[name]]
    else if (how === 'twice' && Array.isArray(branch)) branch.push(branch[Number(name)])
    else branch[name] = what
  }
  return root
}

const mutated = (right: fc.Arbitrary<object>) =>
  fc
    .tuple(right, fc.array(change, { maxLength: 3 }))
    // Through JSON, as it comes over the line: what JSON cannot hold is gone or null.
    .map(([value, changes]) => JSON.parse(JSON.stringify(mutate(structuredClone({ ...value }), changes))) as unknown)

/** A reply that has an upload of so many parts in it, or did before it was changed. */
export const uploadReply = (count: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: mutated(fc.record({ upload: rightUpload(count) })), weight: 9 },
    { arbitrary: anything, weight: 1 },
  )

/** A refusal in one of its four shapes, changed, or a page of a gateway's. */
export const errorBody: fc.Arbitrary<string> = fc.oneof(
  mutated(
    fc.record(
      {
        ...{
          message: text,
          reason: text,
          name: text,
          error: text,
          traceId: text,
          trace_id: text,
          remainingSeconds: number,
        },
        details: fc.record({ remainingSeconds: number, actionName: text, actionLimit: number }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
  ).map((body) => JSON.stringify(body)),
  text.map((title) => `<html><title>${title}</title></html>`),
  text,
  fc.constantFrom('{"remainingSeconds":1e999}', '{"message":{"toString":1}}', '[', 'null', '"x"', ''),
)

/** S3's XML, whole or torn, with anything in its elements. */
export const s3Body: fc.Arbitrary<string> = fc.oneof(
  fc
    .record({
      code: fc.oneof(text, fc.constantFrom('AccessDenied', 'SlowDown', '__proto__', 'constructor')),
      message: text,
      requestId: text,
      end: fc.nat(400),
    })
    .map(({ code, message, requestId, end }) => {
      const xml = `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${requestId}</RequestId></Error>`
      return end % 3 === 0 ? xml.slice(0, end) : xml
    }),
  text,
)

const headerValue = fc.oneof(text, fc.constantFrom('1', '1e9', '9'.repeat(400), '-1', 'Wed, 21 Oct 2026 07:28:00 GMT'))
export const headers = fc.record(
  {
    ...{ 'retry-after': headerValue, date: headerValue, etag: headerValue, 'x-amz-request-id': headerValue },
    'x-request-id': fc.oneof(headerValue, fc.array(headerValue, { maxLength: 2 })),
  },
  { requiredKeys: [] },
)

export const errorStatus = fc.oneof(
  fc.integer({ min: 300, max: 599 }),
  fc.constantFrom(401, 403, 404, 407, 429, 503, 600, 999),
)
