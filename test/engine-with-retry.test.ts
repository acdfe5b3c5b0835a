/** How a request is tried again: as often as the policy says, each try afresh. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withRetry } from '../src/engine/with-retry.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { clock, network, stage } from './helpers/engine.js'

const limited = (retryAfterMs: number) => new UploadError('ERR_RATE_LIMITED', 'slow down', { retryAfterMs })

describe('a request', () => {
  it('that succeeds is made once, without a word', async () => {
    const { context, clock: time, said } = stage()
    assert.equal(await withRetry('create', context, async (number) => `try ${number}`), 'try 1')
    assert.deepEqual([time.slept, said], [[], []])
  })

  it('is tried again with growing pauses, until it goes through', async () => {
    const { context, clock: time } = stage()
    const errors = Array.from({ length: 7 }, network)
    const tries: [number, UploadError | undefined][] = []
    const work = withRetry('create', context, async (number, before) => {
      tries.push([number, before])
      if (number < 8) throw errors[number - 1]
    })
    await work
    assert.deepEqual(
      tries,
      [undefined, ...errors].map((before, index) => [index + 1, before]),
    )
    assert.deepEqual(time.slept, [500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  it('is given up once so much time went by without progress, with its last error', async () => {
    const { context, clock: time } = stage({ settings: { retryForMs: 5000 } })
    const errors = Array.from({ length: 9 }, network)
    const startedAt = time.now()
    await assert.rejects(
      withRetry('create', context, async (number) => {
        throw errors[number - 1]
      }),
      (error) => error === errors[4],
    )
    // The last pause is cut, so that the last try comes when the time is up.
    assert.deepEqual(time.slept, [500, 1000, 2000, 1500])
    assert.equal(time.now() - startedAt, 5000)
  })

  it('begins its time anew with each progress of the upload, whoever makes it', async () => {
    const { context, clock: time } = stage({ settings: { retryForMs: 5000 } })
    const tries: number[] = []
    await assert.rejects(
      withRetry('part 1', context, async (number) => {
        tries.push(number)
        if (number === 4) context.patience.progressed()
        throw network()
      }),
      UploadError,
    )
    assert.deepEqual(time.slept, [500, 1000, 2000, 4000, 1000])
  })

  it('goes through at once, uncounted and unsaid, after a kept connection that was closed', async () => {
    const { context, clock: time, said } = stage()
    const stale = new UploadError('ERR_NETWORK', 'closed', { circumstance: 'stale-connection' })
    const tries: [number, UploadError | undefined][] = []
    await withRetry('create', context, async (number, before) => {
      tries.push([number, before])
      if (tries.length < 4) throw stale
    })
    assert.deepEqual(tries, [
      [1, undefined],
      [1, stale],
      [1, stale],
      [1, stale],
    ])
    assert.deepEqual([time.slept, said], [[], []])
  })

  it('is sent again three times for wrong bytes, however often it failed for other reasons', async () => {
    const { context } = stage()
    const tries: number[] = []
    await assert.rejects(
      withRetry('part 1', context, async (number) => {
        tries.push(number)
        throw number <= 4 ? network() : new UploadError('ERR_INTEGRITY', 'other bytes')
      }),
      UploadError,
    )
    assert.deepEqual(tries, [1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('is no endless loop, though every connection turns out to be closed', async () => {
    const { context } = stage({ settings: { retryForMs: 5000 } })
    const stale = new UploadError('ERR_NETWORK', 'closed', { circumstance: 'stale-connection' })
    await assert.rejects(
      withRetry('create', context, async () => {
        throw stale
      }),
      (error) => error === stale,
    )
  })

  it('waits by chance: between nothing and the whole of the pause', async () => {
    for (const [chance, slept] of [
      [0, [0, 0]],
      [0.999, [999, 1998]],
    ] as const) {
      const { context, clock: time } = stage({ clock: clock(() => chance) })
      await withRetry('create', context, async (number) => {
        if (number < 3) throw network()
      })
      assert.deepEqual(time.slept, slept)
    }
  })

  it('waits at least as long as the server asked', async () => {
    const { context, clock: time } = stage({ clock: clock(() => 0) })
    await withRetry('create', context, async (number) => {
      if (number < 2) throw limited(7000)
    })
    assert.deepEqual(time.slept, [7000])
  })

  it('is given up at once where the server asks for more than ten minutes, and says for how long', async () => {
    const { context, clock: time } = stage()
    const error = limited(2 * 3600_000)
    await assert.rejects(
      withRetry('create', context, async () => {
        throw error
      }),
      (thrown) => {
        assert.ok(thrown instanceof UploadError)
        assert.equal(thrown.code, 'ERR_RATE_LIMITED')
        assert.match(thrown.message, /slow down; it asks to be left alone for 2 h$/)
        assert.match(thrown.hint, /again in 2 h\.$/)
        return true
      },
    )
    assert.deepEqual(time.slept, [])
  })

  it('that was tried again says so, with the try that follows, the pause and the reason', async () => {
    const { context, said } = stage()
    await withRetry('part 2 of 3', context, async (number) => {
      if (number < 3) throw network()
    })
    const reason = 'the connection broke'
    assert.deepEqual(said, [
      { event: 'retry', what: 'part 2 of 3', attempt: 2, delayMs: 500, reason },
      { event: 'retry', what: 'part 2 of 3', attempt: 3, delayMs: 1000, reason },
    ])
  })
})

describe('what cannot succeed is not tried again', () => {
  const codes: readonly ErrorCode[] = [
    'ERR_CREDENTIALS_REFUSED',
    'ERR_API_REFUSED',
    'ERR_STORAGE_REFUSED',
    'ERR_REPLY',
    'ERR_CERTIFICATE',
    'ERR_REDIRECT',
    'ERR_FILE_CHANGED',
    'ERR_PLAN_LIMIT',
  ]
  for (const thrown of [...codes.map((code) => new UploadError(code, 'no')), new TypeError('a bug'), 'a word']) {
    it(thrown instanceof UploadError ? thrown.code : String(thrown), async () => {
      const { context, said } = stage()
      const tries: number[] = []
      await assert.rejects(
        withRetry('create', context, async (number) => {
          tries.push(number)
          throw thrown
        }),
        (error) => error === thrown,
      )
      assert.deepEqual([tries, said], [[1], []])
    })
  }
})

describe('an abort', () => {
  const reason = new UploadError('ERR_INTERRUPTED', 'enough')

  it('in a pause ends it at once, with its reason', async () => {
    const { context, controller } = stage()
    const tries: number[] = []
    const work = withRetry(
      'create',
      { ...context, say: () => setImmediate(() => controller.abort(reason)) },
      async (number) => {
        tries.push(number)
        throw limited(60_000)
      },
    )
    await assert.rejects(work, (error) => error === reason)
    assert.deepEqual(tries, [1])
  })

  it('in a try ends it with its reason, whatever the try made of it', async () => {
    const { context, controller, said } = stage()
    const work = withRetry('create', context, async () => {
      controller.abort(reason)
      throw network()
    })
    await assert.rejects(work, (error) => error === reason)
    assert.deepEqual(said, [])
  })
})
