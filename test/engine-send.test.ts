/** Sending the parts of a file: some at a time, each proved, and all or none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRenewals } from '../src/engine/renewals.js'
import { send } from '../src/engine/send.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { emptyNotebook } from '../src/state/memory.js'
import type { PartPut, PartReply } from '../src/storage/bucket.js'
import { clock, type MadeFile, MiB, madeFile, network, partOf, type Stage, stage, take } from './helpers/engine.js'

type PutPart = (put: PartPut, nth: number) => Promise<PartReply>

interface Sent extends Stage {
  file: MadeFile
  puts: PartPut[]
  work: Promise<'md5' | 'none'>
}

/** Sends `count` parts to a bucket that does as `putPart` says; `nth` counts the tries of each part, from 1. */
function sending(count: number, putPart: PutPart, props: Parameters<typeof stage>[0] = {}, reader = {}): Sent {
  const file = madeFile(count, reader)
  const puts: PartPut[] = []
  const tries = new Map<number, number>()
  const staged = stage({
    ...props,
    bucket: {
      putPart: async (put) => {
        put.signal.throwIfAborted() // as the bucket does: what comes too late is not begun
        puts.push(put)
        const nth = (tries.get(partOf(put)) ?? 0) + 1
        tries.set(partOf(put), nth)
        return putPart(put, nth)
      },
    },
  })
  const begun = { id: 'upload_1', parts: file.parts, kept: [], resumed: false }
  const keeping = { notebook: emptyNotebook, renewals: createRenewals() }
  const work = send(file.source, begun, file.bytes, keeping, staged.context)
  work.catch(() => {}) // each test says what it thinks of it
  return { ...staged, file, puts, work }
}

async function rejected(work: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

/** Holds until the part is aborted, and then tells so. */
const hold = (put: PartPut) =>
  new Promise<PartReply>((_, reject) => {
    put.signal.addEventListener('abort', () => reject(put.signal.reason), { once: true })
  })

const notes = ({ said }: Stage) => said.flatMap((event) => (event.event === 'note' ? [event.message] : []))

describe('the parts of a file', () => {
  it('are each sent once, whole, to the URL of their number', async () => {
    const got = new Map<number, Buffer>()
    const { file, work, puts } = sending(5, async (put) => {
      const { bytes, ...reply } = await take(put)
      got.set(partOf(put), bytes)
      return reply
    })
    assert.equal(await work, 'md5')
    const inOrder = [1, 2, 3, 4, 5].map((number) => got.get(number) ?? Buffer.alloc(0))
    assert.ok(Buffer.concat(inOrder).equals(file.content))
    assert.deepEqual(file.opened, [1, 1, 1, 1, 1])
    for (const put of puts) {
      assert.equal(put.size, got.get(partOf(put))?.length)
      assert.equal(put.label, `part ${partOf(put)} of 5`)
      assert.equal(put.askFirst, false)
    }
  })

  for (const concurrency of [1, 2, 3, 8]) {
    it(`are in flight ${concurrency} at a time, and no more`, async () => {
      const now = { flying: 0, most: 0 }
      const time = stage().clock
      const { work } = sending(
        6,
        async (put) => {
          now.flying++
          now.most = Math.max(now.most, now.flying)
          await time.sleep(100, put.signal)
          const reply = await take(put)
          now.flying--
          return reply
        },
        { clock: time, settings: { concurrency } },
      )
      await work
      assert.equal(now.most, Math.min(6, concurrency))
    })
  }

  it('are begun in order', async () => {
    const { puts, work } = sending(6, take, { settings: { concurrency: 1 } })
    await work
    assert.deepEqual(puts.map(partOf), [1, 2, 3, 4, 5, 6])
  })
})

describe('the first failure', () => {
  it('is the one that is told, stops the others, and lets none begin after it', async () => {
    const refused = new UploadError('ERR_STORAGE_REFUSED', 'no')
    const stopped: number[] = []
    const { work, puts } = sending(
      9,
      async (put) => {
        if (partOf(put) === 2) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          throw refused
        }
        return hold(put).catch((error: unknown) => {
          stopped.push(partOf(put))
          throw error
        })
      },
      { settings: { concurrency: 3 } },
    )
    await assert.rejects(work, (error) => error === refused)
    assert.deepEqual(puts.map(partOf), [1, 2, 3])
    assert.deepEqual(stopped.sort(), [1, 3])
  })

  it('ends the pause of one that is about to be tried again', async () => {
    const refused = new UploadError('ERR_STORAGE_REFUSED', 'no')
    const { work, puts } = sending(2, async (put, nth) => {
      if (partOf(put) === 1 && nth === 1) throw new UploadError('ERR_RATE_LIMITED', 'slow', { retryAfterMs: 60_000 })
      await new Promise((resolve) => setImmediate(resolve))
      throw refused
    })
    await assert.rejects(work, (error) => error === refused)
    assert.equal(puts.length, 2)
  })

  it('is waited for by all that were under way: nothing goes on behind it', async () => {
    const ended: number[] = []
    const { work } = sending(3, async (put) => {
      if (partOf(put) === 1) throw new UploadError('ERR_STORAGE_REFUSED', 'no')
      await hold(put).catch(async (error: unknown) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        ended.push(partOf(put))
        throw error
      })
      return take(put)
    })
    await rejected(work, 'ERR_STORAGE_REFUSED')
    assert.deepEqual(ended.sort(), [2, 3])
  })
})

