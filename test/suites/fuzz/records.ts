/** State files as a crash, a disk, a newer version or a stranger may leave them. */
import fc from 'fast-check'
import { serializeRecord, type UploadRecord } from '../../../src/state/record.js'
import { anything } from './replies.js'

const digits = fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String)
const md5 = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 })

export const record: fc.Arbitrary<UploadRecord> = fc.integer({ min: 1, max: 20 }).chain((count) =>
  fc.record({
    uploadId: fc.constantFrom('upload_1', 'upload_AbC-2'),
    ...{
      apiUrl: fc.constant('https://api.test/v1'),
      project: fc.option(fc.constant('proj_1')),
      type: fc.constant('file'),
    },
    ...{ source: fc.string({ unit: 'binary' }), path: fc.constant('/home/someone/hero.png') },
    file: fc.record({
      size: fc.constant(String(count * 5 * 1024 ** 2)),
      mtimeNs: digits,
      ctimeNs: digits,
      dev: digits,
      ino: digits,
    }),
    requestSha256: fc.constant('0'.repeat(64)),
    request: fc.option(
      fc.record({
        ...{
          fileName: fc.string(),
          contentType: fc.constant('image/png'),
          kind: fc.constant('image'),
          parentId: fc.constant(null),
        },
        ...{ collectionIds: fc.array(fc.constant('id_1'), { maxLength: 2 }), hide: fc.boolean() },
      }),
    ),
    ...{ partSize: fc.constant(5 * 1024 ** 2), partsCount: fc.constant(count) },
    parts: fc
      .uniqueArray(fc.integer({ min: 1, max: count }))
      .chain((numbers) =>
        fc.tuple(...numbers.map((number) => md5.map((hex) => ({ number, md5: hex, proof: 'md5' as const })))),
      ),
    ...{ createdAt: fc.constant('2026-06-01T12:00:00.000Z'), updatedAt: fc.constant('2026-06-01T12:00:01.000Z') },
  }),
)

type Fields = { [name: string]: unknown }
const fieldNames = [
  ...['tool', 'format', 'uploadId', 'apiUrl', 'project', 'type', 'source', 'path', 'file', 'requestSha256', 'request'],
  ...['partSize', 'partsCount', 'parts', 'createdAt', 'updatedAt', '__proto__', 'constructor'],
]
const oddFields: unknown[] = [
  [[1, null, 'md5']],
  [
    [1, null, 'skipped'],
    [1, null, 'skipped'],
  ],
  [[21, null, 'skipped']],
  0,
  1e6,
  { size: '1' },
  '..',
  -1,
]

function retyped(text: string, name: string, what: unknown): string {
  const fields: Fields = JSON.parse(text)
  if (what === undefined) delete fields[name]
  else Object.defineProperty(fields, name, { value: what, enumerable: true, configurable: true, writable: true })
  return JSON.stringify(fields)
}

function flipped(text: string, at: number, bit: number): string {
  const bytes = Buffer.from(text)
  const index = at % bytes.length
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
  return bytes.toString()
}

const at = fc.nat(3000)

/** The text of a record, whole or torn in one of the ways in which files are torn. */
export const tornRecord: fc.Arbitrary<string> = fc.tuple(record, record).chain(([one, other]) => {
  const [text, more] = [serializeRecord(one), serializeRecord(other)]
  return fc.oneof(
    fc.constant(text),
    at.map((end) => text.slice(0, end % text.length)),
    at.map((begin) => text.slice(begin % text.length)),
    at.chain((index) => fc.nat(7).map((bit) => flipped(text, index, bit))),
    fc.tuple(at, at).map(([end, begin]) => text.slice(0, end % text.length) + more.slice(begin % more.length)),
    at.map((length) => text.slice(0, length % text.length) + '\0'.repeat(length % 100)),
    fc
      .tuple(fc.constantFrom(...fieldNames), fc.oneof(anything, fc.constantFrom(...oddFields)))
      .map(([name, what]) => retyped(text, name, what)),
    fc.integer({ min: 2, max: 1e9 }).map((format) => retyped(text, 'format', format)),
    anything.map((value) => JSON.stringify(value) ?? ''),
  )
})
