/** The end of the wait, in virtual time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pollDelay } from '../src/core/poll.js'
import type { Settings } from '../src/engine/context.js'
import { wait } from '../src/engine/wait.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import { chanceOf, seed } from './helpers/chance.js'
import { clock, remote, stage } from './helpers/engine.js'

interface Seen {
  /** How it ended: the upload, or the error. */
  upload: RemoteUpload | null
  error: UploadError | null
  /** Milliseconds from the start to the end. */
  tookMs: number
  /** When the looks were, in milliseconds from the start. */
  looks: number[]
  notes: string[]
  /** Those of them that are about the run, and said once of several uploads. */
  runNotes: string[]
  onLook: RemoteUpload[]
  timeouts: (number | undefined)[]
}

type Look = (ms: number, nth: number) => RemoteUpload | UploadError

/** Waits on an upload that is, at each look, what `look` says of that moment. */
async function waited(look: Look, settings: Partial<Settings> = {}, lookMs = 0, random = () => 0.5): Promise<Seen> {
  const time = clock(random)
  const startedAt = time.now()
  const looks: number[] = []
  const timeouts: (number | undefined)[] = []
  const onLook: RemoteUpload[] = []
  const { context, said } = stage({
    clock: time,
    settings,
    client: {
      get: async (id, signal, timeoutMs) => {
        assert.equal(id, 'upload_1')
        looks.push(time.now() - startedAt)
        timeouts.push(timeoutMs)
        if (lookMs > 0) await time.sleep(Math.min(lookMs, timeoutMs ?? lookMs), signal)
        const answer = look(time.now() - startedAt, looks.length)
        if (answer instanceof UploadError) throw answer
        return answer
      },
    },
  })
  const end = await wait('upload_1', null, context, (upload) => onLook.push(upload)).then(
    (upload) => ({ upload, error: null }),
    (error: unknown) => {
      assert.ok(error instanceof UploadError, String(error))
      return { upload: null, error }
    },
  )
  const all = said.filter((event) => event.event === 'note')
  const notes = all.map(({ message }) => message)
  const runNotes = all.filter(({ run }) => run).map(({ message }) => message)
  return { ...end, tookMs: time.now() - startedAt, looks, notes, runNotes, onLook, timeouts }
}

/** How many looks the schedule has in so many milliseconds, at its shortest pauses. */
function mostLooks(ms: number): number {
  const state = { now: 0, looks: 1 }
  for (; state.now < ms; state.looks++) state.now += pollDelay(state.now, () => 1)
  return state.looks
}

const id = { entityId: 'asset_1' }
const minutes = 60_000

/** `validating` until that moment, then what follows. */
const from =
  (at: number, then: RemoteUpload): Look =>
  (ms) =>
    ms < at ? remote('validating') : then

const withoutId = 'the server gave no entity id yet: where there is none, the id of the upload stands for it'

describe('a success', () => {
  for (const status of ['validated', 'complete', 'imported']) {
    it(`${status} with its id ends the wait at once`, async () => {
      const { upload, tookMs, looks, notes } = await waited(() => remote(status, id))
      assert.equal(upload?.entityId, 'asset_1')
      assert.deepEqual([tookMs, looks.length, notes], [0, 1, []])
    })

    it(`${status} without an id is looked at for ten seconds more, and ends well with a note`, async () => {
      const { upload, tookMs, looks, notes, runNotes } = await waited(from(5000, remote(status)))
      assert.equal(upload?.status, status)
      assert.equal(upload?.entityId, null)
      const first = looks.find((ms) => ms >= 5000) ?? 0
      assert.equal(tookMs, first + 10_000)
      assert.equal(looks.at(-1), tookMs, 'the last look is at the end of them')
      assert.deepEqual([notes, runNotes], [[withoutId], [withoutId]])
    })

    it(`${status} whose id comes within those seconds ends with it, and without a note`, async () => {
      const { upload, tookMs, notes } = await waited((ms) => (ms < 9000 ? remote(status) : remote('imported', id)))
      assert.equal(upload?.entityId, 'asset_1')
      assert.ok(tookMs >= 9000 && tookMs <= 10_000, String(tookMs))
      assert.deepEqual(notes, [])
    })
  }

  it('that comes with the last look may be looked at past --timeout', async () => {
    const { upload, tookMs, notes } = await waited(from(59_000, remote('validated')), { timeoutMs: 60_000 })
    assert.equal(upload?.status, 'validated')
    assert.ok(tookMs > 60_000 && tookMs <= 70_000, String(tookMs))
    assert.equal(notes.length, 1)
  })

  it('is looked at for ten seconds, not for all of --timeout', async () => {
    const { tookMs } = await waited(() => remote('validated'), { timeoutMs: 60 * minutes })
    assert.equal(tookMs, 10_000)
  })

  it('that turns into a failure meanwhile is a failure', async () => {
    const { error } = await waited((ms) =>
      ms < 4000 ? remote('validated') : remote('failed', { errorMessage: 'bad' }),
    )
    assert.equal(error?.code, 'ERR_IMPORT_FAILED')
  })

  it('counts its ten seconds from the first one seen, whatever is seen after', async () => {
    const { upload, tookMs } = await waited((ms) =>
      remote(['validated', 'importing', 'complete'][Math.floor(ms / 1500) % 3] ?? ''),
    )
    assert.ok(upload)
    assert.equal(tookMs, 10_000)
  })

  it('stays one though the looks that follow get no answer', async () => {
    const { upload, tookMs, notes } = await waited((_, nth) =>
      nth === 1 ? remote('validated') : new UploadError('ERR_NETWORK', 'gone'),
    )
    assert.equal(upload?.status, 'validated')
    assert.equal(tookMs, 10_000)
    assert.equal(notes.length, 1)
  })
})

