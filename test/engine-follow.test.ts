/** An upload that another command began: one look at it, or until it ends, and what is told of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt, waitFor } from '../src/engine/follow.js'
import { errorOf } from '../src/engine/result.js'
import { UploadError } from '../src/errors.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import { network, remote, stage } from './helpers/engine.js'

/** A stage whose looks see these, one after the other, each after 200 ms. */
function seeing(...looks: (RemoteUpload | Error)[]) {
  const staged = stage({
    client: {
      get: async (id, signal) => {
        assert.equal(id, 'upload_1')
        await staged.clock.sleep(200.4, signal)
        const seen = looks.shift() ?? assert.fail('nobody expected another look')
        if (seen instanceof Error) throw seen
        return seen
      },
    },
  })
  return staged
}

const whole: Partial<RemoteUpload> = {
  entityId: 'asset_1',
  kind: 'image',
  source: 'multipart',
  fileName: 'hero.png',
  contentType: 'image/png',
  fileSize: 123,
  partsCount: 2,
}

describe('one look', () => {
  it('tells all that the API knows of it', async () => {
    const { context, said } = seeing(remote('imported', whole))
    assert.deepEqual(await lookAt('upload_1', context), {
      source: 'upload_1',
      type: 'file',
      ok: true,
      uploadId: 'upload_1',
      entityId: 'asset_1',
      kind: 'image',
      status: 'imported',
      fileName: 'hero.png',
      contentType: 'image/png',
      bytes: 123,
      parts: 2,
      resumedParts: null,
      retries: null,
      durationMs: 200,
      verified: null,
      skipped: false,
      error: null,
    })
    assert.deepEqual(said, [])
  })

  for (const [source, type] of [
    ['multipart', 'file'],
    ['url', 'url'],
    ['huggingface', 'huggingface'],
    ['civitai', 'civitai'],
    ['carrier pigeon', null],
    [null, null],
  ] as const) {
    it(`calls what came by ${source} a ${type}`, async () => {
      assert.equal((await lookAt('upload_1', seeing(remote('pending', { source })).context)).type, type)
    })
  }

  it('is not the end of what is still under way, and ends well', async () => {
    const { ok, status, entityId } = await lookAt('upload_1', seeing(remote('validating')).context)
    assert.deepEqual([ok, status, entityId], [true, 'validating', null])
  })

  it('is taken again after a failure that passes', async () => {
    const { context, said } = seeing(network(), remote('pending'))
    assert.equal((await lookAt('upload_1', context)).ok, true)
    assert.deepEqual(
      said.map((each) => each.event === 'retry' && each.what),
      ['look at'],
    )
  })

  it('at an upload that failed tells why, and what it was', async () => {
    const { context } = seeing(remote('failed', { ...whole, entityId: null, errorMessage: 'not an image' }))
    const { ok, status, fileName, error } = await lookAt('upload_1', context)
    assert.deepEqual([ok, status, fileName, error?.code], [false, 'failed', 'hero.png', 'ERR_IMPORT_FAILED'])
    assert.equal(error?.message, 'the import failed: not an image')
  })

  it('at what the server does not know has nothing but its id', async () => {
    const { context } = seeing(new UploadError('ERR_UPLOAD_UNKNOWN', 'no such upload'))
    const { ok, source, uploadId, type, status, error } = await lookAt('upload_1', context)
    assert.deepEqual([ok, source, uploadId, type, status], [false, 'upload_1', 'upload_1', null, null])
    assert.equal(error?.code, 'ERR_UPLOAD_UNKNOWN')
  })

  it('at which the tool itself fails is a bug, and rejects nothing', async () => {
    const { error } = await lookAt('upload_1', seeing(new TypeError('not a function')).context)
    assert.equal(error?.code, 'ERR_BUG')
  })
})

describe('the hint at an import that failed', () => {
  for (const [source, hint] of [
    ['multipart', /^Open the file/],
    ['url', /^Check that its address or name is right/],
    ['huggingface', /^Check that its address or name is right/],
    ['civitai', /^Check that its address or name is right/],
  ] as const) {
    it(`fits what came by ${source}`, async () => {
      const { context } = seeing(remote('failed', { source }))
      const { error } = await lookAt('upload_1', context)
      assert.match(error?.hint ?? '', hint)
      assert.deepEqual([error?.code, error?.exitCode], ['ERR_IMPORT_FAILED', 1])
    })
  }
})

describe('the wait', () => {
  it('says what it does, and tells how it ended', async () => {
    const { context, said } = seeing(remote('validating'), remote('imported', whole))
    const { ok, status, entityId, durationMs } = await waitFor('upload_1', context)
    assert.deepEqual([ok, status, entityId], [true, 'imported', 'asset_1'])
    assert.ok((durationMs ?? 0) > 400)
    assert.deepEqual(said, [{ event: 'phase', phase: 'validating', uploadId: 'upload_1', fileName: null, total: null }])
  })

  it('that ends badly tells what was seen last', async () => {
    const failed = remote('failed', { kind: 'model' })
    const { ok, status, kind, error } = await waitFor('upload_1', seeing(remote('validating'), failed).context)
    assert.deepEqual([ok, status, kind, error?.code], [false, 'failed', 'model', 'ERR_IMPORT_FAILED'])
    assert.equal(error?.message, 'the import failed: the server does not say why')
  })
})

describe('the wait for an upload whose bytes were never all sent', () => {
  const unsent = /^upload_1 was still pending when the time ran out: as far as the server shows, its bytes are not all/
  const safe = /it is safe on the server/
  const rows: readonly [title: string, looks: RemoteUpload[], kept: boolean, message: RegExp, hint: RegExp][] = [
    ['says so, where this machine keeps it as unfinished', [remote('pending')], true, unsent, /^Run the same upload/],
    ['cannot be told where another machine began it', [remote('pending')], false, safe, /wait upload_1/],
    [
      'is none where something else than `pending` was seen',
      [remote('validating', whole), remote('pending', whole)].map((each) => ({ ...each, entityId: null })),
      true,
      safe,
      /wait upload_1/,
    ],
  ]
  for (const [title, looks, kept, message, hint] of rows) {
    it(title, async () => {
      const state = { looks: 0 }
      const { context } = stage({
        settings: { timeoutMs: 60_000 },
        client: { get: async () => looks[Math.min(state.looks++, looks.length - 1)] ?? assert.fail() },
      })
      const memory = { ...context.memory, keepsBytesOf: async () => kept }
      const { error } = await waitFor('upload_1', { ...context, memory })
      assert.deepEqual([error?.code, error?.exitCode], ['ERR_STILL_PROCESSING', 8])
      assert.match(error?.message ?? '', message)
      assert.match(error?.hint ?? '', hint)
    })
  }
})

describe('the error alone', () => {
  it('has all of it, how far the upload came, and the first one as its cause', async () => {
    const facts = { hint: 'Wait.', requestId: 'trace-1', retryAfterMs: 5000 }
    const result = await lookAt('upload_1', seeing(new UploadError('ERR_API_REFUSED', 'no', facts)).context)
    assert.ok(result.error)
    const { code, message, hint, requestId, retryAfterMs, cause, result: told } = errorOf(result, result.error)
    assert.deepEqual({ hint, requestId, retryAfterMs }, facts)
    assert.deepEqual([code, message, cause, told], ['ERR_API_REFUSED', 'no', result.error, result])
  })
})