describe('an abort', () => {
  it('ends all parts with its reason, and lets none begin', async () => {
    const reason = new UploadError('ERR_INTERRUPTED', 'enough')
    const { work, puts, controller } = sending(9, hold, { settings: { concurrency: 2 } })
    setTimeout(() => controller.abort(reason), 20)
    await assert.rejects(work, (error) => error === reason)
    assert.equal(puts.length, 2)
  })
})

describe('a part that failed', () => {
  it('is tried again with a fresh body, each time all of it', async () => {
    const { file, work, said } = sending(1, async (put, nth) => {
      const reply = await take(put)
      assert.ok(reply.bytes.equals(file.content))
      if (nth < 4) throw network()
      return reply
    })
    assert.equal(await work, 'md5')
    assert.deepEqual(file.opened, [4])
    const retries = said.flatMap((event) => (event.event === 'retry' ? [event.what] : []))
    assert.deepEqual(retries, ['part 1 of 1', 'part 1 of 1', 'part 1 of 1'])
  })

  it('is given up after ten minutes without progress', async () => {
    const {
      work,
      puts,
      clock: time,
    } = sending(1, async () => {
      throw network()
    })
    const startedAt = time.now()
    await rejected(work, 'ERR_NETWORK')
    assert.equal(time.now() - startedAt, 600_000)
    assert.equal(puts.length, 65)
  })

  it('has ten minutes more with each MiB that it gets further than ever before', async () => {
    const { work, clock: time } = sending(2, async (put, nth) => {
      if (partOf(put) === 2) return take(put)
      put.onSent(nth <= 100 ? nth * MiB : 100 * MiB)
      throw network()
    })
    const startedAt = time.now()
    await rejected(work, 'ERR_NETWORK')
    assert.ok(time.now() - startedAt > 2 * 600_000, String(time.now() - startedAt))
  })

  it('waits twice as long for its answer with each try', async () => {
    const { work, puts } = sending(1, async (put, nth) => {
      if (nth < 5) throw network()
      return take(put)
    })
    await work
    assert.deepEqual(
      puts.map(({ answerMs }) => answerMs),
      [30_000, 60_000, 120_000, 240_000, 480_000],
    )
  })

  it('asks for leave first, where nobody knows why, and only then', async () => {
    const causes: UploadError[] = [
      network(),
      new UploadError('ERR_SERVER', '503'),
      new UploadError('ERR_RATE_LIMITED', 'SlowDown'),
    ]
    const { work, puts } = sending(1, async (put, nth) => {
      const cause = causes[nth - 1]
      if (cause) throw cause
      return take(put)
    })
    await work
    assert.deepEqual(
      puts.map(({ askFirst }) => askFirst),
      [false, true, false, false],
    )
  })

  for (const concurrency of [4, 'auto'] as const) {
    it(`ends at once, unsent, where another file was asked for a longer pause than it has, with --concurrency ${concurrency}`, async () => {
      const { work, puts, context, clock: time } = sending(9, take, { settings: { concurrency, retryForMs: 5000 } })
      context.throttle.slowDown(new UploadError('ERR_RATE_LIMITED', 'SlowDown', { retryAfterMs: 3_600_000 }))
      const error = await rejected(work, 'ERR_RATE_LIMITED')
      assert.equal(error.message, 'SlowDown; it asks to be left alone for 1 h')
      assert.match(error.hint, /again in 1 h\.$/)
      assert.deepEqual([puts.length, time.slept], [0, []])
    })
  }

  it('waits for a pause that another file was asked for, where it has the time', async () => {
    const { work, context, clock: time } = sending(1, take, { settings: { retryForMs: 5000 }, clock: clock(() => 0) })
    context.throttle.slowDown(new UploadError('ERR_RATE_LIMITED', 'SlowDown', { retryAfterMs: 5000 }))
    assert.equal(await work, 'md5')
    assert.deepEqual(time.slept, [5000])
  })

  it('is not tried again where it cannot succeed', async () => {
    for (const code of ['ERR_STORAGE_REFUSED', 'ERR_REDIRECT', 'ERR_CERTIFICATE', 'ERR_FILE_CHANGED'] as const) {
      const { work, puts } = sending(1, async () => {
        throw new UploadError(code, 'no')
      })
      await rejected(work, code)
      assert.equal(puts.length, 1, code)
    }
  })
})

