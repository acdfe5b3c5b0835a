/** How one upload ends: what is forgotten of it and when, what is kept, and what whoever interrupted it is told. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Context } from '../src/engine/context.js'
import { uploadOne } from '../src/engine/upload-one.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import type { ByteSource } from '../src/sources/source.js'
import { type Memory, type Notebook, noResume } from '../src/state/memory.js'
import { type MadeNotebook, madeFile, madeNotebook, remote, type Stage, stage, take } from './helpers/engine.js'

interface Ended extends Stage, MadeNotebook {
  result: UploadResult
  /** What is left to be done once the caller has the results. */
  left: (() => Promise<void>)[]
  opened: unknown[]
}

type Step = 'create' | 'putPart' | 'complete' | 'get'

interface Props {
  /** What each step throws; else it goes well. */
  failing?: Partial<Record<Step, () => unknown>>
  own?: Partial<Notebook>
  settings?: Partial<Context['settings']>
  memory?: Memory
  look?: RemoteUpload
  source?: Partial<ByteSource>
}

const origin = { path: '/home/ann/hero.png', fingerprint: { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n } }

async function ended({ failing = {}, own = {}, settings = {}, ...props }: Props): Promise<Ended> {
  const file = madeFile(2)
  const book = madeNotebook(null, own)
  const left: (() => Promise<void>)[] = []
  const opened: unknown[] = []
  const memory: Memory = props.memory ?? {
    ...noResume,
    open: async (identity) => {
      opened.push(identity)
      return book.notebook
    },
  }
  const step = <Value>(name: Step, value: Value) => {
    const error = failing[name]?.()
    if (error !== undefined) throw error
    return value
  }
  const staged = stage({
    settings: { retryForMs: 0, timeoutMs: 1000, ...settings },
    client: {
      create: async () =>
        step('create', { id: 'upload_1', status: 'pending', entityId: null, errorMessage: null, parts: file.parts }),
      complete: async () => step('complete', remote('validating')),
      get: async () => step('get', props.look ?? remote('imported', { entityId: 'asset_1' })),
    },
    bucket: { putPart: async (put) => step('putPart', await take(put)) },
  })
  const context = { ...staged.context, memory, whenDelivered: (action: () => Promise<void>) => void left.push(action) }
  const result = await uploadOne({ ...file.source, origin, ...props.source }, context)
  return { ...staged, ...book, result, left, opened }
}

async function deliver({ left, calls }: Ended): Promise<string[]> {
  for (const action of left) await action()
  return calls
}

const failed = (code: ErrorCode) => () => new UploadError(code, 'a test')

describe('an upload that ended well', () => {
  for (const [title, settings] of [
    ['in a success', {}],
    ['with --no-wait', { wait: false }],
    ['with --until validated', { until: 'validated' }],
  ] as const) {
    it(`${title} is let go of, and forgotten once its caller has the answer`, async () => {
      const end = await ended({ settings })
      assert.equal(end.result.ok, true)
      assert.deepEqual(end.calls, ['release'], 'not before')
      assert.deepEqual(await deliver(end), ['release', 'forget'])
    })
  }

  it('was remembered by what it is', async () => {
    const { opened, began, added } = await ended({})
    assert.equal(opened.length, 1)
    assert.match(JSON.stringify(opened[0]), /hero\.png/)
    assert.deepEqual(
      [began.map(({ uploadId }) => uploadId), added.map(({ number }) => number).sort()],
      [['upload_1'], [1, 2]],
    )
  })
})

describe('an upload that leads nowhere any more', () => {
  it('is forgotten where its file changed, once its caller has the answer', async () => {
    const end = await ended({ failing: { putPart: failed('ERR_FILE_CHANGED') } })
    assert.equal(end.result.ok, false)
    assert.deepEqual(await deliver(end), ['release', 'forget'])
  })

  it('is forgotten where its import failed', async () => {
    const end = await ended({ look: remote('failed') })
    assert.equal(end.result.error?.code, 'ERR_IMPORT_FAILED')
    assert.deepEqual(await deliver(end), ['release', 'forget'])
  })
})

