/** Which upload a command means: whatever makes it another one gives it another name. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Identity, isRecordName, laneOf, nameOf, requestDigest } from '../src/state/identity.js'
import { file, identity, MiB, wish } from './helpers/state.js'

type Row = readonly [title: string, own: Partial<Identity>]

/** Another thing, or another place. */
const others: readonly Row[] = [
  ['another API', { apiUrl: 'https://other.test/v1' }],
  ['another project', { project: 'proj_1' }],
  ['another type of source', { type: 'stdin' }],
  ['another path', { path: '/home/ann/copy.png' }],
  ['another name for it', { request: { ...wish, fileName: 'b.png' } }],
  ['another content type', { request: { ...wish, contentType: 'image/webp' } }],
  ['another kind', { request: { ...wish, kind: 'asset' } }],
  ['a collection', { request: { ...wish, assetOptions: { collectionIds: ['c1'] } } }],
  ['hiding it', { request: { ...wish, assetOptions: { hide: true } } }],
]

/** The same thing in another state, or split in another way. */
const states: readonly Row[] = [
  ['another size', { file: { ...file, size: '1' }, request: { ...wish, fileSize: 1 } }],
  ['another mtime', { file: { ...file, mtimeNs: '1' } }],
  ['another split', { partSize: 5 * MiB, request: { ...wish, parts: 4 } }],
]

const touches: readonly Row[] = [
  ['another inode', { file: { ...file, ino: '1' } }],
  ['another device', { file: { ...file, dev: '1' } }],
  ['another change time', { file: { ...file, ctimeNs: '1' } }],
]

describe('the name of an upload', () => {
  it('is the same for the same command', () => {
    assert.equal(nameOf(identity()), nameOf(identity({ file: { ...file }, request: { ...wish } })))
  })

  for (const [title, own] of [...others, ...states]) {
    it(`is another one for ${title}`, () => assert.notEqual(nameOf(identity(own)), nameOf(identity())))
  }

  for (const [title, own] of touches) {
    it(`is the same for ${title}: there the bytes decide`, () => {
      assert.equal(nameOf(identity(own)), nameOf(identity()))
    })
  }

  it('is known as one, with its ending, and nothing else is', () => {
    const name = nameOf(identity())
    assert.equal(isRecordName(`${name}.json`), true)
    for (const other of [name, `${name}.lock`, `${name}.json.1.aside`, `x${name}.json`, 'notes.json', '../x.json']) {
      assert.equal(isRecordName(other), false, other)
    }
  })

  it('tells nothing of what it stands for: neither address, nor path, nor secret', () => {
    const secret = 'topsecret'
    const address = { url: `https://user:${secret}@example.com/a.png?sig=${secret}`, kind: 'image' }
    const made = identity({ type: 'url', path: null, file: null, partSize: null, request: address, project: secret })
    assert.match(nameOf(made), /^[0-9a-f]{24}-[0-9a-f]{16}$/)
  })

  it('is another one for another query of a web address, which is shown nowhere', () => {
    const of = (url: string) =>
      nameOf(identity({ type: 'url', path: null, file: null, partSize: null, request: { url, kind: 'image' } }))
    assert.notEqual(of('https://example.com/a.png?v=1'), of('https://example.com/a.png?v=2'))
  })
})

describe('the lane, which all states and splits of a file share,', () => {
  for (const [title, own] of [...states, ...touches]) {
    it(`is the same for ${title}`, () => assert.equal(laneOf(identity(own)), laneOf(identity())))
  }

  for (const [title, own] of others) {
    it(`is another one for ${title}`, () => assert.notEqual(laneOf(identity(own)), laneOf(identity())))
  }

  it('begins the name', () => assert.ok(nameOf(identity()).startsWith(`${laneOf(identity())}-`)))
})

describe('the digest of the request', () => {
  it('is that of all of it, size and parts too', () => {
    const digests = [{}, { fileSize: 1 }, { parts: 9 }, { kind: 'asset' }].map((own) =>
      requestDigest({ request: { ...wish, ...own } }),
    )
    assert.equal(new Set(digests).size, 4)
    for (const digest of digests) assert.match(digest, /^[0-9a-f]{64}$/)
  })
})
