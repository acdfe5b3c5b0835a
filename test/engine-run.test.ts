/** The story of one upload: its steps in order, the ways round that it may take, and that it always ends. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keptFile } from '../src/engine/identity.js'
import { run } from '../src/engine/run.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import type { CreatedUpload, PartUrl, RemoteUpload } from '../src/scenario/schema.js'
import type { PartPut, PartReply } from '../src/storage/bucket.js'
import { MiB, madeFile, madeNotebook, network, remote, stage, take } from './helpers/engine.js'
import { part, record } from './helpers/state.js'

const minute = 60_000
const fingerprint = { dev: 1n, ino: 2n, size: BigInt(5 * MiB + 1000), mtimeNs: 3n, ctimeNs: 4n }

interface World {
  /** Which parts an earlier run left in `upload_0`. */
  kept?: readonly number[]
  put?: (put: PartPut, nth: number) => Promise<PartReply>
  look?: (id: string, now: number) => RemoteUpload | UploadError
  complete?: (nth: number) => RemoteUpload | null | UploadError
  settings?: Parameters<typeof stage>[0] extends { settings?: infer Own } | undefined ? Own : never
}

/** URLs of both parts of that upload, by their number at the end; each set lives for a minute from its birth. */
const urlsOf = (id: string, at: number): PartUrl[] =>
  [1, 2].map((number) => ({ number, url: `https://b.test/${id}/${number}`, expires: at + minute }))

const expired = () => new UploadError('ERR_URL_EXPIRED', 'the storage says that the URL is too old')
const end = remote('imported', { entityId: 'asset_1' })

async function told({ kept, put = take, look = () => end, complete = () => remote('validating'), settings }: World) {
  const file = madeFile(2)
  const calls: string[] = []
  const counts = { create: 0, put: 0, complete: 0 }
  const answer = <Value>(value: Value | UploadError): Value => {
    if (value instanceof UploadError) throw value
    return value
  }
  const staged = stage({
    settings: { concurrency: 1, ...settings },
    client: {
      create: async (): Promise<CreatedUpload> => {
        const id = `upload_${++counts.create}`
        calls.push(`create ${id}`)
        return { id, status: 'pending', entityId: null, errorMessage: null, parts: urlsOf(id, staged.clock.now()) }
      },
      get: async (id) => {
        calls.push(`look ${id}`)
        return answer(look(id, staged.clock.now()))
      },
      complete: async (id) => {
        calls.push(`complete ${id}`)
        return answer(complete(++counts.complete))
      },
    },
    bucket: {
      putPart: async (each) => {
        calls.push(`put ${new URL(each.url).pathname.slice(1)}`)
        return put(each, ++counts.put)
      },
    },
  })
  const parts = kept?.map((number) => part(number)) ?? []
  const earlier = record({ uploadId: 'upload_0', parts, partSize: 5 * MiB, file: keptFile(fingerprint) })
  const { notebook, began } = madeNotebook(kept ? earlier : null)
  const learned: Partial<UploadResult> = {}
  const source = { ...file.source, origin: { path: '/home/ann/hero.png', fingerprint } }
  const error = await run(source, notebook, staged.context, (facts) => Object.assign(learned, facts)).then(
    () => null,
    (thrown: unknown) => (thrown instanceof UploadError ? thrown : assert.fail(String(thrown))),
  )
  const notes = staged.said.flatMap((said) => (said.event === 'note' ? [said.message] : []))
  return { ...staged, calls, error, learned, notes, began: began.map(({ uploadId }) => uploadId) }
}

const sentOf = (id: string) => [`put ${id}/1`, `put ${id}/2`]
const pendingWith = (id: string, at: number) => remote('pending', { parts: urlsOf(id, at) })

describe('the story of an upload', () => {
  it('is create, send, complete, and a look until it ends', async () => {
    const { calls, error, learned, notes, said } = await told({})
    assert.equal(error, null)
    assert.deepEqual(calls, ['create upload_1', ...sentOf('upload_1'), 'complete upload_1', 'look upload_1'])
    assert.deepEqual(learned, {
      ...{ uploadId: 'upload_1', status: 'imported', entityId: 'asset_1', resumedParts: 0, verified: 'md5' },
    })
    const phases = said.flatMap((each) => (each.event === 'phase' ? [each.phase] : []))
    assert.deepEqual([phases, notes], [['creating', 'sending', 'finishing', 'validating'], []])
  })

  it('has no look where the answer to complete says already how it ended', async () => {
    const { error, calls, learned } = await told({ complete: () => end })
    assert.equal(error, null)
    assert.deepEqual(calls, ['create upload_1', ...sentOf('upload_1'), 'complete upload_1'])
    assert.deepEqual([learned.status, learned.entityId], ['imported', 'asset_1'])
  })

  it('has one where that answer is a success without the id', async () => {
    const { calls, learned } = await told({ complete: () => remote('validated') })
    assert.equal(calls.at(-1), 'look upload_1')
    assert.equal(learned.entityId, 'asset_1')
  })

  it('with --no-wait ends with complete', async () => {
    const { calls } = await told({ settings: { wait: false } })
    assert.equal(calls.at(-1), 'complete upload_1')
  })

  it('that was begun before goes on with the parts that are missing', async () => {
    const { calls, began, learned } = await told({
      kept: [1],
      look: (id, now) => (id === 'upload_0' && learnedNothing.shift() ? pendingWith(id, now) : end),
    })
    assert.deepEqual(calls, ['look upload_0', 'put upload_0/2', 'complete upload_0', 'look upload_0'])
    assert.deepEqual([began, learned.resumedParts, learned.verified], [[], 1, 'md5'])
  })
  const learnedNothing = [true]

  it('whose bytes the server has already is only waited for', async () => {
    const { calls } = await told({ kept: [1, 2], look: () => end })
    assert.deepEqual(calls, ['look upload_0', 'look upload_0'])
  })
})

