/** How an upload begins: where an earlier run left it, as the server sees it, or afresh; and what is said of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Beginning, beginBytes, beginRemote } from '../src/engine/begin.js'
import { keptFile } from '../src/engine/identity.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import { createDigest } from '../src/hash/digest.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import type { ByteSource, RemoteSource } from '../src/sources/source.js'
import type { Notebook } from '../src/state/memory.js'
import type { KeptFile, KeptPart, UploadRecord } from '../src/state/record.js'
import {
  type MadeFile,
  type MadeNotebook,
  MiB,
  madeFile,
  madeNotebook,
  network,
  remote as remoteUpload,
  type Stage,
  stage,
} from './helpers/engine.js'
import { record as madeRecord, remoteRecord } from './helpers/state.js'

const fingerprint = { dev: 1n, ino: 2n, size: BigInt(10 * MiB + 1000), mtimeNs: 3n, ctimeNs: 4n }

interface Begun extends Stage, MadeNotebook {
  file: MadeFile
  beginning: Beginning | null
  error: unknown
  learned: Partial<UploadResult>
  /** The calls of the API, in order. */
  calls: string[]
  notes: string[]
}

interface Props {
  /** What an earlier run left: parts, or nothing. */
  kept?: readonly KeptPart[] | null
  keptFile?: Partial<KeptFile>
  changed?: string
  looks?: (RemoteUpload | UploadError)[]
  created?: { status?: string; errorMessage?: string }
  verify?: boolean
  file?: MadeFile
}

const file3 = madeFile(3)
const urls = (file: MadeFile) => file.parts.map((part) => ({ ...part, url: `${part.url}?fresh` }))

/** The parts with those numbers, as they were sent. */
async function sentParts(file: MadeFile, numbers: readonly number[]): Promise<KeptPart[]> {
  return Promise.all(
    numbers.map(async (number) => {
      const digest = createDigest('md5')
      digest.update(file.content.subarray((number - 1) * 5 * MiB, number * 5 * MiB))
      return { number, md5: await digest.hex(), proof: 'md5' as const }
    }),
  )
}

function recordFor(parts: readonly KeptPart[], own: Partial<KeptFile> = {}): UploadRecord {
  const kept = { ...keptFile(fingerprint), ...own }
  return madeRecord({ uploadId: 'upload_old', parts: [...parts], partSize: 5 * MiB, file: kept })
}

async function begun({ kept = null, looks = [], created = {}, ...props }: Props): Promise<Begun> {
  const file = props.file ?? file3
  const source: ByteSource = { ...file.source, origin: { path: '/home/ann/hero.png', fingerprint } }
  const own: Partial<Notebook> = props.changed === undefined ? {} : { changed: props.changed }
  const book = madeNotebook(kept && recordFor(kept, props.keptFile), own)
  const calls: string[] = []
  const staged = stage({
    settings: { verify: props.verify ?? true },
    client: {
      get: async (id) => {
        calls.push(`look at ${id}`)
        const answer = looks.shift() ?? assert.fail('nobody expected another look')
        if (answer instanceof UploadError) throw answer
        return answer
      },
      create: async () => {
        calls.push('create')
        const { status = 'pending', errorMessage = null } = created
        return { id: 'upload_new', status, entityId: null, errorMessage, parts: file.parts }
      },
    },
  })
  const learned: Partial<UploadResult> = {}
  const learn = (facts: Partial<UploadResult>) => void Object.assign(learned, facts)
  const end = await beginBytes(source, file.bytes, book.notebook, staged.context, learn).then(
    (beginning) => ({ beginning, error: null }),
    (error: unknown) => ({ beginning: null, error }),
  )
  const notes = staged.said.flatMap((said) => (said.event === 'note' ? [said.message] : []))
  return { ...staged, ...book, ...end, file, learned, calls, notes }
}

const pending = (file = file3) => remoteUpload('pending', { parts: urls(file) })
const codeOf = (error: unknown): ErrorCode | null => (error instanceof UploadError ? error.code : null)

describe('the first run', () => {
  it('creates an upload, keeps that it did, and says nothing of resuming', async () => {
    const { beginning, calls, began, learned, notes } = await begun({})
    assert.deepEqual(beginning, { go: 'send', id: 'upload_new', parts: file3.parts, kept: [], resumed: false })
    assert.deepEqual(calls, ['create'])
    assert.deepEqual(
      began.map(({ uploadId }) => uploadId),
      ['upload_new'],
    )
    assert.deepEqual(learned, { uploadId: 'upload_new', status: 'pending', entityId: null, resumedParts: 0 })
    assert.deepEqual(notes, [])
  })

  it('whose upload failed before it began ends with 1, and keeps nothing', async () => {
    const { error, began, learned } = await begun({ created: { status: 'failed', errorMessage: 'no room' } })
    assert.equal(codeOf(error), 'ERR_IMPORT_FAILED')
    assert.deepEqual([began, learned.uploadId], [[], 'upload_new'])
  })
})

