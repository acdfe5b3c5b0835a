/** A state file: what is written is read again, and what is anything else is never taken for one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseRecord, serializeRecord, type UploadRecord } from '../src/state/record.js'
import { file, MiB, part, record, remoteRecord, request } from './helpers/state.js'

type Fields = Record<string, unknown>

/** The text of a good record with some of its fields replaced; undefined takes one out. */
function textWith(own: Fields, from: UploadRecord = record()): string {
  return JSON.stringify({ ...JSON.parse(serializeRecord(from)), ...own })
}

describe('a record', () => {
  const rows: readonly [title: string, record: UploadRecord][] = [
    ['of a file', record()],
    ['of a file of which nothing is there yet', record({ parts: [] })],
    ['with all its parts', record({ parts: [part(2), part(1), part(3)] })],
    ['of a part whose ETag was no MD5', record({ parts: [part(1, { proof: 'unlike' })] })],
    ['of a part without an MD5', record({ parts: [part(1, { proof: 'skipped', md5: null })] })],
    ['of what the server fetches', remoteRecord()],
    ['with a project, collections and a parent', record({ project: 'proj_1', request: { ...request, hide: true } })],
    ['of a file older than 1970', record({ file: { ...file, mtimeNs: '-1' } })],
    ['of a path in foreign letters', record({ path: '/home/ann/\u202eü\n.png', source: 'ü\n.png' })],
  ]
  for (const [title, made] of rows) {
    it(`${title} is read as it was written`, () => assert.deepEqual(parseRecord(serializeRecord(made)), made))
  }

  it('is one line, which says whose it is and of which format', () => {
    const text = serializeRecord(record())
    assert.match(text, /^\{"tool":"scenario-upload","format":1,.*\}\n$/)
    assert.equal(text.split('\n').length, 2)
  })

  it("has the upload's id in plain text", () => assert.match(serializeRecord(record()), /"uploadId":"upload_1"/))

  it('of ten thousand parts is read as it was written, and stays small', () => {
    const parts = Array.from({ length: 10_000 }, (_, index) => part(index + 1))
    const size = String(10_000 * 8 * MiB)
    const made = record({ parts, partsCount: 10_000, file: { ...file, size } })
    const text = serializeRecord(made)
    assert.deepEqual(parseRecord(text), made)
    assert.ok(text.length < 1024 ** 2, `${text.length} characters`)
  })
})

describe('a record that is torn', () => {
  it('at any character is seen to be so', () => {
    const text = serializeRecord(record()).trimEnd()
    const whole = Array.from(text, (_, at) => parseRecord(text.slice(0, at))).filter((read) => read !== 'torn')
    assert.deepEqual(whole, [])
  })

  for (const text of ['', ' ', '\u0000\u0000\u0000', 'hello', '{"tool":']) {
    it(`is ${JSON.stringify(text)}`, () => assert.equal(parseRecord(text), 'torn'))
  }

  it('in any other way is never taken for one, and never a crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.equal(typeof parseRecord(text), 'string')
      }),
    )
  })
})

describe('a record of a newer version', () => {
  it('is said to be newer, whatever else stands in it', () => {
    assert.equal(parseRecord(textWith({ format: 2 })), 'newer')
    assert.equal(parseRecord('{"tool":"scenario-upload","format":99}'), 'newer')
  })

  for (const format of [0, -1, 1.5, '1', null, undefined, Number.MAX_VALUE]) {
    it(`is none where the format is ${format}: it is foreign`, () => {
      assert.equal(parseRecord(textWith({ format })), 'foreign')
    })
  }
})

