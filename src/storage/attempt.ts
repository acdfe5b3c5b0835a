/** One attempt at a PUT: the body out, the answer in. */
import type http from 'node:http'
import type { Request, Response } from 'got'
import { networkError, silenceError } from '../core/network-error.js'
import { UploadError } from '../errors.js'
import { onceConnected } from '../wire/once-connected.js'
import { onceSwitched } from '../wire/switched.js'
import { type Watch, watchProgress } from '../wire/watch-progress.js'
import type { PartPut } from './bucket.js'
import type { Pace } from './pace.js'
import { pump } from './pump.js'
import { type BucketAnswer, isYes } from './s3-error.js'

const leaveMs = 1000
/** S3's errors are a few hundred bytes; what is longer is not one. */
const mostErrorBytes = 64 * 1024

export interface Line {
  stallMs: number
  pace: Pace
  /** Hosts that have answered: what fails there is no slip in a name. */
  met: Set<string>
}

/** Ends with the first of answer, error, silence and abort. */
export async function attempt(put: PartPut, request: Request, { stallMs, pace, met }: Line): Promise<BucketAnswer> {
  const { host } = new URL(put.url)
  const ending = new AbortController()
  const { signal } = ending
  const door = 'storage'
  const connection = connectionOf(request)
  try {
    return await new Promise<BucketAnswer>((resolve, reject) => {
      const state = { answered: false, sent: 0 }
      const isStale = () => connection.reused() && !state.answered && state.sent === 0
      const broken = (error: unknown) => networkError(error, host, { met: met.has(host), reused: isStale(), door })
      const silent = (ms: number) => silenceError(host, ms, { met: met.has(host), connected: connection.made() })
      const watch = watchProgress(stallMs, (ms) => reject(silent(ms)))
      signal.addEventListener('abort', watch.stop, { once: true })
      put.signal.addEventListener('abort', () => reject(put.signal.reason), { once: true, signal })
      const onSent = (bytes: number) => {
        state.sent = bytes
        watch.moved()
        put.onSent(bytes)
      }
      const { gone } = connection
      const body = sendBody({ ...put, onSent }, request, { signal, gone, watch, failed: broken, stallMs, pace })
      body.catch((error: unknown) => {
        // A storage that has answered need not read the rest: its answer says why.
        if (!state.answered) reject(error)
      })
      // Stays for good: a destroyed request may still have an error to tell, and nobody else listens.
      request.on('error', (error) => reject(broken(error)))
      const answered = () => {
        state.answered = true
        met.add(host)
      }
      connection.onSwitched((answer) => {
        answered()
        resolve(answer)
      })
      request.once('response', (response: Response) => {
        answered()
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

interface Connection {
  /** Whether it stands. */
  made: () => boolean
  /** Whether it had carried a request before: the storage may have closed it while nobody looked. */
  reused: () => boolean
  /** Aborted once it carries this request no more: what is written from then on got drops, without a word. */
  gone: AbortSignal
  onSwitched: (then: (answer: BucketAnswer) => void) => void
}

function connectionOf(request: Request): Connection {
  const state = { made: false, reused: false }
  const going = new AbortController()
  request.once('request', (sent: http.ClientRequest) => {
    sent.once('close', () => going.abort())
    sent.once('socket', () => {
      state.reused = sent.reusedSocket
    })
    onceConnected(sent, () => {
      state.made = true
    })
  })
  const onSwitched: Connection['onSwitched'] = (then) => {
    request.once('request', (sent: http.ClientRequest) => onceSwitched(sent, then))
  }
  return { made: () => state.made, reused: () => state.reused, gone: going.signal, onSwitched }
}

/** A "yes" counts only for a body that was all sent. */
async function wholeOnly(answer: BucketAnswer, body: Promise<boolean>, host: string): Promise<BucketAnswer> {
  if (await body) return answer
  throw new UploadError('ERR_NETWORK', `${host} answered before the bytes were sent`)
}

interface Sending {
  signal: AbortSignal
  gone: AbortSignal
  watch: Watch
  failed: (error: unknown) => UploadError
  stallMs: number
  pace: Pace
}

/**
 * Whether all of it went out. A storage that refuses early often resets the connection while the body is still going
 * out, and its reason is lost with it. Asked for leave first (`expect: 100-continue`), it can say why.
 */
async function sendBody(put: PartPut, request: Request, sending: Sending): Promise<boolean> {
  const { signal, gone, watch, failed, stallMs, pace } = sending
  if (put.askFirst && !(await leave(request, signal))) return false
  // A silence of our own making is none.
  const onWait = (ms: number) => {
    watch.expect(stallMs + ms)
    put.onHeld?.(ms)
  }
  const whole = await pump(put.open(), { request, signal, gone, onSent: put.onSent, failed, pace, onWait })
  if (whole) watch.expect(put.answerMs ?? stallMs)
  return whole
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

async function readAnswer(request: Request, response: Response): Promise<BucketAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk)
    if (chunks.reduce((sum, { length }) => sum + length, 0) > mostErrorBytes) break
  }
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }
}
