/**
 * Sources that the server fetches by itself: web addresses, Hugging Face and Civitai models.
 *
 * Scenes: what create is sent for each way of writing them · that nothing else is sent · their order · their waits ·
 * options that do not go with them · addresses that are none.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { assertAnswer, assertFailure, command, documentOf, sandboxFor } from './helpers/scene.js'
import { type FakeScenario, fakeScenario, json, uploadId } from './helpers/servers.js'

const calls = ({ api }: FakeScenario) => api.map(({ method, path }) => `${method} ${path}`)
const createBodies = ({ api }: FakeScenario): unknown[] =>
  api.filter(({ path }) => path === '/v1/uploads').map(({ body }) => JSON.parse(String(body)))

const image = 'https://example.com/images/hero.png'
const huggingFace = { huggingFaceModelName: 'stabilityai/sdxl-turbo' }
const civitai = 'https://civitai.com/models/370194/some-slug?modelVersionId=413566'

describe('a remote source', { concurrency: 4 }, () => {
  const rows: [words: string[], body: object, type: string, kind: string][] = [
    [[image], { url: image, kind: 'image' }, 'url', 'image'],
    [['--url', image], { url: image, kind: 'image' }, 'url', 'image'],
    [['http://example.com/a.glb'], { url: 'http://example.com/a.glb', kind: '3d' }, 'url', '3d'],
    [
      ['https://example.com/download?id=7', '--kind', 'video'],
      { url: 'https://example.com/download?id=7', kind: 'video' },
      'url',
      'video',
    ],
    [['hf:stabilityai/sdxl-turbo'], huggingFace, 'huggingface', 'model'],
    [['--hf', 'stabilityai/sdxl-turbo'], huggingFace, 'huggingface', 'model'],
    [['https://huggingface.co/stabilityai/sdxl-turbo'], huggingFace, 'huggingface', 'model'],
    [['--hf', 'https://huggingface.co/stabilityai/sdxl-turbo', '--kind', 'model'], huggingFace, 'huggingface', 'model'],
    [[civitai], { civitaiModelUrl: civitai }, 'civitai', 'model'],
    [['--civitai', civitai], { civitaiModelUrl: civitai }, 'civitai', 'model'],
    [[`civitai:${civitai}`], { civitaiModelUrl: civitai }, 'civitai', 'model'],
    [['civitai:370194'], { civitaiModelUrl: 'https://civitai.com/models/370194' }, 'civitai', 'model'],
    [
      ['--url', 'https://huggingface.co/a/b', '--kind', 'model'],
      { url: 'https://huggingface.co/a/b', kind: 'model' },
      'url',
      'model',
    ],
    [
      ['--url', 'https://civitai.com/models/1', '--kind', 'model'],
      { url: 'https://civitai.com/models/1', kind: 'model' },
      'url',
      'model',
    ],
    [
      [image, '--collection', 'col_1', '--collection', 'col_2', '--parent', 'asset_9', '--hide'],
      {
        url: image,
        kind: 'image',
        assetOptions: { collectionIds: ['col_1', 'col_2'], parentId: 'asset_9', hide: true },
      },
      'url',
      'image',
    ],
  ]
  for (const [words, body, type, kind] of rows) {
    it(`written as ${words.join(' ')} is created with exactly ${JSON.stringify(body)}`, async (t) => {
      const fake = await fakeScenario(t)
      const ended = await command(fake, [...words, '--json'])
      assert.equal(ended.code, 0, ended.stderr)
      assert.deepEqual(createBodies(fake), [body])
      const { upload } = documentOf(ended)
      assert.deepEqual([upload.type, upload.kind, upload.entityId], [type, kind, 'asset_test1'])
    })
  }

  it('is created and looked at, and nothing else: no PUT, no complete', async (t) => {
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, ['hf:owner/name', '--project', 'proj_1']), 'asset_test1\n')
    assert.deepEqual(calls(fake), ['POST /v1/uploads?projectId=proj_1', `GET /v1/uploads/${uploadId}?projectId=proj_1`])
    assert.deepEqual(fake.puts, [])
  })

  it('has the id of a model at its end', async (t) => {
    const sandbox = await sandboxFor(t)
    const ended = await command(sandbox, ['hf:owner/name'])
    assert.match(ended.stdout, /^model_\w+\n$/)
    assertAnswer(ended, `${sandbox.uploads()[0]?.entityId}\n`)
    assert.deepEqual(
      sandbox.requests().filter(({ call }) => call !== 'create' && call !== 'get'),
      [],
    )
  })

  it('is only created with `--no-wait`, and its upload id is printed', async (t) => {
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, [image, '--no-wait']), `${uploadId}\n`)
    assert.deepEqual(calls(fake), ['POST /v1/uploads'])
  })

  it('that was there already has its id with `--no-wait` too', async (t) => {
    const upload = { id: uploadId, status: 'imported', entityId: 'model_there' }
    const fake = await fakeScenario(t, { create: (response) => json(response, 200, { upload }) })
    assertAnswer(await command(fake, ['hf:owner/name', '--no-wait']), 'model_there\n')
    assert.deepEqual(calls(fake), ['POST /v1/uploads'])
  })

  it('that the server cannot import ends 1 with its words', async (t) => {
    const fake = await fakeScenario(t, {
      look: (response) => json(response, 200, { upload: { id: uploadId, status: 'failed', errorMessage: 'gated' } }),
    })
    assertFailure(
      await command(fake, ['hf:owner/name']),
      1,
      /the import failed: gated/,
      /^Check that its address or name/,
    )
  })

  it('has null in the document for all that only bytes have', async (t) => {
    const fake = await fakeScenario(t)
    const { upload } = documentOf(await command(fake, ['hf:owner/name', '--json']))
    const { durationMs, ...rest } = upload
    assert.equal(typeof durationMs, 'number')
    assert.deepEqual(rest, {
      source: 'hf:owner/name',
      type: 'huggingface',
      ok: true,
      uploadId,
      entityId: 'asset_test1',
      kind: 'model',
      status: 'imported',
      fileName: null,
      contentType: null,
      bytes: null,
      parts: null,
      resumedParts: null,
      retries: 0,
      verified: null,
      skipped: false,
      error: null,
    })
  })
})

describe('the order of the answers', () => {
  it('is that of the line: first what stands alone, then `--url`, `--hf` and `--civitai`', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(50))
    const fake = await fakeScenario(t)
    const words = ['--hf', 'a/b', file.path, '--civitai', '7', '--url', image, 'https://example.com/z.png', '--json']
    const ended = await command(fake, words)
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(
      documentOf(ended).uploads.map(({ source, type }) => [source, type]),
      [
        [file.path, 'file'],
        ['https://example.com/z.png', 'url'],
        ['a/b', 'huggingface'],
        ['7', 'civitai'],
        [image, 'url'],
      ],
    )
  })
})

describe('what does not go with a remote source', { concurrency: 4 }, () => {
  const rows: [words: string[], sentence: RegExp][] = [
    [[image, '--parts', '2'], /--parts does not go with/],
    [['hf:a/b', '--part-size', '8MiB'], /--part-size does not go with/],
    [[image, '--name', 'other.png'], /--name does not go with/],
    [['civitai:7', '--content-type', 'image/png'], /--content-type does not go with/],
    [['hf:a/b', '--collection', 'col_1'], /--collection does not go with/],
    [['civitai:7', '--parent', 'asset_1'], /--parent does not go with/],
    [['--hf', 'a/b', '--hide'], /--hide does not go with/],
    [['https://example.com/a.zip', '--kind', 'model', '--hide'], /--hide does not go with/],
    [['https://example.com/a.safetensors', '--hide'], /--hide does not go with/],
    [['hf:a/b', '--kind', 'image'], /--kind image does not go with it/],
    [['civitai:7', '--kind', 'asset'], /--kind asset does not go with it/],
    [['https://example.com/download'], /nothing tells what kind/],
    [['--url', 'ftp://example.com/a.png'], /ftp/],
    [['--url', 'hero.png'], /not a valid web address/],
    [['https://'], /not a valid web address/],
    [['file:///etc/passwd'], /file: addresses are not taken/],
    [['--hf', 'name-alone'], /not a Hugging Face model/],
    [['hf:a/b/c'], /not a Hugging Face model/],
    [['--civitai', 'https://example.com/models/7'], /not an address on civitai\.com/],
    [['civitai:some-name'], /not a Civitai model/],
    [['--hf', ''], /not a Hugging Face model|empty/],
  ]
  for (const [words, sentence] of rows) {
    it(`${JSON.stringify(words.join(' '))} is a usage error, before any request`, async (t) => {
      const fake = await fakeScenario(t)
      assertFailure(await command(fake, words), 2, sentence)
      assert.deepEqual(fake.api, [])
    })
  }

  it('a usage error quotes neither the userinfo nor the query of an address', async (t) => {
    const fake = await fakeScenario(t)
    const ended = await command(fake, ['https://user:hunter2@example.com/download?token=hunter3', '--json'])
    assert.equal(ended.code, 2)
    assert.doesNotMatch(ended.stdout + ended.stderr, /hunter/)
  })
})