describe('--until validated', () => {
  for (const status of ['validated', 'complete', 'imported']) {
    it(`ends at ${status}, without looking on for the id`, async () => {
      const { upload, tookMs, notes } = await waited(() => remote(status), { until: 'validated' })
      assert.deepEqual([upload?.status, upload?.entityId, tookMs, notes], [status, null, 0, []])
    })
  }

  it('is out of time as any other wait', async () => {
    const { error } = await waited(() => remote('validating'), { until: 'validated', timeoutMs: 5000 })
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
  })
})

describe('--until imported', () => {
  it('waits for the id, however long after the first success', async () => {
    const { upload, tookMs } = await waited((ms) => (ms < 5 * minutes ? remote('validated') : remote('imported', id)), {
      until: 'imported',
    })
    assert.equal(upload?.entityId, 'asset_1')
    assert.ok(tookMs >= 5 * minutes)
  })

  it('waits for the id even where the status is imported already', async () => {
    const { upload, tookMs } = await waited((ms) => remote('imported', ms < minutes ? {} : id), { until: 'imported' })
    assert.equal(upload?.entityId, 'asset_1')
    assert.ok(tookMs >= minutes)
  })

  it('without the id when --timeout is over ends with 8, and no later', async () => {
    const { error, tookMs, notes } = await waited(() => remote('imported'), { until: 'imported', timeoutMs: minutes })
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
    assert.equal(error?.exitCode, 8)
    assert.equal(tookMs, minutes)
    assert.deepEqual(notes, [])
  })
})

describe('a failure', () => {
  it("ends the wait at once, with the server's words and exit code 1", async () => {
    const { error, looks } = await waited((_, nth) =>
      nth < 3 ? remote('validating') : remote('failed', { errorMessage: 'The file is corrupt' }),
    )
    assert.equal(error?.code, 'ERR_IMPORT_FAILED')
    assert.equal(error?.exitCode, 1)
    assert.equal(error?.message, 'the import failed: The file is corrupt')
    assert.equal(looks.length, 3)
  })

  it('without words says so', async () => {
    const { error } = await waited(() => remote('failed'))
    assert.equal(error?.message, 'the import failed: the server does not say why')
  })

  it('is one even where there is an id', async () => {
    assert.equal((await waited(() => remote('failed', id))).error?.code, 'ERR_IMPORT_FAILED')
  })
})

describe('--timeout', () => {
  it('that runs out before any success ends with 8, at that moment', async () => {
    const { error, tookMs, looks } = await waited(() => remote('validating'), { timeoutMs: 2 * minutes })
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
    assert.equal(error?.exitCode, 8)
    assert.equal(error?.retryable, true)
    assert.equal(tookMs, 2 * minutes)
    assert.equal(looks.at(-1), 2 * minutes, 'the last look is at its end')
  })

  it('has a message with the id, the usual causes and how to go on', async () => {
    const { error } = await waited(() => remote('validating'), { timeoutMs: 1000 })
    assert.match(error?.message ?? '', /upload_1/)
    assert.match(error?.message ?? '', /it is validating/)
    assert.match(error?.message ?? '', /safe on the server/)
    for (const cause of [/corrupt/, /content type/, /large/]) assert.match(error?.message ?? '', cause)
    assert.match(error?.hint ?? '', /scenario-upload wait upload_1/)
  })

  it('of nothing looks once', async () => {
    const { error, looks } = await waited(() => remote('validating'), { timeoutMs: 0 })
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
    assert.equal(looks.length, 1)
    assert.equal((await waited(() => remote('imported', id), { timeoutMs: 0 })).upload?.entityId, 'asset_1')
  })

  for (const status of ['quarantined', 'pending', 'IMPORTED', 'done', 'success', 'canceled']) {
    it(`runs out on a status that nobody knows (${status}): it means "not ended"`, async () => {
      const { error, tookMs } = await waited(() => remote(status), { timeoutMs: minutes })
      assert.equal(error?.code, 'ERR_STILL_PROCESSING')
      assert.match(error?.message ?? '', new RegExp(`it is ${status}`))
      assert.equal(tookMs, minutes)
    })
  }

  it('runs out on an id without a success: that is none', async () => {
    const { error } = await waited(() => remote('validating', id), { timeoutMs: minutes })
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
  })

  it('bounds each look too: by what is left, but a second at least, and half a minute at most', async () => {
    const { timeouts, tookMs } = await waited(() => remote('validating'), { timeoutMs: minutes }, 100_000)
    assert.ok(
      timeouts.every((ms) => ms !== undefined && ms >= 1000 && ms <= 30_000),
      String(timeouts),
    )
    assert.equal(timeouts[0], 30_000)
    assert.ok(tookMs <= minutes + 1000, String(tookMs))
    const swift = await waited(() => remote('validating'), { timeoutMs: minutes })
    assert.equal(swift.timeouts.at(-1), 1000)
  })
})