describe('a later run', () => {
  it('asks the server first, and goes on with fresh URLs and the parts that are there', async () => {
    const kept = await sentParts(file3, [1, 3])
    const { beginning, calls, began, learned, notes } = await begun({ kept, looks: [pending()] })
    assert.deepEqual(beginning, { go: 'send', id: 'upload_old', parts: urls(file3), kept, resumed: true })
    assert.deepEqual([calls, began], [['look at upload_old'], []])
    assert.deepEqual(learned, { uploadId: 'upload_old', status: 'pending', resumedParts: 2 })
    assert.deepEqual(notes, ['going on with upload_old: 2 of 3 parts are there'])
  })

  it('asks as long as any other request is tried', async () => {
    const { beginning, calls } = await begun({ kept: [], looks: [network(), network(), pending()] })
    assert.deepEqual([beginning?.go, calls.length], ['send', 3])
  })

  for (const [status, resumedParts, note] of [
    ['validating', 3, 'upload_old has all its bytes already: only waiting'],
    ['validated', 3, 'upload_old has all its bytes already: only waiting'],
    ['complete', 3, 'upload_old has all its bytes already: only waiting'],
    ['imported', 3, 'upload_old has all its bytes already: only waiting'],
    ['anything', 1, 'upload_old is anything: only waiting'],
  ] as const) {
    it(`only waits for an upload that is ${status}: nothing is sent again`, async () => {
      const kept = await sentParts(file3, [1])
      const { beginning, calls, learned, notes } = await begun({ kept, looks: [remoteUpload(status)] })
      assert.deepEqual(beginning, { go: 'wait', id: 'upload_old' })
      assert.deepEqual(calls, ['look at upload_old'])
      assert.deepEqual(learned, { uploadId: 'upload_old', status, resumedParts, verified: 'none' })
      assert.deepEqual(notes, [note])
    })
  }

  it('that only waits reads nothing of a file that was left alone', async () => {
    const file = madeFile(3)
    const kept = await sentParts(file, [1, 2, 3])
    const { beginning } = await begun({ file, kept, looks: [remoteUpload('validating')] })
    assert.deepEqual([beginning?.go, file.opened], ['wait', [0, 0, 0]])
  })

  it('that only waits vouches for the bytes where every part was proved', async () => {
    const kept = await sentParts(file3, [1, 2, 3])
    const verified = async (parts: readonly KeptPart[]) =>
      (await begun({ kept: parts, looks: [remoteUpload('validating')] })).learned.verified
    assert.equal(await verified(kept), 'md5')
    assert.equal(await verified(kept.map((part) => ({ ...part, proof: 'unlike' as const }))), 'none')
  })

  it('of an upload that has failed meanwhile ends with 1', async () => {
    const { error, learned, calls } = await begun({
      kept: [],
      looks: [remoteUpload('failed', { errorMessage: 'it is corrupt' })],
    })
    assert.equal(codeOf(error), 'ERR_IMPORT_FAILED')
    assert.match(String(error), /it is corrupt/)
    assert.deepEqual([learned.uploadId, learned.status, calls], ['upload_old', 'failed', ['look at upload_old']])
  })

  it('of an upload that the server no longer knows begins afresh, and says so', async () => {
    const { beginning, calls, began, learned, notes } = await begun({
      kept: await sentParts(file3, [1]),
      looks: [new UploadError('ERR_UPLOAD_UNKNOWN', 'no such upload')],
    })
    assert.ok(beginning?.go === 'send' && beginning.id === 'upload_new')
    assert.deepEqual([beginning.kept, calls, began.length], [[], ['look at upload_old', 'create'], 1])
    assert.equal(learned.resumedParts, 0)
    assert.deepEqual(notes, ['the server no longer knows upload_old: beginning afresh'])
  })

  it('that gets no URLs, or not those of its parts, begins afresh, and says so', async () => {
    for (const parts of [null, urls(file3).slice(1)]) {
      const { beginning, notes } = await begun({ kept: [], looks: [remoteUpload('pending', { parts })] })
      assert.equal(beginning?.id, 'upload_new')
      assert.deepEqual(notes, ['the API gave no fresh part URLs for upload_old: beginning afresh'])
    }
  })

  it('that has every part needs no URLs to complete them', async () => {
    const kept = await sentParts(file3, [1, 2, 3])
    const { beginning, calls } = await begun({ kept, looks: [remoteUpload('pending')] })
    assert.ok(beginning?.go === 'send' && beginning.id === 'upload_old')
    assert.deepEqual([beginning.kept, calls], [kept, ['look at upload_old']])
  })

  for (const code of ['ERR_CREDENTIALS_REFUSED', 'ERR_REPLY', 'ERR_API_REFUSED'] as const) {
    it(`that is told ${code} ends there: the upload may be good still`, async () => {
      const { error, calls } = await begun({ kept: [], looks: [new UploadError(code, 'no')] })
      assert.deepEqual([codeOf(error), calls], [code, ['look at upload_old']])
    })
  }

  it('of a file that has changed since begins afresh, and says how it differs', async () => {
    const { beginning, notes } = await begun({ changed: 'its size went from 1 to 2 bytes' })
    assert.equal(beginning?.id, 'upload_new')
    assert.deepEqual(notes, [
      'hero.png has changed since its unfinished upload (its size went from 1 to 2 bytes): beginning afresh',
    ])
  })
})

