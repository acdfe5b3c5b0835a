/** A body goes out a piece at a time, and a chunk is its reader's again only once it has left. */
import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, it } from 'node:test'
import type { Pace } from '../src/storage/pace.js'
import { pump } from '../src/storage/pump.js'

const MiB = 1024 ** 2
const never = new AbortController().signal

/** Takes a piece when told to. */
function gate() {
  const pieces: Buffer[] = []
  const waiting: (() => void)[] = []
  const request = new Writable({
    highWaterMark: 64 * MiB,
    write: (piece, _, done) => {
      pieces.push(Buffer.from(piece))
      waiting.push(done)
    },
  })
  const idle = () => new Promise((resolve) => setImmediate(resolve))
  return { request, pieces, open: () => waiting.shift()?.(), idle }
}

async function* chunksOf(asked: number[], ...chunks: Buffer[]): AsyncGenerator<Buffer> {
  for (const [index, chunk] of chunks.entries()) {
    asked.push(index)
    yield chunk
  }
}

describe('a body', () => {
  it('arrives whole and in order, and the request is ended', async () => {
    const pieces: Buffer[] = []
    const request = new Writable({
      write: (piece, _, done) => {
        pieces.push(Buffer.from(piece))
        done()
      },
    })
    const chunks = [Buffer.alloc(MiB, 1), Buffer.alloc(10, 2), Buffer.alloc(3 * MiB, 3)]
    const sent: number[] = []
    await pump(chunksOf([], ...chunks), { request, signal: never, onSent: (bytes) => sent.push(bytes) })
    assert.ok(Buffer.concat(pieces).equals(Buffer.concat(chunks)))
    assert.ok(request.writableEnded)
    assert.equal(sent.at(-1), 4 * MiB + 10)
    assert.deepEqual(
      sent,
      sent.toSorted((a, b) => a - b),
    )
  })

  it('is over only once the request knows of its end: given up sooner, it would take its connection with it', async () => {
    const told: { ended?: () => void; over: boolean } = { over: false }
    const request = new Writable({
      write: (_piece, _encoding, done) => done(),
      final: (done) => {
        told.ended = done
      },
    })
    const done = pump(chunksOf([], Buffer.alloc(10)), { request, signal: never, onSent: () => {} }).then(() => {
      told.over = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(told.ended && !told.over)
    told.ended()
    await done
  })

  it('is not asked for its next chunk while one is on its way', async () => {
    const { request, pieces, open, idle } = gate()
    const asked: number[] = []
    const done = pump(chunksOf(asked, Buffer.alloc(10), Buffer.alloc(10)), { request, signal: never, onSent: () => {} })
    await idle()
    assert.deepEqual([asked, pieces.length], [[0], 1])
    open()
    await idle()
    assert.deepEqual([asked, pieces.length], [[0, 1], 2])
    open()
    await done
  })

  it('begins with small pieces, and makes them larger while they are taken at once', async () => {
    const sizes: number[] = []
    const request = new Writable({
      write: (piece, _, done) => {
        sizes.push(piece.length / 1024)
        done()
      },
    })
    await pump(chunksOf([], Buffer.alloc(MiB), Buffer.alloc(2 * MiB)), {
      request,
      signal: never,
      onSent: () => {},
      now: () => 0,
    })
    assert.deepEqual(sizes, [64, 128, 256, 256, 256, 64, ...Array.from({ length: 8 }, () => 256)])
  })

  it('ends with the reason of an abort, though its write never comes back', async () => {
    const { request, idle } = gate()
    const controller = new AbortController()
    const done = pump(chunksOf([], Buffer.alloc(10)), { request, signal: controller.signal, onSent: () => {} })
    await idle()
    controller.abort(new Error('enough'))
    await assert.rejects(done, /enough/)
  })

  it('ends where its request has gone, though its write never comes back, and is not whole', async () => {
    const { request, pieces, open, idle } = gate()
    const controller = new AbortController()
    const asked: number[] = []
    const sent: number[] = []
    const whole = pump(chunksOf(asked, Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10)), {
      request,
      signal: never,
      gone: controller.signal,
      onSent: (bytes) => sent.push(bytes),
    })
    await idle()
    open()
    await idle()
    controller.abort()
    assert.equal(await whole, false)
    assert.deepEqual([asked, pieces.length, sent], [[0, 1], 2, [10]])
  })

  it('is not written to a request that has gone, which would say that all is well', async () => {
    const { request, pieces } = gate()
    const options = { request, signal: never, gone: AbortSignal.abort(), onSent: () => assert.fail('nothing was sent') }
    assert.equal(await pump(chunksOf([], Buffer.alloc(10)), options), false)
    assert.deepEqual(pieces, [])
  })

  it('is whole where its request goes after the last byte', async () => {
    const { request, open, idle } = gate()
    const controller = new AbortController()
    const whole = pump(
      (async function* () {
        yield Buffer.alloc(10)
        controller.abort()
      })(),
      { request, signal: never, gone: controller.signal, onSent: () => {} },
    )
    await idle()
    open()
    assert.equal(await whole, true)
  })

  it('that comes after the abort is not written at all', async () => {
    const { request, pieces } = gate()
    const signal = AbortSignal.abort(new Error('enough'))
    await assert.rejects(pump(chunksOf([], Buffer.alloc(10)), { request, signal, onSent: () => {} }), /enough/)
    assert.deepEqual(pieces, [])
  })

  it('ends with the error of a write, told as its owner tells it', async () => {
    const broken = () => new Writable({ write: (_, __, done) => done(new Error('EPIPE')) }).on('error', () => {})
    const options = { signal: never, onSent: () => assert.fail('nothing was sent') }
    await assert.rejects(pump(chunksOf([], Buffer.alloc(10)), { ...options, request: broken() }), /^Error: EPIPE$/)
    const failed = (error: Error) => new Error(`told: ${error.message}`)
    const told = pump(chunksOf([], Buffer.alloc(10)), { ...options, request: broken(), failed })
    await assert.rejects(told, /^Error: told: EPIPE$/)
  })

  it('is not thought quick for its last, short piece', async () => {
    const sizes: number[] = []
    const request = new Writable({
      write: (piece, _, done) => {
        sizes.push(piece.length / 1024)
        done()
      },
    })
    const short = Array.from({ length: 5 }, () => Buffer.alloc(32 * 1024))
    const chunks = chunksOf([], ...short, Buffer.alloc(128 * 1024))
    await pump(chunks, { request, signal: never, onSent: () => {}, now: () => 0 })
    assert.deepEqual(sizes, [32, 32, 32, 32, 32, 64, 64])
  })

  it('stays in small pieces while they are not taken at once, by the real clock', async () => {
    const sizes: number[] = []
    const request = new Writable({
      write: (piece, _, done) => {
        sizes.push(piece.length)
        setTimeout(done, 150)
      },
    })
    await pump(chunksOf([], Buffer.alloc(192 * 1024)), { request, signal: never, onSent: () => {} })
    assert.deepEqual(
      sizes,
      [64, 64, 64].map((size) => size * 1024),
      'No piece was taken in under 100 ms',
    )
  })

  it('ends with the error of its reader', async () => {
    const { request } = gate()
    const failing = (async function* () {
      yield* []
      throw new Error('the disk is gone')
    })()
    await assert.rejects(pump(failing, { request, signal: never, onSent: () => {} }), /the disk is gone/)
  })
})

describe('a body with a pace', () => {
  /** Grants turns one by one, when told to. */
  function turnstile(pieceBytes: number) {
    const asked: number[] = []
    const waiting: (() => void)[] = []
    const pace: Pace = {
      pieceBytes,
      turn: (bytes, signal, onWait) => {
        asked.push(bytes)
        onWait(1000)
        return new Promise((resolve, reject) => {
          waiting.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
    }
    return { pace, asked, grant: () => waiting.shift()?.() }
  }

  it('goes out in pieces no larger than it says, each when its turn has come', async () => {
    const { request, pieces, open, idle } = gate()
    const { pace, asked, grant } = turnstile(1000)
    const waits: number[] = []
    const options = { request, signal: never, onSent: () => {}, pace, onWait: (ms: number) => waits.push(ms) }
    const done = pump(chunksOf([], Buffer.alloc(2500, 1)), options)
    for (const turn of [1, 2, 3]) {
      await idle()
      assert.deepEqual([asked.length, pieces.length], [turn, turn - 1])
      grant()
      await idle()
      open()
    }
    await done
    assert.deepEqual(asked, [1000, 1000, 500])
    assert.deepEqual(waits, [1000, 1000, 1000])
    assert.ok(Buffer.concat(pieces).equals(Buffer.alloc(2500, 1)))
  })

  it('ends with the reason of an abort while it waits for its turn', async () => {
    const { request, pieces, idle } = gate()
    const controller = new AbortController()
    const { pace } = turnstile(1000)
    const done = pump(chunksOf([], Buffer.alloc(10)), { request, signal: controller.signal, onSent: () => {}, pace })
    await idle()
    controller.abort(new Error('enough'))
    await assert.rejects(done, /enough/)
    assert.deepEqual(pieces, [])
  })
})