describe('while waiting', () => {
  const temporary: readonly ErrorCode[] = ['ERR_NETWORK', 'ERR_SERVER', 'ERR_RATE_LIMITED']
  for (const code of temporary) {
    it(`${code} ends nothing, however often it comes`, async () => {
      const { upload, looks } = await waited((ms) =>
        ms < 5 * minutes ? new UploadError(code, 'not now') : remote('imported', id),
      )
      assert.equal(upload?.entityId, 'asset_1')
      assert.ok(looks.length > 5)
    })

    it(`${code} to the end of --timeout ends with 8, since the upload is safe`, async () => {
      const { error, tookMs } = await waited(() => new UploadError(code, 'not now'), { timeoutMs: minutes })
      assert.equal(error?.code, 'ERR_STILL_PROCESSING')
      assert.equal(tookMs, minutes)
    })
  }

  const final: readonly ErrorCode[] = [
    'ERR_CREDENTIALS_REFUSED',
    'ERR_UPLOAD_UNKNOWN',
    'ERR_REPLY',
    'ERR_API_REFUSED',
    'ERR_REDIRECT',
    'ERR_CERTIFICATE',
  ]
  for (const code of final) {
    it(`${code} ends it at once`, async () => {
      const refused = new UploadError(code, 'no')
      const { error, looks } = await waited((_, nth) => (nth === 2 ? refused : remote('validating')))
      assert.equal(error, refused)
      assert.equal(looks.length, 2)
    })
  }

  it('the pause that the server asked for is kept', async () => {
    const { looks } = await waited((_, nth) =>
      nth === 1 ? new UploadError('ERR_RATE_LIMITED', 'slow', { retryAfterMs: 45_000 }) : remote('imported', id),
    )
    assert.deepEqual(looks, [0, 45_000])
  })

  it('a pause past the end of --timeout is cut there', async () => {
    const { error, tookMs } = await waited(
      () => new UploadError('ERR_RATE_LIMITED', 'slow', { retryAfterMs: 60 * minutes }),
      { timeoutMs: minutes },
    )
    assert.equal(error?.code, 'ERR_STILL_PROCESSING')
    assert.equal(tookMs, minutes)
  })

  it('each look is told', async () => {
    const { onLook } = await waited((_, nth) => (nth < 3 ? remote('validating') : remote('imported', id)))
    assert.deepEqual(
      onLook.map(({ status }) => status),
      ['validating', 'validating', 'imported'],
    )
  })

  it('the API is left alone: a quarter of an hour costs fewer than 140 looks', async () => {
    const { looks } = await waited(() => remote('validating'))
    assert.ok(looks.length > 50 && looks.length < 140, String(looks.length))
  })

  it('an end is seen soon after it, at few calls: for a hundred imports of up to a quarter of an hour', async () => {
    const chance = chanceOf('imports')
    const random = () => chance.below(1e6) / 1e6
    const replyMs = 40
    for (let nth = 0; nth < 100; nth++) {
      const endsAt = Math.round(100 * 8500 ** random())
      const { upload, tookMs, looks } = await waited(from(endsAt, remote('imported', id)), {}, replyMs, random)
      assert.equal(upload?.entityId, 'asset_1')
      const late = tookMs - endsAt
      const said = `${endsAt} ms, seed ${seed}: ${late} ms late, ${looks.length} looks`
      // At worst a pause began just before the end.
      assert.ok(late <= Math.min(0.15 * endsAt + 500, 10_000) + replyMs, said)
      assert.ok(looks.length <= mostLooks(endsAt), said)
    }
  })

  it('an abort ends it with its reason', async () => {
    const { context, controller } = stage({ client: { get: async () => remote('validating') } })
    const reason = new UploadError('ERR_INTERRUPTED', 'enough')
    const ending = assert.rejects(
      wait('upload_1', null, context, (_) => controller.abort(reason)),
      (error) => error === reason,
    )
    await ending
  })
})