describe('the proof', () => {
  const wrong = { etag: '0'.repeat(32), encrypted: false }

  it('is md5 where every ETag is the MD5 of its part, in capitals too', async () => {
    const sent = sending(2, async (put) => {
      const { etag } = await take(put)
      return { etag: etag.toUpperCase(), encrypted: false }
    })
    assert.equal(await sent.work, 'md5')
    assert.deepEqual(notes(sent), [])
  })

  it('that fails is a try that failed: the next may succeed', async () => {
    const { work, file } = sending(1, async (put, nth) => {
      const reply = await take(put)
      return nth === 1 ? wrong : reply
    })
    assert.equal(await work, 'md5')
    assert.deepEqual(file.opened, [2])
  })

  it('that fails on every try ends with 5, and a hint at --no-verify', async () => {
    const { work, puts } = sending(1, async (put) => {
      await take(put)
      return { ...wrong, requestId: 'REQ1' }
    })
    const error = await rejected(work, 'ERR_INTEGRITY')
    assert.deepEqual([error.exitCode, error.requestId], [5, 'REQ1'])
    assert.match(error.hint, /--no-verify/)
    assert.equal(puts.length, 4) // sent, and sent again three times
  })

  const unlike: readonly [title: string, reply: PartReply][] = [
    ['is no MD5', { etag: 'abc-3', encrypted: false }],
    ['is not there', { etag: '', encrypted: false }],
    ['has 32 letters that are no hex', { etag: 'z'.repeat(32), encrypted: false }],
    ['is that of a bucket that encrypts, though it looks like one', { etag: '0'.repeat(32), encrypted: true }],
  ]
  for (const [title, reply] of unlike) {
    it(`is none where the ETag ${title}: one note for all parts`, async () => {
      const sent = sending(3, async (put) => {
        const good = await take(put)
        return partOf(put) === 1 ? good : reply
      })
      assert.equal(await sent.work, 'none')
      assert.equal(notes(sent).length, 1)
      assert.match(notes(sent)[0] ?? '', /not compared/)
    })
  }

  it('is none, without a note, where nobody wants it', async () => {
    const sent = sending(
      2,
      async (put) => {
        await take(put)
        return wrong
      },
      { settings: { verify: false } },
    )
    assert.equal(await sent.work, 'none')
    assert.deepEqual(notes(sent), [])
  })
})

describe('a file that changes', () => {
  const changed = () => new UploadError('ERR_FILE_CHANGED', 'hero.png changed')

  it('is looked at before each part, each try, and after the last', async () => {
    const checks = { count: 0 }
    const reader = {
      check: async () => {
        checks.count++
        return 'same' as const
      },
    }
    const { work } = sending(
      3,
      async (put, nth) => {
        if (partOf(put) === 2 && nth === 1) throw network()
        return take(put)
      },
      {},
      reader,
    )
    await work
    assert.equal(checks.count, 3 + 1 + 1)
  })

  for (const at of [1, 2, 3, 4]) {
    it(`at look ${at} of 4 ends it, and is not tried again`, async () => {
      const checks = { count: 0 }
      const reader = {
        check: async () => {
          if (++checks.count >= at) throw changed()
          return 'same' as const
        },
      }
      const { work, puts } = sending(3, take, { settings: { concurrency: 1 } }, reader)
      await rejected(work, 'ERR_FILE_CHANGED')
      assert.equal(puts.length, at - 1)
    })
  }
})

