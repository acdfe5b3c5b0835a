/** The bucket: PUTs one part to its presigned URL. It knows no credentials, and sends none. */
import http from 'node:http'
import https from 'node:https'
import got, { type Request, type Response } from 'got'
import { headerOf } from '../core/headers.js'
import { networkError, silenceError } from '../core/network-error.js'
import { UploadError } from '../errors.js'
import { type OnExchange, timed } from '../wire/exchange.js'
import { type Watch, watchProgress } from '../wire/watch-progress.js'
import { type Body, pump } from './pump.js'
import { type BucketAnswer, belies, isYes, s3Error } from './s3-error.js'

export interface PartPut {
  /** How to name the part in messages. */
  label: string
  url: string
  size: number
  /** Exactly `size` bytes, afresh; called once for each attempt. */
  open: () => Body
  /** Ask for leave before the body goes out: for the attempt after a failure that nobody explained. */
  askFirst: boolean
  /** Milliseconds to wait for the answer once the last byte is out; default: as long as for any other silence. */
  answerMs?: number
  /** Whether the URL is past its end: what makes a refusal one of age. Default: nobody knows. */
  isExpired?: () => boolean
  /** Bytes of this attempt handed to the network so far. */
  onSent: (bytes: number) => void
  signal: AbortSignal
}

export interface PartReply {
  /** Without its quotes; empty where there is none. */
  etag: string
  /** The reply says that the ETag is no MD5 of what was sent. */
  encrypted: boolean
}

export interface Bucket {
  putPart(put: PartPut): Promise<PartReply>
  close(): void
}

export interface SharedBucket extends Bucket {
  /** The same bucket, whose requests are told of. */
  heardBy(onExchange: OnExchange): Bucket
}

export interface BucketOptions {
  /** Most connections at once. */
  connections: number
  userAgent: string
  /** Milliseconds without a byte accepted, or without an answer after the last one, before an attempt is given up. */
  stallMs?: number
  /** Told the `Date` header of each answer. */
  onDate?: (date: string | undefined) => void
}

const connectMs = 15_000
const defaultStallMs = 30_000
const leaveMs = 1000
/** S3's errors are a few hundred bytes; what is longer is not one. */
const mostErrorBytes = 64 * 1024

export function createBucket(options: BucketOptions): SharedBucket {
  const { connections, userAgent, stallMs = defaultStallMs, onDate = () => {} } = options
  const settings = { keepAlive: true, maxSockets: connections }
  const agent = { http: new http.Agent(settings), https: new https.Agent(settings) }
  /** Hosts that have answered: what fails there is no slip in a name. */
  const met = new Set<string>()

  /**
   * No retry of got's, since it cannot send a consumed stream again, and no redirect, since it would follow one with an
   * empty body. `content-length` is ours to set: without it the body goes out chunked, which S3 refuses.
   */
  const request = (put: PartPut) =>
    got.stream.put(put.url, {
      agent,
      headers: {
        'content-length': String(put.size),
        'user-agent': userAgent,
        ...(put.askFirst ? { expect: '100-continue' } : {}),
      },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs },
    })

  const putWith = (onExchange: OnExchange) => async (put: PartPut) => {
    put.signal.throwIfAborted()
    const tell = timed('PUT', put.url, onExchange)
    try {
      const answer = await exchange(put, request(put), { stallMs, met })
      tell(answer.status)
      onDate(headerOf(answer, 'date'))
      if (isYes(answer.status) && !belies(answer)) return replyOf(answer)
      throw s3Error(put.label, answer, put.isExpired)
    } finally {
      tell(null)
    }
  }

  const close = () => {
    agent.http.destroy()
    agent.https.destroy()
  }
  const heardBy = (onExchange: OnExchange): Bucket => ({ putPart: putWith(onExchange), close })
  return { ...heardBy(() => {}), heardBy }
}

