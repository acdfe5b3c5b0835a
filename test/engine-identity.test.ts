/** What an upload is remembered by, and what is kept of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf, keptFile, pageOf } from '../src/engine/identity.js'
import type { ByteSource, RemoteSource } from '../src/sources/source.js'
import { MiB, madeFile, stage } from './helpers/engine.js'

const fingerprint = { dev: 1n, ino: 2n ** 64n - 1n, size: 10n * 1024n ** 2n, mtimeNs: 2n ** 60n + 1n, ctimeNs: -3n }
const source: ByteSource = { ...madeFile(3).source, origin: { path: '/home/ann/hero.png', fingerprint } }
const remote: RemoteSource = {
  ...{ flow: 'remote', type: 'url', kind: 'image', assetOptions: {} },
  url: 'https://user:topsecret@example.com/a.png?sig=topsecret',
  shown: 'https://example.com/a.png?…',
}
const { context } = stage()
const model = { flow: 'remote', type: 'huggingface', kind: 'model', model: 'ann/model', shown: 'hf:ann/model' } as const

describe('the identity of a file', () => {
  it('is where it goes, where it is, its state, what is asked for, and the split', () => {
    assert.deepEqual(identityOf({ ...source, assetOptions: { hide: true } }, context), {
      apiUrl: 'https://api.test/v1',
      project: null,
      type: 'file',
      path: '/home/ann/hero.png',
      file: keptFile(fingerprint),
      request: {
        ...{ fileName: 'hero.png', contentType: 'image/png', fileSize: 10 * MiB + 1000, parts: 3, kind: 'image' },
        assetOptions: { hide: true },
      },
      partSize: 5 * MiB,
    })
  })

  it('has the figures of its state in full, beyond what a number holds', () => {
    const { ino, mtimeNs, ctimeNs } = keptFile(fingerprint)
    assert.deepEqual([ino, mtimeNs, ctimeNs], ['18446744073709551615', '1152921504606846977', '-3'])
  })
})

describe('the identity of what the server fetches', () => {
  it('is where it goes and what is asked for', () => {
    assert.deepEqual(identityOf(model, context), {
      ...{ apiUrl: 'https://api.test/v1', project: null, type: 'huggingface', path: null, file: null, partSize: null },
      request: { huggingFaceModelName: 'ann/model' },
    })
  })
})

describe('of standard input', () => {
  it('there is none: no later run finds those bytes again', () => {
    assert.equal(identityOf({ ...source, type: 'stdin', origin: null }, context), null)
  })
})

describe('the page that an upload begins', () => {
  it('has what a command to go on needs', () => {
    const options = { collectionIds: ['c1'], parentId: 'asset_1', hide: true }
    assert.deepEqual(pageOf({ ...source, assetOptions: options }, 'upload_1'), {
      uploadId: 'upload_1',
      source: 'hero.png',
      request: { fileName: 'hero.png', contentType: 'image/png', kind: 'image', ...options },
      partsCount: 3,
    })
  })

  it('says what was not asked for, too', () => {
    const { request } = pageOf(source, 'upload_1')
    assert.deepEqual([request?.collectionIds, request?.parentId, request?.hide], [[], null, false])
  })

  it('of an address holds only what may be shown of it', () => {
    const page = pageOf(remote, 'upload_1')
    assert.deepEqual(page, { uploadId: 'upload_1', source: remote.shown, request: null, partsCount: 0 })
    assert.doesNotMatch(JSON.stringify(page), /topsecret/)
  })
})
