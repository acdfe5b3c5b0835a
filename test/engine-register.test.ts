/** What a manifest means for an upload: when it is skipped, when it is waited for, when it is sent, what is recorded. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Context } from '../src/engine/context.js'
import { noRegister } from '../src/engine/no-register.js'
import { createRegister } from '../src/engine/register.js'
import { UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import { createDigest } from '../src/hash/digest.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import type { ByteReader, ByteSource, Source } from '../src/sources/source.js'
import type { Manifest, Recorded, Wanted } from '../src/state/manifest.js'
import { noResume } from '../src/state/memory.js'
import { type MadeFile, madeFile, madeNotebook, remote, stage, take } from './helpers/engine.js'

interface Row extends Recorded {
  wanted: Wanted
  content: string | undefined
}

/** A manifest in memory: of each name what was recorded last, whatever else is asked. */
function madeManifest(rows: Row[], failing?: UploadError): Manifest {
  const of = ({ source }: Wanted) => rows.filter(({ wanted }) => wanted.source === source)
  return {
    mayKnow: (wanted) => of(wanted).some((row) => row.wanted.size === wanted.size),
    find: (wanted, content) => of(wanted).findLast((row) => row.content === content) ?? null,
    append: async (wanted, recorded, content) => {
      if (failing) throw failing
      rows.push({ wanted, content, ...recorded })
    },
    close: async () => {},
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

interface Props {
  /** What was recorded of the file before; its content is that of the file unless it says otherwise. */
  before?: (Partial<Row> & Pick<Recorded, 'entityId'>) | undefined
  force?: boolean
  settings?: Partial<Context['settings']>
  reader?: Partial<ByteReader>
  source?: Partial<ByteSource>
  remoteSource?: Source
  /** What a look at the upload of that id answers. */
  look?: (id: string) => RemoteUpload | Promise<RemoteUpload>
  onPut?: () => void
  onComplete?: () => void
  failing?: UploadError
  /** What create throws. */
  refused?: UploadError
  connect?: () => Context
}

interface Ended {
  result: UploadResult
  rows: Row[]
  file: MadeFile
  /** `create`, `put`, `complete`, `get …` in order, a look that follows another one left out. */
  calls: string[]
  said: string[]
  phases: string[]
  /** What became of the file: `open`, `close`, `discard`. */
  held: string[]
  /** Of the notebook. */
  forgotten: boolean
}

const unknown = () => {
  throw new UploadError('ERR_UPLOAD_UNKNOWN', 'no such upload')
}

async function uploaded(props: Props): Promise<Ended> {
  const { before, force = false, look = () => remote('imported', { entityId: 'asset_new' }) } = props
  const file = madeFile(2, props.reader)
  const [calls, held, phases]: [string[], string[], string[]] = [[], [], []]
  const source: ByteSource = {
    ...file.source,
    origin: { path: '/art/hero.png', fingerprint: { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n } },
    open: async () => {
      held.push('open')
      return { ...file.bytes, close: async () => void held.push('close') }
    },
    discard: async () => void held.push('discard'),
    ...props.source,
  }
  const staged = stage({
    settings: { timeoutMs: 60_000, retryForMs: 0, ...props.settings },
    client: {
      create: async () => {
        calls.push('create')
        if (props.refused) throw props.refused
        return { id: 'upload_new', status: 'pending', entityId: null, errorMessage: null, parts: file.parts }
      },
      complete: async () => {
        calls.push('complete')
        props.onComplete?.()
        return remote('validating')
      },
      get: async (id) => {
        if (calls.at(-1) !== `get ${id}`) calls.push(`get ${id}`)
        return look(id)
      },
    },
    bucket: {
      putPart: async (put) => {
        calls.push('put')
        const reply = await take(put)
        props.onPut?.()
        return reply
      },
    },
  })
  const book = madeNotebook()
  const left: (() => Promise<void>)[] = []
  const context: Context = {
    ...staged.context,
    memory: { ...noResume, open: async () => book.notebook },
    whenDelivered: (action) => void left.push(action),
  }
  const wanted: Wanted = {
    ...{ source: 'hero.png', type: 'file', path: null, size: file.content.length, kind: 'image', fileName: null },
    ...{ contentType: null, assetOptions: { collectionIds: [], parentId: null, hide: false }, api: '', project: null },
    address: null,
  }
  const told = { uploadId: 'upload_old', status: 'imported', content: sha256(file.content), wanted }
  const rows: Row[] = before ? [{ ...told, ...before }] : []
  const register = createRegister({
    manifest: madeManifest(rows, props.failing),
    force,
    settings: context.settings,
    place: context.place,
    startSha256: () => createDigest('sha256'),
    now: staged.clock.now,
    signal: staged.controller.signal,
  })
  const hear: Context['say'] = (event) => {
    if (event.event === 'phase') phases.push(event.phase)
    staged.context.say(event)
  }
  const what = props.remoteSource ?? source
  const result = await register.upload(what, hear, props.connect ?? (() => ({ ...context, say: hear })))
  for (const action of left) await action()
  const said = staged.said.flatMap((event) => ('message' in event && event.event === 'note' ? [event.message] : []))
  return { result, rows, file, calls, said, phases, held, forgotten: book.calls.includes('forget') }
}

const noConnection = (): never => {
  throw new Error('nobody expected a connection')
}

const sentAll = ['create', 'put', 'put', 'complete', 'get upload_new']

describe('a source that the manifest does not have', () => {
  it('is sent, and put into it with the SHA-256 of its content once it has ended well', async () => {
    const { result, rows, file, calls, phases } = await uploaded({})
    assert.deepEqual([result.ok, result.skipped, result.entityId, result.verified], [true, false, 'asset_new', 'md5'])
    assert.deepEqual(calls, sentAll)
    assert.deepEqual(phases, ['creating', 'sending', 'finishing', 'validating'], 'nothing is there to compare with')
    assert.deepEqual(
      rows.map(({ uploadId, entityId, status, content }) => ({ uploadId, entityId, status, content })),
      [{ uploadId: 'upload_new', entityId: 'asset_new', status: 'imported', content: sha256(file.content) }],
    )
    const { path, api, address, kind, fileName, size } = rows[0]?.wanted ?? {}
    assert.deepEqual(
      { path, api, address, kind, fileName, size },
      {
        ...{ path: '/art/hero.png', api: 'https://api.test/v1', address: null, kind: 'image', fileName: 'hero.png' },
        size: file.content.length,
      },
    )
  })

  it('is put into it without an entity id where nobody waited for one', async () => {
    const { rows } = await uploaded({ settings: { wait: false } })
    assert.deepEqual([rows[0]?.uploadId, rows[0]?.entityId, rows[0]?.status], ['upload_new', null, 'validating'])
  })

  it('is not put into it where it failed', async () => {
    const { result, rows } = await uploaded({ look: () => remote('failed') })
    assert.deepEqual([result.error?.code, rows], ['ERR_IMPORT_FAILED', []])
  })

  it('is not put into it where the time ran out', async () => {
    const { result, rows } = await uploaded({ look: () => remote('validating') })
    assert.deepEqual([result.error?.code, rows], ['ERR_STILL_PROCESSING', []])
  })

  it('is told with its id where it could not be put into it, and is kept for the same command to find again', async () => {
    const failing = new UploadError('ERR_MANIFEST', 'the manifest m.jsonl cannot be written (ENOSPC)')
    const { result, forgotten } = await uploaded({ failing })
    assert.deepEqual([result.ok, result.entityId, result.error?.code], [false, 'asset_new', 'ERR_MANIFEST'])
    const sentence = 'hero.png is uploaded (asset_new), but the manifest m.jsonl cannot be written (ENOSPC)'
    assert.equal(result.error?.message, sentence)
    assert.equal(forgotten, false)
    assert.equal((await uploaded({})).forgotten, true)
  })

  it('ends as any other where it cannot be connected', async () => {
    const connect = () => {
      throw new UploadError('ERR_CREDENTIALS_MISSING', 'no key')
    }
    const { result, held } = await uploaded({ connect })
    assert.deepEqual([result.error?.code, result.fileName, held], ['ERR_CREDENTIALS_MISSING', 'hero.png', ['discard']])
  })
})

describe('a source that the manifest has', () => {
  const before = { entityId: 'asset_old' }

  it('is skipped: its ids are those that were recorded, and nobody is asked', async () => {
    const { result, rows, phases, held } = await uploaded({ before, connect: noConnection })
    const { source, error, ...facts } = result
    assert.deepEqual(facts, {
      ...{ type: 'file', ok: true, uploadId: 'upload_old', entityId: 'asset_old', kind: 'image', status: 'imported' },
      ...{ fileName: 'hero.png', contentType: 'image/png', bytes: 5 * 1024 ** 2 + 1000, parts: null },
      ...{ resumedParts: null, retries: 0, durationMs: 0, verified: null, skipped: true },
    })
    assert.deepEqual([source, error, rows.length, phases], ['hero.png', null, 1, ['checking']])
    assert.deepEqual(held, ['open', 'close', 'discard'], 'the file is let go of')
  })

  it('is sent where its content is another one, and put into it once more', async () => {
    const { result, rows, calls, file } = await uploaded({ before: { ...before, content: 'b'.repeat(64) } })
    assert.deepEqual([result.skipped, result.entityId, calls], [false, 'asset_new', sentAll])
    assert.deepEqual([rows.length, rows[1]?.content], [2, sha256(file.content)])
  })

  it('is sent without being read before, where its size is another one', async () => {
    const { file } = await uploaded({})
    const wanted: Wanted = {
      ...{ source: 'hero.png', type: 'file', path: null, size: file.content.length + 1, kind: 'image' },
      ...{ fileName: null, contentType: null, assetOptions: { collectionIds: [], parentId: null, hide: false } },
      ...{ api: '', project: null, address: null },
    }
    const { calls, phases } = await uploaded({ before: { ...before, wanted } })
    assert.deepEqual([calls, phases.includes('checking')], [sentAll, false])
  })

  it('is sent all the same by force, and put into it once more', async () => {
    const { result, rows, calls, phases } = await uploaded({ before, force: true })
    assert.deepEqual([result.skipped, calls, rows.length, phases.includes('checking')], [false, sentAll, 2, false])
  })

  it('fails where it changes while it is looked at, and is not sent', async () => {
    const check = async () => {
      throw new UploadError('ERR_FILE_CHANGED', 'its size went from 1 to 2 bytes')
    }
    const { result, held } = await uploaded({ before, reader: { check }, connect: noConnection })
    assert.equal(result.error?.code, 'ERR_FILE_CHANGED')
    assert.deepEqual(held, ['open', 'close', 'discard'])
  })

  it('is read once more where it was touched meanwhile, and fails where that has no end', async () => {
    const touches = (times: number) => {
      const state = { left: times }
      return async () => (state.left-- > 0 ? 'touched' : 'same') as 'touched' | 'same'
    }
    const once = await uploaded({ before, reader: { check: touches(1) }, connect: noConnection })
    assert.deepEqual([once.result.skipped, once.file.opened[0]], [true, 2])
    const ever = await uploaded({ before, reader: { check: touches(100) }, connect: noConnection })
    assert.equal(ever.result.error?.code, 'ERR_FILE_CHANGED')
  })

  it('is skipped from standard input after it was read, and let go of', async () => {
    const source: Partial<ByteSource> = { type: 'stdin', origin: null }
    const { result, held } = await uploaded({ before, source, connect: noConnection })
    assert.deepEqual([result.skipped, held], [true, ['open', 'discard']])
  })

  it('is sent from standard input with another content, from what was opened once', async () => {
    const source: Partial<ByteSource> = { type: 'stdin', origin: null }
    const { calls, held } = await uploaded({ before: { ...before, content: 'b'.repeat(64) }, source })
    assert.deepEqual([calls, held], [sentAll, ['open', 'close', 'discard']])
  })
})

describe('a source that was recorded without its entity id', () => {
  const before = { entityId: null, status: 'validating' }

  for (const settings of [{ wait: false }, { until: 'validated' as const }]) {
    it(`is skipped with ${JSON.stringify(settings)}`, async () => {
      const { result } = await uploaded({ before, settings, connect: noConnection })
      assert.deepEqual([result.skipped, result.uploadId, result.entityId], [true, 'upload_old', null])
    })
  }

  for (const settings of [{}, { until: 'imported' as const }]) {
    it(`is waited for with ${JSON.stringify(settings)}, sent by nobody, and put into it with its id`, async () => {
      const { result, calls, rows, said } = await uploaded({ before, settings })
      assert.deepEqual(
        [result.ok, result.skipped, result.uploadId, result.entityId, result.parts],
        [true, true, 'upload_old', 'asset_new', null],
      )
      assert.deepEqual(calls, ['get upload_old'])
      assert.deepEqual(rows.map(({ uploadId, entityId }) => [uploadId, entityId]).slice(1), [
        ['upload_old', 'asset_new'],
      ])
      assert.deepEqual(said, ['upload_old was uploaded already: only waiting'])
    })
  }

  it('is not put into it once more where no id came', async () => {
    const { result, rows } = await uploaded({ before, look: () => remote('validated') })
    assert.deepEqual([result.ok, result.skipped, rows.length], [true, true, 1])
  })

  it('ends with 8 where the time runs out, and is not sent again', async () => {
    const { result, calls } = await uploaded({ before, look: () => remote('validating') })
    assert.deepEqual([result.error?.exitCode, calls], [8, ['get upload_old']])
  })

  const lost: [why: string, look: () => RemoteUpload, note: RegExp][] = [
    ['the server does not know it', unknown, /no longer knows upload_old: beginning afresh/],
    ['it failed', () => remote('failed'), /upload_old is failed: beginning afresh/],
    ['it was never completed', () => remote('pending'), /upload_old is pending: beginning afresh/],
  ]
  for (const [why, look, note] of lost) {
    it(`is uploaded afresh where ${why}, which is said`, async () => {
      const imported = remote('imported', { entityId: 'asset_new' })
      const { result, calls, rows, said } = await uploaded({
        before,
        look: (id) => (id === 'upload_old' ? look() : imported),
      })
      assert.deepEqual([result.ok, result.skipped, result.uploadId], [true, false, 'upload_new'])
      assert.deepEqual(calls, ['get upload_old', ...sentAll])
      assert.deepEqual([rows.length, said.length], [2, 1])
      assert.match(said[0] ?? '', note)
    })
  }
})

describe('what the server fetches', () => {
  const remoteSource: Source = {
    ...{ flow: 'remote', type: 'url', shown: 'https://example.com/a.png?…', kind: 'image' },
    url: 'https://example.com/a.png?token=1',
    assetOptions: {},
  }

  it('is asked for by its whole address, and shown without what may be secret', async () => {
    const { rows, calls } = await uploaded({ remoteSource })
    assert.deepEqual(calls, ['create', 'get upload_new'])
    const { address, source, size, path } = rows[0]?.wanted ?? {}
    assert.deepEqual(
      { address, source, size, path },
      { address: remoteSource.url, source: remoteSource.shown, size: null, path: null },
    )
    assert.equal(rows[0]?.content, undefined)
  })

  it('is skipped where the manifest has it', async () => {
    const first = await uploaded({ remoteSource })
    const [row] = first.rows
    const { result } = await uploaded({ remoteSource, before: row, connect: noConnection })
    assert.deepEqual([result.skipped, result.entityId, result.bytes], [true, 'asset_new', null])
  })

  it('is waited for where it is about to begin', async () => {
    const [row] = (await uploaded({ remoteSource, settings: { wait: false } })).rows
    const looks = { left: 1 }
    const look = () => (looks.left-- > 0 ? remote('pending') : remote('imported', { entityId: 'asset_new' }))
    const { calls, result } = await uploaded({ remoteSource, before: row, look })
    assert.deepEqual([calls, result.entityId], [['get upload_new'], 'asset_new'])
  })
})

describe('the SHA-256 of what is sent', () => {
  it('is made anew where the file was touched while it was sent, since what was read before may be of another state', async () => {
    const state = { touched: false, settled: 0 }
    const reader: Partial<ByteReader> = {
      check: async () => (state.touched ? 'touched' : 'same'),
      settle: async () => {
        state.touched = false
        state.settled++
      },
    }
    const { result, rows, file } = await uploaded({
      reader,
      // As a writer that puts the old time back: the first part is another one from now on.
      onPut: () => {
        state.touched = state.settled === 0
      },
    })
    assert.equal(result.ok, true)
    assert.equal(rows[0]?.content, sha256(file.content))
    assert.ok((file.opened[0] ?? 0) >= 4, `read ${file.opened[0]} times: beside, for the part, for its MD5, anew`)
  })

  for (const [when, touchesFirst] of [
    ['at all', false],
    ['once more', true],
  ] as const) {
    it(`is not recorded where the file was touched ${when} after it was sent: it may be of other bytes`, async () => {
      const state = { touched: false, settled: 0 }
      const { result, rows, said, calls } = await uploaded({
        reader: {
          check: async () => (state.touched ? 'touched' : 'same'),
          settle: async () => {
            state.touched = false
            state.settled++
          },
        },
        onPut: () => {
          state.touched = touchesFirst && state.settled === 0
        },
        onComplete: () => {
          state.touched = true
        },
      })
      assert.deepEqual([result.ok, rows, calls, state.settled], [true, [], sentAll, touchesFirst ? 1 : 0])
      assert.deepEqual(said, [
        'hero.png was touched or has changed since it was sent, so the manifest does not have it',
      ])
    })
  }

  it('is not recorded where the file has changed by its end, which is said: nobody could tell what was sent', async () => {
    const state = { sent: 0 }
    const reader: Partial<ByteReader> = {
      check: async () => {
        if (state.sent >= 2) throw new UploadError('ERR_FILE_CHANGED', 'its size went from 1 to 2 bytes')
        return 'same'
      },
    }
    const completing = { calls: 0 }
    const { result, rows, said } = await uploaded({
      reader: {
        check: async () => {
          // The last look of the sending is the third: one before each part, one after the last.
          if (++completing.calls > 3) state.sent = 2
          return reader.check?.() ?? 'same'
        },
      },
    })
    assert.equal(result.ok, true)
    assert.deepEqual(rows, [])
    assert.deepEqual(said, ['hero.png was touched or has changed since it was sent, so the manifest does not have it'])
  })
})

describe('an upload that fails', () => {
  it('is read no further', async () => {
    const read = { chunks: 0, ended: false }
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (; read.chunks < 100_000; read.chunks++) {
          yield Buffer.alloc(1)
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        read.ended = true
      }
    }
    const refused = new UploadError('ERR_API_REFUSED', 'no')
    const { result, held } = await uploaded({ reader: { open: endless }, refused })
    assert.deepEqual([result.error?.code, held], ['ERR_API_REFUSED', ['open', 'close', 'discard']])
    for (let turn = 0; turn < 1000 && !read.ended; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(read.ended, true)
  })
})

describe('without a manifest', () => {
  it('nothing is known, and all is sent', async () => {
    const { source } = madeFile(1)
    assert.equal(noRegister.mayKnow(source), false)
    assert.equal(await noRegister.knows(source, () => {}), false)
  })
})
