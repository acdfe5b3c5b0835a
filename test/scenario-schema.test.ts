/** The replies of the API: what is taken from them, and how one that makes no sense is named by its path. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UploadError } from '../src/errors.js'
import * as schema from '../src/scenario/schema.js'

const same = (text: string) => text
const parseCreated = (body: unknown, count: number) => schema.parseCreated(body, count, same)
const parseUpload = (body: unknown) => schema.parseUpload(body, same)
const parseCompleted = (body: unknown) => schema.parseCompleted(body, same)
const { notJson } = schema

const part = (number: number, more: object = {}) => ({
  number,
  url: `https://bucket.example/key?partNumber=${number}&X-Amz-Signature=topsecret`,
  expires: '2026-10-21T07:28:00.000Z',
  ...more,
})
const created = (parts: unknown, more: object = {}) => ({
  upload: { id: 'upload_1', status: 'pending', parts, ...more },
})
const looked = (more: object) => ({ upload: { id: 'upload_1', status: 'validating', ...more } })

function senseless(parse: () => unknown, what: string): void {
  assert.throws(parse, (error) => {
    assert.ok(error instanceof UploadError)
    assert.equal(error.code, 'ERR_REPLY')
    assert.equal(error.exitCode, 1)
    assert.equal(error.message, `the API's reply makes no sense: ${what}`)
    assert.doesNotMatch(JSON.stringify(error), /topsecret/)
    return true
  })
}

describe('a reply of create that makes no sense', () => {
  const rows: readonly [body: unknown, what: string][] = [
    [undefined, 'the body is missing'],
    [null, 'the body is missing'],
    ['upload', 'the body is not an object'],
    [[], 'the body is not an object'],
    [42, 'the body is not an object'],
    [{}, 'upload is missing'],
    [{ upload: null }, 'upload is missing'],
    [{ upload: 'upload_1' }, 'upload is not an object'],
    [{ upload: [] }, 'upload is not an object'],
    [created([part(1), part(2)], { id: undefined }), 'upload.id is missing'],
    [created([part(1), part(2)], { id: null }), 'upload.id is missing'],
    [created([part(1), part(2)], { id: '' }), 'upload.id is missing'],
    [created([part(1), part(2)], { id: 7 }), 'upload.id is not a string'],
    [created([part(1), part(2)], { id: '../../etc' }), 'upload.id is not an id'],
    [created([part(1), part(2)], { id: 'a b' }), 'upload.id is not an id'],
    [created([part(1), part(2)], { id: '..' }), 'upload.id is not an id'],
    [created([part(1), part(2)], { id: 'a\u001b[2J' }), 'upload.id is not an id'],
    [created([part(1), part(2)], { id: 'x'.repeat(201) }), 'upload.id is not an id'],
    [created(undefined), 'upload.parts is missing'],
    [created(null), 'upload.parts is missing'],
    [created({}), 'upload.parts is not a list'],
    [created([]), 'upload.parts has 0 entries where 2 were asked for'],
    [created([part(1)]), 'upload.parts has 1 entries where 2 were asked for'],
    [created([part(1), part(2), part(3)]), 'upload.parts has 3 entries where 2 were asked for'],
    [created([part(1), null]), 'upload.parts[1] is missing'],
    [created([part(1), 'https://x']), 'upload.parts[1] is not an object'],
    [created([part(1), part(2, { number: undefined })]), 'upload.parts[1].number is missing'],
    [created([part(1), part(2, { number: '2' })]), 'upload.parts[1].number is not a number'],
    [created([part(1), part(2, { url: undefined })]), 'upload.parts[1].url is missing'],
    [created([part(1), part(2, { url: null })]), 'upload.parts[1].url is missing'],
    [created([part(1), part(2, { url: '' })]), 'upload.parts[1].url is missing'],
    [created([part(1, { url: 7 }), part(2)]), 'upload.parts[0].url is not a string'],
    [created([part(1, { url: '/key?a=topsecret' }), part(2)]), 'upload.parts[0].url is not a URL'],
    [
      created([part(1, { url: 'https://user:topsecret@bucket.example/' }), part(2)]),
      'upload.parts[0].url holds a user name or password',
    ],
    [
      created([part(1, { url: 'http://bucket.example/?topsecret' }), part(2)]),
      'upload.parts[0].url is neither https nor on this machine',
    ],
    [
      created([part(1, { url: 'ftp://bucket.example/' }), part(2)]),
      'upload.parts[0].url is neither https nor on this machine',
    ],
    [
      created([part(1, { url: 'file:///etc/passwd' }), part(2)]),
      'upload.parts[0].url is neither https nor on this machine',
    ],
    [
      created([part(1, { url: 'http://127.0.0.1.evil.example/' }), part(2)]),
      'upload.parts[0].url is neither https nor on this machine',
    ],
    [created([part(0), part(1)]), 'upload.parts has no single part 1'],
    [created([part(1), part(1)]), 'upload.parts has no single part 2'],
    [created([part(1), part(3)]), 'upload.parts has no single part 2'],
    [created([part(1), part(1.5)]), 'upload.parts has no single part 2'],
  ]
  for (const [body, what] of rows) {
    const shown = JSON.stringify(body) ?? 'undefined'
    it(`${shown.length > 90 ? `${shown.slice(0, 90)}…` : shown}: ${what}`, () =>
      senseless(() => parseCreated(body, 2), what))
  }
})

describe('a reply of create', () => {
  it('gives the parts in order, whatever order they came in', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7], { minLength: 7 }), (numbers) => {
        const { parts } = parseCreated(created(numbers.map((number) => part(number))), 7)
        assert.deepEqual(
          parts.map(({ number }) => number),
          [1, 2, 3, 4, 5, 6, 7],
        )
        for (const { number, url } of parts) assert.equal(url, part(number).url)
      }),
    )
  })

  it('gives the id, the status and when each URL expires', () => {
    assert.deepEqual(parseCreated(created([part(1)]), 1), {
      id: 'upload_1',
      status: 'pending',
      entityId: null,
      errorMessage: null,
      parts: [{ number: 1, url: part(1).url, expires: Date.parse('2026-10-21T07:28:00Z') }],
    })
  })

  for (const expires of [undefined, null, '', 'tomorrow', 17]) {
    it(`may leave open when a URL expires: ${JSON.stringify(expires)}`, () => {
      assert.equal(parseCreated(created([part(1, { expires })]), 1).parts[0]?.expires, null)
    })
  }

  for (const url of [
    'http://127.0.0.1:1/k',
    'http://127.8.8.8/k',
    'http://localhost:1/k',
    'http://[::1]:1/k',
    'https://a.b/k',
  ]) {
    it(`may have parts at ${url}`, () => assert.equal(parseCreated(created([part(1, { url })]), 1).parts[0]?.url, url))
  }

  it('needs no parts for what the server fetches, and takes none', () => {
    for (const parts of [undefined, null, [], [part(1)]]) {
      assert.deepEqual(parseCreated(created(parts), 0), {
        id: 'upload_1',
        status: 'pending',
        entityId: null,
        errorMessage: null,
        parts: [],
      })
    }
  })

  it('may say no status', () => assert.equal(parseCreated(created([part(1)], { status: null }), 1).status, null))

  for (const id of ['upload_AbC', 'a', '0', 'a.b:c-d_e', 'x'.repeat(200)]) {
    it(`may have the id ${id.slice(0, 20)}`, () => assert.equal(parseCreated(created([], { id }), 0).id, id))
  }
})

describe('a look at an upload that makes no sense', () => {
  const rows: readonly [body: unknown, what: string][] = [
    [null, 'the body is missing'],
    [{ upload: undefined }, 'upload is missing'],
    [looked({ status: undefined }), 'upload.status is missing'],
    [looked({ status: null }), 'upload.status is missing'],
    [looked({ status: '' }), 'upload.status is missing'],
    [looked({ status: 3 }), 'upload.status is not a string'],
    [looked({ id: 7 }), 'upload.id is not a string'],
    [looked({ id: 'a/b' }), 'upload.id is not an id'],
    [looked({ entityId: 7 }), 'upload.entityId is not a string'],
    [looked({ entityId: {} }), 'upload.entityId is not a string'],
    [looked({ entityId: 'asset_1\nasset_2' }), 'upload.entityId is not an id'],
    [looked({ entityId: 'asset 1' }), 'upload.entityId is not an id'],
  ]
  for (const [body, what] of rows) {
    it(`${JSON.stringify(body)}: ${what}`, () => senseless(() => parseUpload(body), what))
  }
})

describe('a look at an upload', () => {
  const nothing = {
    id: 'upload_1',
    status: 'validating',
    entityId: null,
    errorMessage: null,
    kind: null,
    source: null,
    fileName: null,
    contentType: null,
    fileSize: null,
    partsCount: null,
    parts: null,
  }

  it('takes what is absent and what is null for the same', () => {
    const names = [
      'entityId',
      'errorMessage',
      'kind',
      'source',
      'fileName',
      'contentType',
      'fileSize',
      'partsCount',
      'parts',
    ]
    assert.deepEqual(parseUpload(looked({})), nothing)
    assert.deepEqual(parseUpload(looked(Object.fromEntries(names.map((name) => [name, null])))), nothing)
  })

  it('takes an empty id for none', () => assert.equal(parseUpload(looked({ entityId: '' })).entityId, null))

  it('takes all that is known, and ignores what is not', () => {
    const known = {
      entityId: 'asset_1',
      errorMessage: 'no',
      kind: 'image',
      source: 'multipart',
      contentType: 'image/png',
      fileSize: 12,
      partsCount: 2,
    }
    assert.deepEqual(
      parseUpload(looked({ ...known, originalFileName: 'a.png', fileName: 'upload_1.png', jobId: 'j' })),
      {
        ...nothing,
        ...known,
        fileName: 'a.png',
      },
    )
  })

  it("takes the server's name for the file where it says no other", () => {
    assert.equal(parseUpload(looked({ fileName: 'upload_1.png' })).fileName, 'upload_1.png')
  })

  it('takes a figure or a word that is none for absent, where it is only shown', () => {
    assert.deepEqual(
      parseUpload(looked({ fileSize: '12', partsCount: 1.5, kind: 7, errorMessage: {}, contentType: [] })),
      nothing,
    )
  })

  it('takes a figure below nothing for absent', () => {
    assert.deepEqual(parseUpload(looked({ fileSize: -5, partsCount: -1 })), nothing)
    assert.deepEqual(parseUpload(looked({ fileSize: 0, partsCount: 0 })), { ...nothing, fileSize: 0, partsCount: 0 })
  })

  it('takes fresh part URLs, in order, where it shows any', () => {
    const part = (number: number) => ({ number, url: `https://b/${number}`, expires: '2099-01-01T00:00:00Z' })
    const { parts } = parseUpload(looked({ parts: [part(2), part(1)] }))
    assert.deepEqual(
      parts?.map(({ number, url }) => [number, url]),
      [
        [1, 'https://b/1'],
        [2, 'https://b/2'],
      ],
    )
  })

  for (const parts of [
    [],
    {},
    'x',
    [{ number: 1 }],
    [{ number: 2, url: 'https://b/2' }],
    [{ number: 1, url: 'http://b' }],
  ]) {
    it(`takes part URLs that make no sense for none, and is a look all the same: ${JSON.stringify(parts)}`, () => {
      assert.equal(parseUpload(looked({ parts })).parts, null)
    })
  }

  it('takes any status, known or not', () => {
    assert.equal(parseUpload(looked({ status: 'quarantined' })).status, 'quarantined')
  })
})

describe('a reply of complete', () => {
  it('gives the upload where it has one', () => {
    assert.equal(parseCompleted(looked({ entityId: 'asset_1' }))?.entityId, 'asset_1')
  })

  for (const body of [null, undefined, {}, [], 'ok', { success: true }, { upload: null }, { upload: {} }]) {
    it(`is a bare yes where it has none: ${JSON.stringify(body)}`, () => assert.equal(parseCompleted(body), null))
  }

  for (const name of ['error', 'statusCode', 'reason', 'message']) {
    it(`is a doubt where it has the looks of an error: ${name}`, () => {
      assert.throws(() => parseCompleted({ [name]: 'x' }), {
        code: 'ERR_SERVER',
        message: 'complete was answered with an error, though with a 2xx',
      })
    })
  }

  it('is a bare yes where such a word says nothing, or stands beside an upload', () => {
    for (const body of [{ error: null }, { upload: {}, message: 'done' }]) assert.equal(parseCompleted(body), null)
  })

  it('that has an upload is held to its fields', () => {
    senseless(() => parseCompleted(looked({ entityId: 'a b' })), 'upload.entityId is not an id')
  })
})

describe('a reply that is no JSON', () => {
  it('is named by its call and status', () => {
    senseless(() => {
      throw notJson('create', 200)
    }, 'create answered 200 with no JSON')
  })
})