function replyOf(answer: BucketAnswer): PartReply {
  const encryption = headerOf(answer, 'x-amz-server-side-encryption') ?? ''
  const customer = headerOf(answer, 'x-amz-server-side-encryption-customer-algorithm')
  return {
    etag: (headerOf(answer, 'etag') ?? '').replace(/^W\//, '').replaceAll('"', ''),
    encrypted: encryption.startsWith('aws:kms') || customer !== undefined,
  }
}

interface Line {
  stallMs: number
  met: Set<string>
}

/** One attempt: the body out, the answer in. Ends with the first of answer, error, silence and abort. */
async function exchange(put: PartPut, request: Request, { stallMs, met }: Line): Promise<BucketAnswer> {
  const { host } = new URL(put.url)
  const ending = new AbortController()
  const { signal } = ending
  const socket = keptSocket(request)
  try {
    return await new Promise<BucketAnswer>((resolve, reject) => {
      const state = { answered: false, sent: 0 }
      const isStale = () => socket.reused() && !state.answered && state.sent === 0
      const broken = (error: unknown) => networkError(error, host, { met: met.has(host), reused: isStale() })
      const watch = watchProgress(stallMs, (ms) => reject(silenceError(host, ms)))
      signal.addEventListener('abort', watch.stop, { once: true })
      put.signal.addEventListener('abort', () => reject(put.signal.reason), { once: true, signal })
      const onSent = (bytes: number) => {
        state.sent = bytes
        put.onSent(bytes)
      }
      const body = sendBody({ ...put, onSent }, request, { signal, watch, failed: broken, stallMs })
      body.catch((error: unknown) => {
        // A storage that has answered need not read the rest: its answer says why.
        if (!state.answered) reject(error)
      })
      // Stays for good: a destroyed request may still have an error to tell, and nobody else listens.
      request.on('error', (error) => reject(broken(error)))
      request.once('response', (response: Response) => {
        state.answered = true
        met.add(host)
        watch.expect(stallMs)
        readAnswer(request, response)
          .catch((error: unknown) => {
            throw broken(error)
          })
          .then((answer) => (isYes(answer.status) ? wholeOnly(answer, body, host) : answer))
          .then(resolve, reject)
      })
    })
  } finally {
    ending.abort()
    request.destroy()
  }
}

/** Whether the connection had carried a request before: the storage may have closed it while nobody looked. */
function keptSocket(request: Request): { reused: () => boolean } {
  const state = { reused: false }
  request.once('request', (sent: http.ClientRequest) => {
    sent.once('socket', () => {
      state.reused = sent.reusedSocket
    })
  })
  return { reused: () => state.reused }
}

/** A "yes" counts only for a body that was all sent. */
async function wholeOnly(answer: BucketAnswer, body: Promise<boolean>, host: string): Promise<BucketAnswer> {
  if (await body) return answer
  throw new UploadError('ERR_NETWORK', `${host} answered before the bytes were sent`)
}

interface Sending {
  signal: AbortSignal
  watch: Watch
  failed: (error: unknown) => UploadError
  stallMs: number
}

/**
 * Whether all of it went out. A storage that refuses early often resets the connection while the body is still going
 * out, and its reason is lost with it. Asked for leave first (`expect: 100-continue`), it can say why.
 */
async function sendBody(put: PartPut, request: Request, { signal, watch, failed, stallMs }: Sending): Promise<boolean> {
  if (put.askFirst && !(await leave(request, signal))) return false
  const onSent = (bytes: number) => {
    watch.moved()
    put.onSent(bytes)
  }
  await pump(put.open(), { request, signal, onSent, failed })
  watch.expect(put.answerMs ?? stallMs)
  return true
}

/** Whether the body may go out: not where the answer came first. A server that knows no leave is not waited for. */
function leave(request: Request, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = []
    const settle = (granted: boolean) => {
      for (const timer of timers) clearTimeout(timer)
      resolve(granted)
    }
    request.once('response', () => settle(false))
    request.once('request', (sent: http.ClientRequest) => {
      sent.once('continue', () => settle(true))
      // From when the question is on its way: a slow connection is no answer.
      onceConnected(sent, () => timers.push(setTimeout(() => settle(true), leaveMs)))
    })
    signal.addEventListener('abort', () => settle(false), { once: true })
  })
}

function onceConnected(request: http.ClientRequest, then: () => void): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) then()
    else socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', then)
  })
}

async function readAnswer(request: Request, response: Response): Promise<BucketAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk)
    if (chunks.reduce((sum, { length }) => sum + length, 0) > mostErrorBytes) break
  }
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }
}
