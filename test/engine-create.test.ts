/** What the API is asked for: one body for each way in, the same each time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create, createRequest } from '../src/engine/create.js'
import type { CreateRequest } from '../src/scenario/client.js'
import type { RemoteSource, Source } from '../src/sources/source.js'
import { MiB, madeFile, network, stage } from './helpers/engine.js'

const { source: file } = madeFile(2)
const size = 5 * MiB + 1000
const url: RemoteSource = {
  flow: 'remote',
  type: 'url',
  shown: 'u',
  kind: 'image',
  url: 'https://a.test/b.png?c',
  assetOptions: {},
}
const huggingFace: RemoteSource = { flow: 'remote', type: 'huggingface', shown: 'h', kind: 'model', model: 'ann/model' }
const civitai: RemoteSource = {
  flow: 'remote',
  type: 'civitai',
  shown: 'c',
  kind: 'model',
  url: 'https://civitai.com/models/1',
}
const asset = { collectionIds: ['c1'], parentId: 'p1', hide: true }
const ofFile = { fileName: 'hero.png', contentType: 'image/png', fileSize: size, parts: 2, kind: 'image' }

describe('the request to create', () => {
  const rows: readonly [title: string, source: Source, request: CreateRequest][] = [
    ['of a file', file, ofFile],
    ['of a file with options for the asset', { ...file, assetOptions: asset }, { ...ofFile, assetOptions: asset }],
    ['of an address', url, { url: url.url, kind: 'image' }],
    [
      'of an address with options',
      { ...url, assetOptions: asset },
      { url: url.url, kind: 'image', assetOptions: asset },
    ],
    ['of a Hugging Face model', huggingFace, { huggingFaceModelName: 'ann/model' }],
    ['of a Civitai model', civitai, { civitaiModelUrl: 'https://civitai.com/models/1' }],
  ]
  for (const [title, source, request] of rows) {
    it(title, () => assert.deepEqual(createRequest(source), request))
  }
})

describe('the text of a request', () => {
  it('never changes, since what is remembered of an upload hangs on its digest', () => {
    assert.equal(
      JSON.stringify(createRequest({ ...file, assetOptions: asset })),
      `{"fileName":"hero.png","contentType":"image/png","fileSize":${size},"parts":2,"kind":"image",` +
        '"assetOptions":{"collectionIds":["c1"],"parentId":"p1","hide":true}}',
    )
  })
})

describe('creating', () => {
  const created = { id: 'upload_1', status: 'pending', entityId: null, errorMessage: null, parts: [] }

  for (const [source, fileName, total] of [
    [file, 'hero.png', size],
    [url, null, null],
  ] as const) {
    it(`says so first, with what is known of the ${source.type}`, async () => {
      const { context, said } = stage({ client: { create: async () => created } })
      assert.equal(await create(source, context), created)
      assert.deepEqual(said, [{ event: 'phase', phase: 'creating', uploadId: null, fileName, total }])
    })
  }

  it('is tried again with the same body where its answer was lost', async () => {
    const bodies: CreateRequest[] = []
    const { context, said } = stage({
      client: {
        create: async (body) => {
          if (bodies.push(body) === 1) throw network()
          return created
        },
      },
    })
    await create({ ...file, assetOptions: asset }, context)
    assert.deepEqual(bodies, [
      { ...ofFile, assetOptions: asset },
      { ...ofFile, assetOptions: asset },
    ])
    const retry = said.find(({ event }) => event === 'retry')
    assert.equal(retry?.event === 'retry' && retry.what, 'create')
  })
})
