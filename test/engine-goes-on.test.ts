/** How far patience goes: what counts as progress, how long an answer is waited for, and what a failed upload is to a later run. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { run } from '../src/engine/run.js'
import { uploadOne } from '../src/engine/upload-one.js'
import { UploadError } from '../src/errors.js'
import { emptyNotebook } from '../src/state/memory.js'
import type { UploadRecord } from '../src/state/record.js'
import { madeFile, network, remote, stage, take } from './helpers/engine.js'

const created = (file: ReturnType<typeof madeFile>) => ({
  id: 'upload_1',
  status: 'pending',
  entityId: null,
  errorMessage: null,
  parts: file.parts,
})

describe('a storage that takes nothing', () => {
  it('is given up after --retry-for, however often the API gives fresh part URLs', async () => {
    const file = madeFile(1)
    const told = { looks: 0 }
    const urls = (expires: number) => file.parts.map((part) => ({ ...part, expires }))
    const staged = stage({
      settings: { retryForMs: 600_000 },
      client: {
        create: async () => ({ ...created(file), parts: urls(staged.clock.now() + 120_000) }),
        get: async () => {
          assert.ok(++told.looks < 20, 'it asks without end')
          return remote('pending', { parts: urls(staged.clock.now() + 120_000) })
        },
      },
      bucket: {
        putPart: async () => {
          throw network()
        },
      },
    })
    const startedAt = staged.clock.now()
    const { error } = await uploadOne(file.source, staged.context)
    assert.equal(error?.code, 'ERR_NETWORK')
    assert.ok(told.looks > 1)
    assert.ok(staged.clock.now() - startedAt < 700_000)
  })
})

describe('the wait for the answer to a part', () => {
  /** Of every try of a part that always fails. */
  async function waitsFor(retryForMs: number): Promise<(number | undefined)[]> {
    const file = madeFile(1)
    const waits: (number | undefined)[] = []
    const { context } = stage({
      settings: { stallMs: 30_000, retryForMs },
      client: { create: async () => created(file) },
      bucket: {
        putPart: async ({ answerMs }) => {
          waits.push(answerMs)
          throw network()
        },
      },
    })
    await uploadOne(file.source, context)
    return waits
  }

  it('doubles with each try, but not beyond --retry-for', async () => {
    const waits = await waitsFor(200_000)
    assert.deepEqual(waits.slice(0, 5), [30_000, 60_000, 120_000, 200_000, 200_000])
  })

  it('is never shorter than --stall-timeout', async () => {
    const waits = await waitsFor(1000)
    assert.ok(waits.length > 1)
    assert.ok(
      waits.every((ms) => ms === 30_000),
      String(waits),
    )
  })
})

describe('an upload that an earlier run left, and that failed on the server', () => {
  const record: UploadRecord = {
    ...{
      uploadId: 'upload_1',
      apiUrl: 'https://api.test/v1',
      project: null,
      type: 'file',
      source: 'hero.png',
      path: '/hero.png',
    },
    ...{
      file: null,
      requestSha256: '',
      request: null,
      partSize: 5,
      partsCount: 1,
      parts: [],
      createdAt: '',
      updatedAt: '',
    },
  }
  const failed = { get: async () => remote('failed', { errorMessage: 'it is broken' }) }
  const notebook = { ...emptyNotebook, record, keeps: true }
  const link = {
    flow: 'remote',
    type: 'url',
    shown: 'https://a.test/a.png',
    url: 'https://a.test/a.png',
    kind: 'image',
    assetOptions: {},
  } as const

  for (const wait of [true, false]) {
    it(`is a failure ${wait ? 'at the end of the wait' : 'with --no-wait'} too`, async () => {
      for (const source of [madeFile(1).source, link]) {
        const { context } = stage({ client: failed, settings: { wait } })
        await assert.rejects(
          run(source, notebook, context, () => {}),
          { code: 'ERR_IMPORT_FAILED', message: /it is broken/ },
        )
      }
    })
  }
})

describe('an upload that failed as it was completed', () => {
  it('is a failed import, though no look at it can tell so any more', async () => {
    const file = madeFile(1)
    const { context } = stage({
      client: {
        create: async () => created(file),
        complete: async () => remote('failed', { errorMessage: 'it is broken' }),
        get: async () => {
          throw new UploadError('ERR_API_REFUSED', 'no')
        },
      },
      bucket: { putPart: take },
    })
    const { error } = await uploadOne(file.source, context)
    assert.equal(error?.code, 'ERR_IMPORT_FAILED', error?.message)
  })
})