describe('where the URLs expired, and no fresh ones are to be had,', () => {
  const world: World = {
    put: async (put, nth) => (nth === 2 ? Promise.reject(expired()) : take(put)),
    look: (id) => (id === 'upload_1' ? remote('pending') : end),
  }

  it('a new upload begins, and all bytes are sent again', async () => {
    const { calls, error, learned } = await told(world)
    assert.equal(error, null)
    const first = ['create upload_1', ...sentOf('upload_1'), 'look upload_1']
    const second = ['create upload_2', ...sentOf('upload_2'), 'complete upload_2', 'look upload_2']
    assert.deepEqual(calls, [...first, ...second])
    assert.equal(learned.uploadId, 'upload_2')
  })

  it('it is said, and kept', async () => {
    const { notes, began } = await told(world)
    assert.deepEqual(notes, [
      'the part URLs expired, and the API gave no fresh ones: a new upload begins, and all bytes are sent again',
    ])
    assert.deepEqual(began, ['upload_1', 'upload_2'])
  })

  it('it ends with 5 where that brings no progress, however many uploads there could be', async () => {
    const { error, calls } = await told({ put: async () => Promise.reject(expired()), look: () => remote('pending') })
    assert.deepEqual([error?.code, error?.exitCode], ['ERR_URL_EXPIRED', 5])
    const created = calls.filter((call) => call.startsWith('create'))
    assert.ok(created.length >= 2 && created.length <= 4, String(created))
  })
})

describe('where fresh URLs are refused as well, again and again,', () => {
  it('it ends with 5 after three renewals', async () => {
    const { error, calls } = await told({
      put: async (put) => {
        await told_sleep(put)
        throw expired()
      },
      look: pendingWith,
    })
    assert.equal(error?.code, 'ERR_URL_EXPIRED')
    assert.ok(calls.length < 20, calls.join())
  })
  // Time must pass, or no set of URLs would live longer than the one before.
  const told_sleep = (put: PartPut) => new Promise((resolve) => setTimeout(resolve, 1, put))
})

describe('where the storage is dead, and its URLs are short-lived,', () => {
  it('it ends once --retry-for is over, though the API goes on giving fresh ones', async () => {
    const { error, clock } = await told({
      put: () => Promise.reject(network()),
      look: pendingWith,
      settings: { retryForMs: 10 * minute },
    })
    assert.equal(error?.code, 'ERR_NETWORK')
    assert.ok(clock.now() < 15 * minute, String(clock.now()))
  })
})

describe('a part that was tried very often', () => {
  it('waits for its answer with patience, but never beyond --retry-for', async () => {
    const waits: number[] = []
    const { error } = await told({
      put: async (put) => {
        waits.push(put.answerMs ?? 0)
        throw network()
      },
      settings: { retryForMs: 10 * minute, stallMs: 30_000 },
      look: pendingWith,
    })
    assert.equal(error?.code, 'ERR_NETWORK')
    assert.deepEqual(waits.slice(0, 3), [30_000, 60_000, 120_000])
    assert.ok(waits.length > 10, String(waits.length))
    assert.equal(Math.max(...waits), 10 * minute)
  })

  it('waits as long as for any other silence at the least', async () => {
    const waits: number[] = []
    await told({
      put: async (put) => {
        waits.push(put.answerMs ?? 0)
        return take(put)
      },
      settings: { retryForMs: 0, stallMs: 30_000 },
    })
    assert.deepEqual(waits, [30_000, 30_000])
  })
})