describe('a record that is foreign', () => {
  for (const text of ['null', '1', '"x"', '[]', '{}', '{"tool":"another","format":1}']) {
    it(`is ${text}`, () => assert.equal(parseRecord(text), 'foreign'))
  }

  const wrong: Readonly<Record<keyof UploadRecord | `${'file' | 'request'}.${string}`, readonly unknown[]>> = {
    uploadId: [undefined, null, 1, '', 'a/b', '../x', 'a b', 'x'.repeat(201)],
    apiUrl: [undefined, null, 1],
    project: [undefined, 1, []],
    type: [undefined, null, 1],
    source: [undefined, null, 1],
    path: [undefined, 1],
    file: [undefined, 1, 'x', []],
    requestSha256: [undefined, null, 1],
    request: [undefined, 1, 'x', []],
    partSize: [undefined, 0, -1, 1.5, '8'],
    partsCount: [undefined, null, -1, 1.5, '3'],
    parts: [undefined, null, {}, 'x', [1], [{}], [[]]],
    createdAt: [undefined, null, 1, '', 'yesterday'],
    updatedAt: [undefined, null, 1, '', 'yesterday'],
    'file.size': [undefined, null, 5, '', 'x', '1.5', '0x10', '1'.repeat(31)],
    'file.mtimeNs': [undefined, 5, ''],
    'file.ctimeNs': [undefined, 5, ''],
    'file.dev': [undefined, 5, ''],
    'file.ino': [undefined, 5, ''],
    'request.fileName': [undefined, null, 1],
    'request.contentType': [undefined, null, 1],
    'request.kind': [undefined, null, 1],
    'request.parentId': [undefined, 1],
    'request.collectionIds': [undefined, null, 'x', [1]],
    'request.hide': [undefined, null, 1, 'true'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`has ${value === undefined ? 'no' : JSON.stringify(value).slice(0, 20)} ${name}`, () => {
        const [outer = '', inner] = name.split('.')
        const whole: Fields = { file, request }
        const own = inner === undefined ? value : { ...Object(whole[outer]), [inner]: value }
        assert.equal(parseRecord(textWith({ [outer]: own })), 'foreign')
      })
    }
  }
})

describe('the parts of a record', () => {
  const md5 = 'a'.repeat(32)
  const rows: readonly [title: string, parts: unknown[]][] = [
    ['that is beyond the last', [[4, md5, 'md5']]],
    ['that is before the first', [[0, md5, 'md5']]],
    ['that is none of them', [[1.5, md5, 'md5']]],
    ['whose number is a text', [['1', md5, 'md5']]],
    [
      'that stands there twice',
      [
        [1, md5, 'md5'],
        [1, md5, 'md5'],
      ],
    ],
    ['that was proved by an MD5 that is not there', [[1, null, 'md5']]],
    ['whose MD5 is none', [[1, 'xyz', 'md5']]],
    ['whose MD5 is in capitals', [[1, 'A'.repeat(32), 'md5']]],
    ['proved in a way that nobody knows', [[1, md5, 'sha']]],
    ['of which more is said than anybody knows', [[1, md5, 'md5', 1]]],
    ['of which less is said', [[1, md5]]],
  ]
  for (const [title, parts] of rows) {
    it(`hold none ${title}: that record is foreign`, () => {
      assert.equal(parseRecord(textWith({ parts })), 'foreign')
    })
  }
})

describe('a record whose figures do not fit together is foreign:', () => {
  const rows: readonly [title: string, own: Fields][] = [
    ['more parts than the file can have', { partsCount: 4 }],
    ['fewer parts than the file has', { partsCount: 2, parts: [] }],
    ['a file without a part size', { partSize: null }],
    ['a file of no bytes', { file: { ...file, size: '0' } }],
    ['a file of fewer bytes than none', { file: { ...file, size: '-1' } }],
    ['a file beyond what the storage takes', { file: { ...file, size: '9'.repeat(20) }, partSize: 2 ** 50 }],
    ['parts of what the server fetches', { file: null, path: null, partSize: null, parts: [] }],
    ['a time that no calendar has', { file: { ...file, mtimeNs: '9'.repeat(30) } }],
  ]
  for (const [title, own] of rows) {
    it(title, () => assert.equal(parseRecord(textWith(own)), 'foreign'))
  }
})