describe('a file that was touched', () => {
  /** Its change time moves while it is sent, until it is settled. */
  function touchedReader(times = 1) {
    const state = { left: times, settled: 0 }
    return {
      state,
      reader: {
        check: async () => (state.left > 0 ? ('touched' as const) : ('same' as const)),
        settle: async () => {
          state.settled++
          state.left--
        },
      },
    }
  }

  it('is read again: the same bytes are no change', async () => {
    const { reader, state } = touchedReader()
    const { work, file } = sending(3, take, {}, reader)
    assert.equal(await work, 'md5')
    assert.deepEqual(file.opened, [2, 2, 2])
    assert.equal(state.settled, 1)
  })

  it('is read once more where it is touched again meanwhile', async () => {
    const { reader } = touchedReader(2)
    const { work, file } = sending(2, take, {}, reader)
    assert.equal(await work, 'md5')
    assert.deepEqual(file.opened, [3, 3])
  })

  it('with other bytes has changed', async () => {
    const { reader } = touchedReader()
    const sent = sending(
      3,
      async (put) => {
        const reply = await take(put)
        // Sent as it was; now the second part is another.
        if (partOf(put) === 2) sent.file.content[6 * 1024 * 1024] = (sent.file.content[6 * 1024 * 1024] ?? 0) ^ 1
        return reply
      },
      {},
      reader,
    )
    const error = await rejected(sent.work, 'ERR_FILE_CHANGED')
    assert.match(error.message, /hero\.png.*part 2/)
    assert.equal(error.exitCode, 3)
  })

  it('has changed where no MD5s are made', async () => {
    const { reader } = touchedReader()
    await rejected(sending(2, take, { settings: { verify: false } }, reader).work, 'ERR_FILE_CHANGED')
  })

  it('is still read again by MD5 where the ETags are none', async () => {
    const { reader } = touchedReader()
    const { work, file } = sending(
      2,
      async (put) => {
        await take(put)
        return { etag: 'abc', encrypted: true }
      },
      {},
      reader,
    )
    assert.equal(await work, 'none')
    assert.deepEqual(file.opened, [2, 2])
  })
})

describe('the progress', () => {
  const progressOf = ({ said }: Stage) =>
    said.flatMap(({ event, ...rest }) =>
      event === 'progress' ? [rest as { bytes: number; inFlight: number; total: number }] : [],
    )

  it('counts what is acknowledged, in absolute numbers, and never back', async () => {
    const sent = sending(4, take)
    await sent.work
    const events = progressOf(sent)
    const total = sent.file.content.length
    assert.ok(events.length >= 4)
    assert.deepEqual(
      events.map(({ bytes }) => bytes),
      events.map(({ bytes }) => bytes).toSorted((a, b) => a - b),
    )
    for (const event of events) {
      assert.equal(event.total, total)
      assert.ok(event.bytes + event.inFlight <= total)
    }
    assert.deepEqual(events.at(-1), { bytes: total, inFlight: 0, total })
  })

  it('does not count what is only on its way', async () => {
    const sent = sending(1, async (put) => {
      const reply = await take(put)
      for (const { bytes } of progressOf(sent)) assert.equal(bytes, 0)
      return reply
    })
    await sent.work
    assert.equal(progressOf(sent).at(-1)?.bytes, sent.file.content.length)
  })

  it('forgets what a try had on its way that failed', async () => {
    const sent = sending(2, async (put, nth) => {
      if (partOf(put) === 1) {
        if (nth > 1) return hold(put)
        put.onSent(900)
        throw network()
      }
      await sent.clock.sleep(400, put.signal) // the other one waits for its second try
      put.onSent(50)
      await sent.clock.sleep(10_000, put.signal)
      put.onSent(60)
      throw new UploadError('ERR_STORAGE_REFUSED', 'no')
    })
    await rejected(sent.work, 'ERR_STORAGE_REFUSED')
    assert.deepEqual(
      progressOf(sent).map(({ bytes, inFlight }) => [bytes, inFlight]),
      [
        [0, 0],
        [0, 950],
        [0, 60],
      ],
    )
  })
})