describe('where the storage no longer has the upload', () => {
  const gone = new UploadError('ERR_STORAGE_REFUSED', 'NoSuchUpload', { storageCode: 'NoSuchUpload' })
  const world = (kept?: readonly number[]): World => ({
    ...(kept ? { kept } : {}),
    put: async (put, nth) => (nth === 1 ? Promise.reject(gone) : take(put)),
    look: (id, now) => (id === 'upload_0' ? pendingWith(id, now) : end),
  })

  it('that an earlier run began, a new one begins, and that is said', async () => {
    const { error, calls, notes, learned } = await told(world([1]))
    assert.equal(error, null)
    const anew = ['create upload_1', ...sentOf('upload_1'), 'complete upload_1', 'look upload_1']
    assert.deepEqual(calls, ['look upload_0', 'put upload_0/2', ...anew])
    assert.match(notes.at(-1) ?? '', /^the storage no longer has upload_0: a new upload begins/)
    assert.equal(learned.resumedParts, 0)
  })

  it('of which an earlier run could write down no part, likewise', async () => {
    const { error, calls } = await told(world([]))
    assert.equal(error, null)
    assert.ok(calls.includes('complete upload_1'))
  })

  it('that has just been created, that is a refusal', async () => {
    const { error } = await told(world())
    assert.equal(error, gone)
  })
})

describe('where the server refuses to complete', () => {
  const refusal = (apiStatus: number) =>
    new UploadError('ERR_API_REFUSED', `refused (${apiStatus}): missing`, { apiStatus })
  const world = (apiStatus: number, kept?: readonly number[]): World => ({
    ...(kept ? { kept } : {}),
    complete: (nth) => (nth === 1 ? refusal(apiStatus) : remote('validating')),
    look: (id, now) => (id === 'upload_0' ? pendingWith(id, now) : end),
  })

  for (const status of [400, 409, 410, 422]) {
    it(`what an earlier run began (${status}), a new one begins, and that is said: parts of it may be lost`, async () => {
      const { error, calls, notes } = await told(world(status, [1]))
      assert.equal(error, null)
      assert.deepEqual(calls.slice(-5), [
        'create upload_1',
        ...sentOf('upload_1'),
        'complete upload_1',
        'look upload_1',
      ])
      assert.equal(notes.at(-1), `refused (${status}): missing: a new upload begins, and all bytes are sent again`)
    })
  }

  for (const status of [402, 405, 407, 413]) {
    it(`for a reason that a new upload would meet too (${status}), that is a refusal`, async () => {
      const { error, calls } = await told(world(status, [1]))
      assert.equal(error?.code, 'ERR_API_REFUSED')
      assert.ok(!calls.some((call) => call.startsWith('create')))
    })
  }

  it('what was begun just now, that is a refusal', async () => {
    assert.equal((await told(world(400))).error?.code, 'ERR_API_REFUSED')
  })
})

describe('where somebody has completed the upload meanwhile', () => {
  const world = (status: string, wait = true): World => ({
    put: async () => Promise.reject(expired()),
    look: () => remote(status, { entityId: 'asset_1', errorMessage: 'it is corrupt' }),
    settings: { wait },
  })

  it('it is only waited for, and nobody vouches for its bytes', async () => {
    const { error, calls, learned } = await told(world('imported'))
    assert.equal(error, null)
    assert.ok(!calls.some((call) => call.startsWith('complete')))
    assert.deepEqual([learned.status, learned.entityId, learned.verified], ['imported', 'asset_1', 'none'])
  })

  for (const wait of [true, false]) {
    it(`and it has failed, that is a failure (${wait ? 'waiting' : '--no-wait'})`, async () => {
      assert.equal((await told(world('failed', wait))).error?.code, 'ERR_IMPORT_FAILED')
    })
  }
})

describe('a complete in doubt', () => {
  const lost = network()
  const busy = new UploadError('ERR_RATE_LIMITED', 'slow down')

  it('is never made again without a look, though that look was turned away', async () => {
    const looks = [busy, busy, remote('validating')]
    const { error, calls } = await told({ complete: () => lost, look: () => looks.shift() ?? end })
    assert.equal(error, null)
    assert.deepEqual(
      calls.filter((call) => call.startsWith('complete')),
      ['complete upload_1'],
    )
  })

  it('that was turned away is simply made again: it did not get through', async () => {
    const { calls } = await told({ complete: (nth) => (nth === 1 ? busy : remote('validating')) })
    assert.deepEqual(calls.slice(-3), ['complete upload_1', 'complete upload_1', 'look upload_1'])
  })
})

describe('a pause that is longer than anybody waits', () => {
  it('asked for where URLs are renewed is said once', async () => {
    const hour = new UploadError('ERR_RATE_LIMITED', 'slow down', { retryAfterMs: 60 * minute })
    const { error } = await told({ put: async () => Promise.reject(expired()), look: () => hour })
    assert.equal(error?.message, 'slow down; it asks to be left alone for 1 h')
  })
})

describe('what cannot go on ends the story', () => {
  for (const code of ['ERR_STORAGE_REFUSED', 'ERR_CERTIFICATE', 'ERR_REDIRECT'] satisfies ErrorCode[]) {
    it(`at once: ${code}`, async () => {
      const { error, calls } = await told({ put: async () => Promise.reject(new UploadError(code, 'no')) })
      assert.equal(error?.code, code)
      assert.deepEqual(calls, ['create upload_1', 'put upload_1/1'])
    })
  }
})
