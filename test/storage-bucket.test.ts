/** The bucket: one PUT of one part against real servers, good ones and bad ones. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { inspectFile } from '../src/sources/inspect.js'
import { openFile } from '../src/sources/open-file.js'
import { type Bucket, type BucketOptions, createBucket, type PartPut } from '../src/storage/bucket.js'
import type { Pace } from '../src/storage/pace.js'
import { tempFolder, testFile } from './helpers/files.js'
import { ownPort } from './helpers/own-port.js'
import { promised } from './helpers/scene.js'
import { bodyOf, serve } from './helpers/servers.js'
import { soonMs } from './helpers/soon.js'

const MiB = 1024 ** 2
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

function bucketOf(t: TestContext, options: Partial<BucketOptions> = {}): Bucket {
  const bucket = createBucket({ connections: 4, userAgent: 'test/1', ...options })
  t.after(() => bucket.close())
  return bucket
}

/** In chunks of 64 KiB, afresh at each call. */
function chunksOf(bytes: Uint8Array): () => AsyncGenerator<Uint8Array> {
  return async function* () {
    for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024)
  }
}

function putOf(url: string, bytes: Uint8Array, more: Partial<PartPut> = {}): PartPut {
  return {
    label: 'part 1 of 1',
    url: `${url}/bucket/key?partNumber=1&X-Amz-Signature=topsecret`,
    size: bytes.length,
    open: chunksOf(bytes),
    askFirst: false,
    onSent: () => {},
    signal: new AbortController().signal,
    ...more,
  }
}