describe('a file that was touched or moved since', () => {
  const opens = (file: MadeFile) => [...file.opened]

  it('is read again only then: one that was left alone is not', async () => {
    const file = madeFile(3)
    const kept = await sentParts(file, [1, 3])
    const { beginning, said } = await begun({ file, kept, looks: [pending(file)] })
    assert.equal(beginning?.go, 'send')
    assert.deepEqual(opens(file), [0, 0, 0])
    assert.ok(said.every((each) => !('message' in each && /read again/.test(each.message))))
  })

  for (const touch of [{ ino: '99' }, { dev: '99' }, { ctimeNs: '99' }]) {
    it(`(${Object.keys(touch)}) has its sent parts read again, and goes on where they are the same`, async () => {
      const file = madeFile(3)
      const kept = await sentParts(file, [1, 3])
      const { beginning, said } = await begun({ file, kept, keptFile: touch, looks: [pending(file)] })
      assert.equal(beginning?.id, 'upload_old')
      assert.deepEqual(opens(file), [1, 0, 1])
      assert.ok(said.some((each) => each.event === 'note' && /parts are read again/.test(each.message)))
    })
  }

  it('begins afresh where one of them has other bytes, and says which', async () => {
    const file = madeFile(3)
    const [first, third] = await sentParts(file, [1, 3])
    assert.ok(first && third)
    const kept = [first, { ...third, md5: '0'.repeat(32) }]
    const { beginning, notes } = await begun({ file, kept, keptFile: { ino: '99' }, looks: [pending(file)] })
    assert.equal(beginning?.id, 'upload_new')
    assert.equal(
      notes.at(-1),
      'hero.png has changed since its unfinished upload (part 3 has other bytes now): beginning afresh',
    )
  })

  it('begins afresh where no MD5 was kept of them', async () => {
    const kept: KeptPart[] = [{ number: 1, md5: null, proof: 'skipped' }]
    const { beginning, notes } = await begun({ kept, keptFile: { ino: '99' }, looks: [pending()] })
    assert.equal(beginning?.id, 'upload_new')
    assert.match(notes.join(), /\(no MD5s were kept to compare\): beginning afresh$/)
  })

  it('begins afresh where no MD5 is made now (--no-verify), and does not say that its bytes are others', async () => {
    const file = madeFile(3)
    const kept = await sentParts(file, [1])
    const props = { file, kept, keptFile: { ino: '99' }, looks: [pending(file)], verify: false }
    const { beginning, notes } = await begun(props)
    assert.equal(beginning?.id, 'upload_new')
    assert.deepEqual([notes.length, opens(file)], [1, [0, 0, 0]])
    assert.doesNotMatch(notes.join(), /other bytes/)
  })

  it('is not read where nothing was sent of it', async () => {
    const file = madeFile(3)
    const { beginning } = await begun({ file, kept: [], keptFile: { ino: '99' }, looks: [pending(file)] })
    assert.deepEqual([beginning?.id, opens(file)], ['upload_old', [0, 0, 0]])
  })

  it('is read again where the server has all of it too, and only waited for where it is the same', async () => {
    const file = madeFile(3)
    const kept = await sentParts(file, [1, 2, 3])
    const props = { file, kept, keptFile: { ctimeNs: '99' }, looks: [remoteUpload('validating')] }
    const { beginning, learned, calls } = await begun(props)
    assert.deepEqual([beginning, opens(file)], [{ go: 'wait', id: 'upload_old' }, [1, 1, 1]])
    assert.deepEqual([learned.verified, calls], ['md5', ['look at upload_old']])
  })

  it('begins afresh where the server has all of it, but of other bytes', async () => {
    const file = madeFile(3)
    const sent = await sentParts(file, [1, 2, 3])
    const kept = sent.map((part) => (part.number === 2 ? { ...part, md5: '0'.repeat(32) } : part))
    const props = { file, kept, keptFile: { ctimeNs: '99' }, looks: [remoteUpload('imported')] }
    const { beginning, learned, notes } = await begun(props)
    assert.deepEqual([beginning?.go, beginning?.id], ['send', 'upload_new'])
    assert.deepEqual(learned, { uploadId: 'upload_new', status: 'pending', entityId: null, resumedParts: 0 })
    assert.match(notes.at(-1) ?? '', /\(part 2 has other bytes now\): beginning afresh$/)
  })

  const unproved: [what: string, kept: () => Promise<readonly KeptPart[]>, verify: boolean][] = [
    ['no MD5s were kept', async () => [1, 2, 3].map((number) => ({ number, md5: null, proof: 'skipped' })), true],
    ['not all of its parts were kept', () => sentParts(file3, [1, 3]), true],
    ['none of its parts was kept', async () => [], true],
    ['no MD5s are made now', () => sentParts(file3, [1, 2, 3]), false],
  ]
  for (const [what, kept, verify] of unproved) {
    it(`begins afresh without reading where the server has all of it, and ${what}`, async () => {
      const file = { ...file3, opened: file3.opened.fill(0) }
      const looks = [remoteUpload('validating')]
      const { beginning, notes } = await begun({ file, kept: await kept(), keptFile: { ino: '99' }, looks, verify })
      assert.deepEqual([beginning?.id, opens(file)], ['upload_new', [0, 0, 0]])
      assert.match(notes.join(), /no MD5s (were kept|are made) to compare.*: beginning afresh$/)
    })
  }

  it('is not read where its upload has failed', async () => {
    const file = madeFile(3)
    const kept = await sentParts(file, [1, 2, 3])
    const { error } = await begun({ file, kept, keptFile: { ino: '99' }, looks: [remoteUpload('failed')] })
    assert.deepEqual([codeOf(error), opens(file)], ['ERR_IMPORT_FAILED', [0, 0, 0]])
  })
})