describe('an upload that can still go on', () => {
  const rows: readonly [title: string, step: Step, code: ErrorCode, exitCode: number][] = [
    ['after the network failed', 'putPart', 'ERR_NETWORK', 5],
    ['after the storage failed', 'putPart', 'ERR_SERVER', 5],
    ['after the storage asked for less', 'putPart', 'ERR_RATE_LIMITED', 5],
    ['after other bytes arrived', 'putPart', 'ERR_INTEGRITY', 5],
    ['after complete got no answer', 'complete', 'ERR_NETWORK', 5],
    ['after the credentials were refused', 'complete', 'ERR_CREDENTIALS_REFUSED', 4],
    ['after a reply that makes no sense', 'get', 'ERR_REPLY', 1],
    ['after the storage refused it', 'putPart', 'ERR_STORAGE_REFUSED', 6],
    ['after the API refused it', 'complete', 'ERR_API_REFUSED', 6],
    ['after a bad certificate', 'putPart', 'ERR_CERTIFICATE', 1],
    ['after SIGINT', 'putPart', 'ERR_INTERRUPTED', 130],
    ['after SIGTERM', 'putPart', 'ERR_TERMINATED', 143],
    ['after SIGHUP', 'get', 'ERR_HANGUP', 129],
  ]
  for (const [title, step, code, exitCode] of rows) {
    it(`${title} is let go of, and never forgotten (${exitCode})`, async () => {
      const end = await ended({ failing: { [step]: failed(code) }, look: remote('pending') })
      assert.deepEqual([end.result.error?.code, end.result.error?.exitCode], [code, exitCode])
      assert.deepEqual(await deliver(end), ['release'])
    })
  }

  it('after --timeout is kept: the same command waits on (8)', async () => {
    const end = await ended({ settings: { until: 'imported', timeoutMs: 0 }, failing: { get: failed('ERR_SERVER') } })
    assert.equal(end.result.error?.exitCode, 8)
    assert.deepEqual(await deliver(end), ['release'])
  })

  it('after a bug is let go of too', async () => {
    const end = await ended({ failing: { complete: () => new TypeError('a bug') } })
    assert.equal(end.result.error?.exitCode, 70)
    assert.deepEqual(await deliver(end), ['release'])
  })
})

describe('an upload that another run is at', () => {
  it('ends with 5, and is not even opened', async () => {
    const opened: string[] = []
    const memory: Memory = {
      ...noResume,
      open: async () => {
        throw new UploadError('ERR_BUSY', 'process 4711 has it')
      },
    }
    const source = {
      open: async () => {
        opened.push('file')
        return madeFile(1).bytes
      },
    }
    const end = await ended({ memory, source })
    assert.deepEqual([end.result.error?.code, end.result.error?.exitCode], ['ERR_BUSY', 5])
    assert.match(end.result.error?.message ?? '', /4711/)
    assert.deepEqual([opened, end.left, end.result.uploadId], [[], [], null])
  })
})

describe('what the memory has to say', () => {
  it('is a note', async () => {
    const book = madeNotebook()
    const memory: Memory = {
      ...noResume,
      open: async (_, say) => {
        say('no room')
        return book.notebook
      },
    }
    const { said } = await ended({ memory })
    assert.deepEqual(said[0], { event: 'note', message: 'no room' })
  })
})

describe('whoever interrupts an upload', () => {
  const interrupted = async (step: Step, own: Partial<Notebook> = {}) =>
    (await ended({ failing: { [step]: () => new UploadError('ERR_INTERRUPTED', 'interrupted') }, own })).result.error

  it('before there is one is told to run the command again', async () => {
    const error = await interrupted('create')
    assert.deepEqual([error?.message, error?.hint], ['interrupted', 'Run the same command again.'])
  })

  it('while it is sent is told that the same command goes on', async () => {
    const hint = (await interrupted('putPart'))?.hint
    assert.equal(hint, 'Run the same command again: it goes on with the parts that are missing.')
  })

  const anew = 'Run the same command again: it begins anew.'

  it('while it is sent, and nothing is kept, is told that it begins anew', async () => {
    assert.equal((await interrupted('putPart', { keeps: false }))?.hint, anew)
  })

  it('while it is sent, and the disk has filled up meanwhile, is told that it begins anew', async () => {
    const disk = { full: false }
    const error = await interrupted('putPart', {
      get keeps() {
        return !disk.full
      },
      begin: async () => {
        disk.full = true
      },
    })
    assert.equal(error?.hint, anew)
  })

  it('while it is waited for is told that it is safe, and how to wait on', async () => {
    const error = await interrupted('get')
    assert.equal(error?.message, 'interrupted; the upload is safe on the server')
    assert.equal(error?.hint, 'Run `scenario-upload wait upload_1`.')
    assert.deepEqual([error?.exitCode, error?.retryable], [130, true])
  })
})