async function rejected(put: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await put.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`, /topsecret/)
  return error
}

async function timed(work: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work
  return performance.now() - began
}

const answers =
  (status: number, headers: Record<string, string>, body = '') =>
  async (request: IncomingMessage, response: ServerResponse) => {
    await bodyOf(request)
    response.writeHead(status, headers).end(body)
  }

const denied = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'

describe('a part', () => {
  it('is sent whole, with its length, and with nothing that was not signed', async (t) => {
    const seen: { request: IncomingMessage; body: Buffer }[] = []
    const url = await serve(t, async (request, response) => {
      const body = await bodyOf(request)
      seen.push({ request, body })
      response.writeHead(200, { etag: `"${md5(body)}"` }).end()
    })
    const bytes = randomBytes(3 * MiB + 7)
    const reply = await bucketOf(t).putPart(putOf(url, bytes))
    assert.deepEqual(reply, { etag: md5(bytes), encrypted: false, requestId: undefined })
    assert.equal(seen.length, 1)
    const [{ request, body } = assert.fail()] = seen
    assert.equal(request.method, 'PUT')
    assert.equal(request.url, '/bucket/key?partNumber=1&X-Amz-Signature=topsecret')
    assert.ok(body.equals(bytes))
    const { connection: _, ...headers } = request.headers
    assert.deepEqual(headers, {
      host: new URL(url).host,
      'content-length': String(bytes.length),
      'user-agent': 'test/1',
    })
  })

  for (const size of [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, MiB]) {
    it(`of ${size} bytes arrives as it is`, async (t) => {
      const bytes = randomBytes(size)
      const url = await serve(t, async (request, response) => {
        response.writeHead(200, { etag: md5(await bodyOf(request)) }).end()
      })
      assert.equal((await bucketOf(t).putPart(putOf(url, bytes))).etag, md5(bytes))
    })
  }

  it('tells how many bytes went out: never back, and all of them at the end', async (t) => {
    const url = await serve(t, answers(200, {}))
    const told: number[] = []
    const bytes = randomBytes(4 * MiB + 1)
    await bucketOf(t).putPart(putOf(url, bytes, { onSent: (sent) => told.push(sent) }))
    assert.ok(told.length > 4, `${told.length} times`)
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    )
    assert.equal(told.at(-1), bytes.length)
  })
})

describe("the storage's yes", () => {
  const tag = 'd41d8cd98f00b204e9800998ecf8427e'
  const rows: readonly [title: string, headers: Record<string, string>, etag: string, encrypted: boolean][] = [
    ['has its ETag without quotes', { etag: `"${tag}"` }, tag, false],
    ['may have a bare ETag', { etag: tag }, tag, false],
    ['may have a weak ETag', { etag: `W/"${tag}"` }, tag, false],
    ['may have no ETag', {}, '', false],
    ['tells that it encrypts with KMS', { etag: `"${tag}"`, 'x-amz-server-side-encryption': 'aws:kms' }, tag, true],
    ['tells that it encrypts twice', { etag: `"${tag}"`, 'x-amz-server-side-encryption': 'aws:kms:dsse' }, tag, true],
    [
      "tells that it encrypts with a customer's key",
      { etag: `"${tag}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
      tag,
      true,
    ],
    [
      "encrypts with the storage's own keys: the ETag is an MD5 still",
      { etag: `"${tag}"`, 'x-amz-server-side-encryption': 'AES256' },
      tag,
      false,
    ],
  ]
  for (const [title, headers, etag, encrypted] of rows) {
    it(title, async (t) => {
      const url = await serve(t, answers(200, { ...headers, 'x-amz-request-id': 'REQ1' }))
      const reply = await bucketOf(t).putPart(putOf(url, randomBytes(10)))
      assert.deepEqual(reply, { etag, encrypted, requestId: 'REQ1' })
    })
  }

  it('may be any 2xx', async (t) => {
    const url = await serve(t, answers(204, { etag: tag }))
    assert.equal((await bucketOf(t).putPart(putOf(url, randomBytes(10)))).etag, tag)
  })

  for (const [title, then] of [
    ['and reads no further', (socket: Socket) => void socket.pause()],
    ['and hangs up', (socket: Socket) => void socket.destroySoon()],
  ] as const) {
    it(`that comes before the whole body is none: the storage says it ${title}`, async (t) => {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\netag: ${tag}\r\ncontent-length: 0\r\n\r\n`)
          then(socket)
        })
        t.after(() => socket.destroy())
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      t.after(() => server.close())
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      await rejected(bucketOf(t, { stallMs: 500 }).putPart(putOf(url, randomBytes(32 * MiB))), 'ERR_NETWORK')
    })
  }

  /** Says yes to the first of what comes, and that the connection ends with it. */
  async function yesAndClose(t: TestContext) {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\netag: ${tag}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
        socket.resume()
      })
    })
    const closed = new Promise<void>((resolve) => {
      server.once('connection', (socket) => socket.once('close', () => resolve()))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, closed }
  }

  it('that closes the connection before the whole body is none, and no byte after it is told as sent', async (t) => {
    const { url, closed } = await yesAndClose(t)
    const first = randomBytes(1000)
    const told: number[] = []
    const put = putOf(url, randomBytes(2000), { onSent: (sent) => told.push(sent) })
    async function* open() {
      yield first
      await closed
      yield first
    }
    const error = await rejected(bucketOf(t).putPart({ ...put, open }), 'ERR_NETWORK')
    assert.match(error.message, /answered before the bytes were sent/)
    assert.deepEqual(told, [first.length])
  })

  it('that closes the connection while the body goes out is none, and nobody waits for the rest', async (t) => {
    const { url } = await yesAndClose(t)
    const put = bucketOf(t).putPart(putOf(url, randomBytes(32 * MiB)))
    const took = await timed(rejected(put, 'ERR_NETWORK'))
    assert.ok(took < soonMs, String(took))
  })

  it('that closes the connection after the whole body counts, though the body is known to be over only later', async (t) => {
    const { url, closed } = await yesAndClose(t)
    const bytes = randomBytes(1000)
    async function* open() {
      yield bytes
      await closed
    }
    assert.equal((await bucketOf(t).putPart({ ...putOf(url, bytes), open })).etag, tag)
  })
})

describe("the storage's no", () => {
  it("is said with S3's words and the request id", async (t) => {
    const url = await serve(t, answers(403, { 'x-amz-request-id': 'R1' }, denied))
    const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_STORAGE_REFUSED')
    assert.equal(error.message, 'the storage refused the bytes (part 1 of 1, 403): AccessDenied: Access Denied')
    assert.equal(error.requestId, 'R1')
  })

  it('is not repeated by the bucket itself', async (t) => {
    const tries: string[] = []
    const url = await serve(t, async (request, response) => {
      tries.push(request.method ?? '')
      await answers(503, { 'retry-after': '0' })(request, response)
    })
    await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_SERVER')
    assert.deepEqual(tries, ['PUT'])
  })

  it('is a redirect: nobody follows it', async (t) => {
    const reached: string[] = []
    const elsewhere = await serve(t, (request, response) => {
      reached.push(request.method ?? '')
      response.end()
    })
    for (const status of [301, 302, 307, 308]) {
      const url = await serve(t, answers(status, { location: `${elsewhere}/x` }))
      assert.equal((await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_REDIRECT')).exitCode, 6)
    }
    assert.deepEqual(reached, [])
  })

  it('has an end, however much the storage says', async (t) => {
    const url = await serve(
      t,
      answers(400, {}, `<Error><Code>Long</Code><Message>${'x'.repeat(5 * MiB)}</Message></Error>`),
    )
    const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_STORAGE_REFUSED')
    assert.ok(error.message.length < 1000)
  })
})

describe('asked for leave first', () => {
  /** A server that answers `expect: 100-continue` as `decide` says. */
  async function asked(t: TestContext, decide: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = http.createServer((_, response) => response.writeHead(500).end('nobody asked'))
    server.on('checkContinue', decide)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it("a storage that refuses before the body is heard: S3's words, each time", async (t) => {
    const url = await asked(t, (request, response) => {
      response.writeHead(403, { connection: 'close' }).end(denied, () => request.socket.destroy())
    })
    const bucket = bucketOf(t)
    const bytes = randomBytes(16 * MiB)
    for (let i = 0; i < 10; i++) {
      const error = await rejected(bucket.putPart(putOf(url, bytes, { askFirst: true })), 'ERR_STORAGE_REFUSED')
      assert.match(error.message, /AccessDenied: Access Denied$/)
    }
  })

  it('a storage that gives leave gets the body, and nothing before', async (t) => {
    const bytes = randomBytes(2 * MiB)
    const early: number[] = []
    const url = await asked(t, async (request, response) => {
      await sleep(200)
      early.push(request.socket.bytesRead)
      response.writeContinue()
      response.writeHead(200, { etag: md5(await bodyOf(request)) }).end()
    })
    assert.equal((await bucketOf(t).putPart(putOf(url, bytes, { askFirst: true }))).etag, md5(bytes))
    assert.ok((early[0] ?? 0) < 1000, `${early[0]} bytes came early`)
  })

  it('a storage that says yes before it was given anything has nothing', async (t) => {
    const url = await asked(t, (_, response) => {
      response.writeHead(200, { etag: 'not-an-md5' }).end()
    })
    const opened: number[] = []
    const put = putOf(url, randomBytes(MiB), { askFirst: true })
    const open = () => {
      opened.push(1)
      return put.open()
    }
    const error = await rejected(bucketOf(t).putPart({ ...put, open }), 'ERR_NETWORK')
    assert.match(error.message, /answered before the bytes were sent/)
    assert.deepEqual(opened, [])
  })

  it('a storage that knows no leave gets the body after a second', async (t) => {
    const bytes = randomBytes(MiB)
    const url = await asked(t, async (request, response) => {
      response.writeHead(200, { etag: md5(await bodyOf(request)) }).end()
    })
    const took = await timed(bucketOf(t).putPart(putOf(url, bytes, { askFirst: true })))
    assert.ok(took > 800 && took < soonMs, String(took))
  })

  it('the storage is asked with one header more, and with no other', async (t) => {
    const seen: http.IncomingHttpHeaders[] = []
    const url = await asked(t, async (request, response) => {
      seen.push(request.headers)
      response.writeContinue()
      await bodyOf(request)
      response.end()
    })
    await bucketOf(t).putPart(putOf(url, randomBytes(10), { askFirst: true }))
    const { connection: _, ...headers } = seen[0] ?? {}
    assert.deepEqual(headers, {
      host: new URL(url).host,
      'content-length': '10',
      'user-agent': 'test/1',
      expect: '100-continue',
    })
  })
})

describe('a part that has to wait for its turn', () => {
  /** Each of four pieces waits as long as two silences would last that end an attempt, and says that it may take longer. */
  const waiting: Pace = {
    pieceBytes: 10,
    turn: async (_, signal, onWait) => {
      onWait(600_000)
      await sleep(600, undefined, { signal })
    },
  }

  it('is not taken for silent while it waits', async (t) => {
    const url = await serve(t, answers(200, { etag: 'x' }))
    const bucket = bucketOf(t, { stallMs: 300, pace: waiting })
    assert.equal((await bucket.putPart(putOf(url, randomBytes(40), { answerMs: 600_000 }))).etag, 'x')
  })

  it('is ended at once by an abort while it waits', async (t) => {
    const url = await serve(t, answers(200, {}))
    const controller = new AbortController()
    const turn: Pace['turn'] = async (_, signal) => void (await sleep(60_000, undefined, { signal }))
    const bucket = bucketOf(t, { pace: { ...waiting, turn } })
    const put = bucket.putPart(putOf(url, randomBytes(1000), { signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('enough')), 100)
    const took = await timed(assert.rejects(put, /enough/))
    assert.ok(took < soonMs, String(took))
  })
})

describe('a storage that goes silent', () => {
  const stallMs = 500
  /** Without such a patience, the attempt would last for the thirty seconds that are usual. */
  const isPatienceOf = (took: number) => assert.ok(took >= stallMs - 50 && took < 20_000, String(took))

  it('in the middle of the body ends the attempt', async (t) => {
    const url = await serve(t, (request) => void request.pause())
    const took = await timed(
      rejected(bucketOf(t, { stallMs }).putPart(putOf(url, randomBytes(32 * MiB))), 'ERR_NETWORK'),
    )
    isPatienceOf(took)
  })

  it('after the last byte ends the attempt', async (t) => {
    const url = await serve(t, (request) => void request.resume())
    const put = bucketOf(t, { stallMs }).putPart(putOf(url, randomBytes(MiB)))
    const took = await timed(rejected(put, 'ERR_NETWORK'))
    isPatienceOf(took)
  })

  it('in the middle of its answer ends the attempt', async (t) => {
    const url = await serve(t, async (request, response) => {
      await bodyOf(request)
      response.writeHead(403, { 'content-length': '1000' }).write('<Error>')
    })
    const took = await timed(rejected(bucketOf(t, { stallMs }).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK'))
    isPatienceOf(took)
  })

  it('is named, with how long nothing moved', async (t) => {
    const url = await serve(t, (request) => void request.resume())
    const error = await rejected(bucketOf(t, { stallMs: 1000 }).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
    assert.equal(error.message, `${new URL(url).host} went silent: nothing moved for 1 s`)
  })
})

describe('a part that is slow, but moves', () => {
  it('survives longer than the silence that would end it', async (t) => {
    const url = await serve(t, async (request, response) => {
      const body = await bodyOf(request)
      await sleep(300) // and so does an answer that takes its time
      response.writeHead(200, { etag: md5(body) }).end()
    })
    const bytes = randomBytes(16 * 1000)
    const open = async function* () {
      for (let at = 0; at < bytes.length; at += 1000) {
        await sleep(300)
        yield bytes.subarray(at, at + 1000)
      }
    }
    // A machine that stands still for a while is no silence of so long.
    const stallMs = 4000
    const put = bucketOf(t, { stallMs }).putPart(putOf(url, bytes, { open }))
    const took = await timed(put)
    assert.equal((await put).etag, md5(bytes))
    assert.ok(took > stallMs, `it took ${took} ms`)
  })
})

describe('a connection that', () => {
  it('is refused is a network error', async (t) => {
    const error = await rejected(bucketOf(t).putPart(putOf('http://127.0.0.1:9', randomBytes(10))), 'ERR_NETWORK')
    assert.equal(error.message, '127.0.0.1:9 refused the connection')
  })

  it('breaks in the middle of the body is a network error', async (t) => {
    const url = await serve(t, (request) => {
      request.once('data', () => request.socket.resetAndDestroy())
    })
    await rejected(bucketOf(t).putPart(putOf(url, randomBytes(16 * MiB))), 'ERR_NETWORK')
  })

  it('breaks instead of the answer is a network error', async (t) => {
    const url = await serve(t, async (request) => {
      await bodyOf(request)
      request.socket.destroy()
    })
    const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
    assert.equal(error.message, `${new URL(url).host} closed the connection`)
  })

  it('is kept, and used for the next part', async (t) => {
    const ports = new Set<number | undefined>()
    const url = await serve(t, async (request, response) => {
      ports.add(request.socket.remotePort)
      await answers(200, {})(request, response)
    })
    const bucket = bucketOf(t)
    for (let i = 0; i < 6; i++) await bucket.putPart(putOf(url, randomBytes(2 * MiB)))
    assert.equal(ports.size, 1)
  })

  it('is one of as many as were asked for, and no more', async (t) => {
    const now = { open: 0, most: 0 }
    const full = promised()
    const url = await serve(t, async (request, response) => {
      now.open++
      now.most = Math.max(now.most, now.open)
      if (now.most >= 3) full.keep()
      await bodyOf(request)
      await full.promise
      await sleep(30)
      now.open--
      response.end()
    })
    const bucket = bucketOf(t, { connections: 3 })
    await Promise.all(Array.from({ length: 12 }, () => bucket.putPart(putOf(url, randomBytes(64 * 1024)))))
    assert.equal(now.most, 3)
  })
})

describe('an abort', () => {
  const reason = new UploadError('ERR_INTERRUPTED', 'enough')

  const servers: readonly [
    title: string,
    listener: (request: IncomingMessage) => void,
    size: number,
    askFirst: boolean,
  ][] = [
    ['while the body goes out', (request) => void request.pause(), 32 * MiB, false],
    ['while the answer is awaited', (request) => void request.resume(), MiB, false],
    ['while leave is awaited', () => {}, MiB, true],
  ]
  for (const [title, listener, size, askFirst] of servers) {
    it(`${title} ends it within a second, with the reason`, async (t) => {
      const url = await serve(t, listener)
      const controller = new AbortController()
      const put = bucketOf(t).putPart(putOf(url, randomBytes(size), { signal: controller.signal, askFirst }))
      setTimeout(() => controller.abort(reason), 100)
      const took = await timed(assert.rejects(put, (error) => error === reason))
      assert.ok(took < soonMs, String(took))
    })
  }

  it('before it begins lets nothing begin', async (t) => {
    const reached: string[] = []
    const url = await serve(t, (request) => void reached.push(request.method ?? ''))
    const opened: string[] = []
    const put = putOf(url, randomBytes(10), {
      signal: AbortSignal.abort(reason),
      open: () => {
        opened.push('body')
        return chunksOf(randomBytes(10))()
      },
    })
    await assert.rejects(bucketOf(t).putPart(put), (error) => error === reason)
    assert.deepEqual([reached, opened], [[], []])
  })
})

describe('a body that fails', () => {
  it('ends the attempt with its own error', async (t) => {
    const url = await serve(t, (request) => void request.resume())
    const changed = new UploadError('ERR_FILE_CHANGED', 'it changed')
    const open = async function* () {
      yield randomBytes(1000)
      throw changed
    }
    await assert.rejects(bucketOf(t).putPart(putOf(url, randomBytes(2000), { open })), (error) => error === changed)
  })

  it('leaves the storage without a whole part', async (t) => {
    const whole = promised<boolean>()
    const url = await serve(t, (request) => {
      request.resume().once('close', () => whole.keep(request.complete))
    })
    const open = async function* () {
      yield randomBytes(1000)
      throw new UploadError('ERR_FILE_CHANGED', 'it changed')
    }
    await rejected(bucketOf(t).putPart(putOf(url, randomBytes(2000), { open })), 'ERR_FILE_CHANGED')
    assert.equal(await whole.promise, false)
  })

  it('in being shorter than it said is an error, and no endless wait', async (t) => {
    const url = await serve(t, (request) => void request.resume())
    const put = putOf(url, randomBytes(1000), { open: chunksOf(randomBytes(10)) })
    const took = await timed(assert.rejects(bucketOf(t, { stallMs: 500 }).putPart(put), UploadError))
    assert.ok(took < soonMs, String(took))
  })
})

describe('the file behind the body', () => {
  it('stays open whatever becomes of an attempt: the next one reads it again', async (t) => {
    const file = await testFile(await tempFolder(t), 'a.bin', randomBytes(12 * MiB))
    const inspected = await inspectFile(file.path, 'a.bin', 16)
    const reader = await openFile(file.path, 'a.bin', inspected)
    t.after(() => reader.close())
    const open = () => reader.open({ start: 0, end: file.bytes.length }, () => undefined)

    const broken = await serve(t, (request) => {
      request.once('data', () => request.socket.resetAndDestroy())
    })
    const silent = await serve(t, (request) => void request.pause())
    const fine = await serve(t, async (request, response) => {
      response.writeHead(200, { etag: md5(await bodyOf(request)) }).end()
    })
    const bucket = bucketOf(t)
    await rejected(bucket.putPart(putOf(broken, file.bytes, { open })), 'ERR_NETWORK')
    await rejected(bucketOf(t, { stallMs: 300 }).putPart(putOf(silent, file.bytes, { open })), 'ERR_NETWORK')
    const controller = new AbortController()
    const aborted = bucket.putPart(putOf(silent, file.bytes, { open, signal: controller.signal }))
    setTimeout(() => controller.abort(new UploadError('ERR_INTERRUPTED', 'enough')), 50)
    await rejected(aborted, 'ERR_INTERRUPTED')
    assert.equal((await bucket.putPart(putOf(fine, file.bytes, { open }))).etag, md5(file.bytes))
    assert.equal(await reader.check(), 'same')
  })

  it('arrives whole where many parts of it go out at once', async (t) => {
    const file = await testFile(await tempFolder(t), 'a.bin', randomBytes(24 * MiB + 5))
    const inspected = await inspectFile(file.path, 'a.bin', 16)
    const reader = await openFile(file.path, 'a.bin', inspected)
    t.after(() => reader.close())
    const url = await serve(t, async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) {
        chunks.push(Buffer.from(chunk))
        if (chunks.length % 16 === 0) await sleep(2) // so that the sender's buffers fill up
      }
      response.writeHead(200, { etag: md5(Buffer.concat(chunks)) }).end()
    })
    const bucket = bucketOf(t, { connections: 8 })
    const starts = Array.from({ length: 8 }, (_, i) => i * 3 * MiB)
    await Promise.all(
      starts.map(async (start, i) => {
        const end = i === 7 ? file.bytes.length : start + 3 * MiB
        const bytes = file.bytes.subarray(start, end)
        const reply = await bucket.putPart(
          putOf(url, bytes, { open: () => reader.open({ start, end }, () => undefined) }),
        )
        assert.equal(reply.etag, md5(bytes))
      }),
    )
  })
})

describe('a body that fails by itself', () => {
  it('fails the attempt with its own error, which is no fault of the network', async (t) => {
    const url = await serve(t, async (request, response) => {
      await bodyOf(request).catch(() => {})
      response.end()
    })
    const bug = new TypeError('a bug of ours')
    const open = async function* () {
      yield randomBytes(10)
      throw bug
    }
    await assert.rejects(bucketOf(t).putPart(putOf(url, randomBytes(1000), { open })), (error) => error === bug)
  })
})

/** A server below HTTP: `answer` is called once the body of a small part is there, with how many came before on that line. */
async function rawServer(t: TestContext, answer: (socket: Socket, nth: number) => void): Promise<string> {
  const server = createServer((socket) => {
    const seen = { count: 0, bytes: 0 }
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const body = chunk.includes('\r\n\r\n') ? chunk.length - chunk.indexOf('\r\n\r\n') - 4 : chunk.length
      seen.bytes += body
      if (seen.bytes >= 10 * (seen.count + 1)) answer(socket, seen.count++)
    })
    t.after(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const otherProtocol = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'
const yes = 'HTTP/1.1 200 OK\r\netag: x\r\ncontent-length: 0\r\n\r\n'

describe('a kept connection that the storage has closed', () => {
  it('before anything was sent on it is known as such: it says nothing about the next one', async (t) => {
    const lines: Socket[] = []
    const url = await rawServer(t, (socket) => {
      lines.push(socket)
      socket.write(yes)
    })
    const bucket = bucketOf(t)
    await bucket.putPart(putOf(url, randomBytes(10)))
    const open = async function* () {
      const line = lines[0] ?? assert.fail('nothing came')
      line.resetAndDestroy()
      await once(line, 'close')
      await sleep(100)
      yield randomBytes(10)
    }
    const error = await rejected(bucket.putPart(putOf(url, randomBytes(10), { open })), 'ERR_NETWORK')
    assert.equal(error.circumstance, 'stale-connection')
    await bucket.putPart(putOf(url, randomBytes(10)))
  })

  it('with bytes of the part on the way is a failure as any other', async (t) => {
    const url = await rawServer(t, (socket, nth) => {
      if (nth === 0) socket.write(yes)
      else socket.resetAndDestroy()
    })
    const bucket = bucketOf(t)
    await bucket.putPart(putOf(url, randomBytes(10)))
    const error = await rejected(bucket.putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
    assert.equal(error.circumstance, undefined)
  })

  it('is no such thing where it was a new one', async (t) => {
    const url = await rawServer(t, (socket) => void socket.resetAndDestroy())
    const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
    assert.equal(error.circumstance, undefined)
  })

  it('is no such thing where it went silent', async (t) => {
    const url = await rawServer(t, (socket, nth) => void (nth === 0 && socket.write(yes)))
    const bucket = bucketOf(t)
    await bucket.putPart(putOf(url, randomBytes(10)))
    const error = await rejected(bucket.putPart(putOf(url, randomBytes(10), { answerMs: 300 })), 'ERR_NETWORK')
    assert.equal(error.circumstance, undefined)
  })
})

describe('a storage that changes the protocol, though nobody asked for it,', () => {
  for (const [title, askFirst] of [
    ['once the body came', false],
    ['in place of giving leave for it', true],
  ] as const) {
    it(`refuses the part, and its connection is closed: ${title}`, { timeout: 60_000 }, async (t) => {
      const { promise: closed, keep } = promised()
      const server = createServer((socket) => {
        socket.on('error', () => {}).on('close', () => keep())
        socket.on('data', (chunk) => {
          if (chunk.toString('latin1').endsWith(askFirst ? '\r\n\r\n' : 'the body')) socket.write(otherProtocol)
        })
        t.after(() => socket.destroy())
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      t.after(() => server.close())
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const put = bucketOf(t).putPart(putOf(url, Buffer.from('the body'), { askFirst }))
      const error = await rejected(put, 'ERR_STORAGE_REFUSED')
      assert.equal(error.message, 'the storage refused the bytes (part 1 of 1, 101)')
      await closed
    })
  }
})

describe('asked for leave on a kept connection', () => {
  it('a storage that knows no leave gets the body after a second, as on a new one', async (t) => {
    const url = await rawServer(t, (socket) => void socket.write(yes))
    const bucket = bucketOf(t, { stallMs: 10_000 })
    await bucket.putPart(putOf(url, randomBytes(10)))
    const took = await timed(bucket.putPart(putOf(url, randomBytes(10), { askFirst: true })))
    assert.ok(took > 800 && took < 20_000, String(took))
  })
})

describe('an answer that comes late', () => {
  const late = (t: TestContext, ms: number) =>
    serve(t, async (request, response) => {
      await bodyOf(request)
      await sleep(ms, undefined, { ref: false })
      response.writeHead(200, { etag: 'x' }).end()
    })

  it('is waited for as long as was asked for, beyond any other silence', async (t) => {
    // A machine that stands still for a while is no silence of three seconds.
    const put = putOf(await late(t, 3500), randomBytes(10), { answerMs: 60_000 })
    assert.equal((await bucketOf(t, { stallMs: 3000 }).putPart(put)).etag, 'x')
  })

  it('is not waited for any longer than that', async (t) => {
    const url = await late(t, 20_000)
    const put = bucketOf(t, { stallMs: 300 }).putPart(putOf(url, randomBytes(10), { answerMs: 600 }))
    const took = await timed(rejected(put, 'ERR_NETWORK'))
    assert.ok(took >= 500 && took < 10_000, String(took))
  })

  it('does not make a silence in the body any longer', async (t) => {
    const url = await serve(t, (request) => void request.pause())
    const put = putOf(url, randomBytes(32 * MiB), { answerMs: 60_000 })
    const took = await timed(rejected(bucketOf(t, { stallMs: 300 }).putPart(put), 'ERR_NETWORK'))
    assert.ok(took < 20_000, String(took))
  })
})

describe('a yes that brings something else with it', () => {
  const rows: readonly [title: string, headers: Record<string, string>, body: string, code: ErrorCode][] = [
    ["S3's error", {}, '<Error><Code>InternalError</Code><Message>try again</Message></Error>', 'ERR_SERVER'],
    ["S3's error and an ETag", { etag: 'x' }, '<Error><Code>InternalError</Code></Error>', 'ERR_SERVER'],
    ['an error that nobody knows', {}, '<Error><Code>Odd</Code></Error>', 'ERR_SERVER'],
    ['the wish for fewer requests', {}, '<Error><Code>SlowDown</Code></Error>', 'ERR_RATE_LIMITED'],
    ["a network's sign-in page", { 'content-type': 'text/html' }, '<html>Please sign in</html>', 'ERR_SERVER'],
  ]
  for (const [title, headers, body, code] of rows) {
    it(`is none: ${title}`, async (t) => {
      const url = await serve(t, answers(200, headers, body))
      await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), code)
    })
  }

  it('is one where it has the ETag, and words that are no error', async (t) => {
    const url = await serve(t, answers(200, { etag: 'x' }, 'thank you'))
    assert.equal((await bucketOf(t).putPart(putOf(url, randomBytes(10)))).etag, 'x')
  })
})

describe('AccessDenied', () => {
  for (const [title, past, code] of [
    ["after the URL's end is a matter of its age", true, 'ERR_URL_EXPIRED'],
    ['before it is a refusal', false, 'ERR_STORAGE_REFUSED'],
  ] as const) {
    it(title, async (t) => {
      const url = await serve(t, answers(403, {}, denied))
      await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10), { isExpired: () => past })), code)
    })
  }

  it('is one of age whatever anybody knows, where S3 says so itself', async (t) => {
    const body = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
    const url = await serve(t, answers(403, {}, body))
    await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_URL_EXPIRED')
  })

  it('is a refusal after the end too, where S3 names another reason', async (t) => {
    const url = await serve(t, answers(403, {}, '<Error><Code>SignatureDoesNotMatch</Code></Error>'))
    await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10), { isExpired: () => true })), 'ERR_STORAGE_REFUSED')
  })
})

/** Of a server that takes connections, and then says nothing. */
async function silentPort(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume()
    t.after(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('a host', () => {
  it('that never answered is told apart: it may be a slip in its name', async (t) => {
    for (const url of ['http://127.0.0.1:9', 'http://no-such-host.invalid']) {
      const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
      assert.equal(error.circumstance, 'host-never-answered', error.message)
    }
  })

  it('that speaks something else is told apart likewise', { timeout: 60_000 }, async (t) => {
    const { port, host } = new URL(await serve(t, (_, response) => void response.end()))
    const noTls = await rejected(
      bucketOf(t).putPart(putOf(`https://127.0.0.1:${port}`, randomBytes(10))),
      'ERR_NETWORK',
    )
    assert.deepEqual([noTls.message, noTls.circumstance], [`${host} does not speak TLS`, 'host-never-answered'])
    const mail = await rawServer(t, (socket) => void socket.write('220 mail.example ESMTP\r\n'))
    const noHttp = await rejected(bucketOf(t).putPart(putOf(mail, randomBytes(10))), 'ERR_NETWORK')
    const mailHost = new URL(mail).host
    assert.deepEqual([noHttp.message, noHttp.circumstance], [`${mailHost} does not speak HTTP`, 'host-never-answered'])
  })

  it('whose name nobody looks up in the time of a silence is told apart likewise', { timeout: 60_000 }, async (t) => {
    t.mock.method(dns, 'lookup', () => {})
    const put = bucketOf(t, { stallMs: 500 }).putPart(putOf('https://bucket.example', randomBytes(10)))
    const error = await rejected(put, 'ERR_NETWORK')
    assert.match(error.message, /silent/)
    assert.equal(error.circumstance, 'host-never-answered')
  })

  it('that is connected to, and silent, is there; not so where it does not even shake hands', async (t) => {
    const port = await silentPort(t)
    for (const [scheme, circumstance] of [
      ['http', undefined],
      ['https', 'host-never-answered'],
    ] as const) {
      const url = `${scheme}://127.0.0.1:${port}`
      const error = await rejected(bucketOf(t, { stallMs: 2000 }).putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
      assert.match(error.message, /silent/)
      assert.equal(error.circumstance, circumstance)
    }
  })

  it('that has answered once, though only with a no, is not', async (t) => {
    const port = await ownPort(t)
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(503, { connection: 'close' }).end())
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${port}`
    const bucket = bucketOf(t)
    await rejected(bucket.putPart(putOf(url, randomBytes(10))), 'ERR_SERVER')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    const error = await rejected(bucket.putPart(putOf(url, randomBytes(10))), 'ERR_NETWORK')
    assert.match(error.message, /refused the connection/)
    assert.equal(error.circumstance, undefined)
  })
})

describe('the clock of the storage', () => {
  it('is heard with each answer, yes or no', async (t) => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    const heard: (string | undefined)[] = []
    const bucket = bucketOf(t, { onDate: (each) => heard.push(each) })
    for (const status of [200, 503]) {
      const url = await serve(t, answers(status, { date }))
      await bucket.putPart(putOf(url, randomBytes(10))).catch(() => {})
    }
    assert.deepEqual(heard, [date, date])
  })

  it('is what a date in Retry-After is held against', async (t) => {
    const headers = { date: 'Wed, 21 Oct 2020 07:28:00 GMT', 'retry-after': 'Wed, 21 Oct 2020 07:28:30 GMT' }
    const url = await serve(t, answers(503, headers))
    const error = await rejected(bucketOf(t).putPart(putOf(url, randomBytes(10))), 'ERR_SERVER')
    assert.equal(error.retryAfterMs, 30_000)
  })
})

describe('each request', () => {
  it('is told, with its answer or without one, and without what signs its URL', async (t) => {
    const told: { url: string; method: string; status: number | null }[] = []
    const shared = createBucket({ connections: 1, userAgent: 'test/1' })
    t.after(() => shared.close())
    const bucket = shared.heardBy(({ durationMs: _, ...exchange }) => told.push(exchange))
    const fine = await serve(t, answers(200, { etag: 'x' }))
    const broken = await serve(t, (request) => void request.socket.destroy())
    await bucket.putPart(putOf(fine, randomBytes(10)))
    await rejected(bucket.putPart(putOf(broken, randomBytes(10))), 'ERR_NETWORK')
    await shared.putPart(putOf(fine, randomBytes(10))) // of which nobody asked to be told
    const seen = (url: string, status: number | null) => ({ method: 'PUT', url: `${url}/bucket/key?…`, status })
    assert.deepEqual(told, [seen(fine, 200), seen(broken, null)])
  })
})