describe('what the server fetches', () => {
  const source: RemoteSource = { flow: 'remote', type: 'huggingface', model: 'a/b', kind: 'model', shown: 'hf:a/b' }

  async function begunRemote(earlier: boolean, look: RemoteUpload | UploadError | null = null) {
    const book = madeNotebook(earlier ? remoteRecord({ uploadId: 'upload_old' }) : null)
    const { context, said } = stage({
      client: {
        create: async () => ({ id: 'upload_new', status: 'pending', entityId: null, errorMessage: null, parts: [] }),
        get: async () => {
          if (look instanceof UploadError) throw look
          return look ?? assert.fail('nobody expected a look')
        },
      },
    })
    const learned: Partial<UploadResult> = {}
    const work = beginRemote(source, book.notebook, context, (facts) => Object.assign(learned, facts))
    const end = await work.then(
      (id) => ({ id, error: null }),
      (error: unknown) => ({ id: null, error }),
    )
    const notes = said.flatMap((each) => (each.event === 'note' ? [each.message] : []))
    return { ...end, ...book, learned, notes }
  }

  it('is asked for at the first run, and kept', async () => {
    const { id, began, learned, notes } = await begunRemote(false)
    assert.deepEqual([id, began[0]?.uploadId, notes], ['upload_new', 'upload_new', []])
    assert.deepEqual(learned, { uploadId: 'upload_new', status: 'pending', entityId: null })
  })

  for (const status of ['pending', 'validating', 'imported']) {
    it(`is waited for at a later run, and not asked for again (${status})`, async () => {
      const { id, began, learned, notes } = await begunRemote(true, remoteUpload(status))
      assert.deepEqual([id, began, notes], ['upload_old', [], ['upload_old is under way already']])
      assert.deepEqual(learned, { uploadId: 'upload_old', status })
    })
  }

  it('that has failed meanwhile ends with 1', async () => {
    const { error, learned } = await begunRemote(true, remoteUpload('failed', { errorMessage: 'gated' }))
    assert.equal(codeOf(error), 'ERR_IMPORT_FAILED')
    assert.equal(learned.uploadId, 'upload_old')
  })

  it('is asked for again where the server no longer knows of it', async () => {
    const { id, began, notes } = await begunRemote(true, new UploadError('ERR_UPLOAD_UNKNOWN', 'no'))
    assert.deepEqual([id, began.length], ['upload_new', 1])
    assert.deepEqual(notes, ['the server no longer knows upload_old: beginning afresh'])
  })
})
