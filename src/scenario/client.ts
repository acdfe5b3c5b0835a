/** The API's three calls. The only file that holds the secret: what leaves it has the secret taken out. */
import http from 'node:http'
import https from 'node:https'
import got, { CancelError, RequestError } from 'got'
import { networkError, silenceError } from '../core/network-error.js'
import { redact } from '../core/redact.js'
import { type OnExchange, timed } from '../wire/exchange.js'
import { watchProgress } from '../wire/watch-progress.js'
import type { Credentials } from './credentials.js'
import { type Answer, refusal } from './refusal.js'
import {
  type CreatedUpload,
  doubtful,
  notJson,
  parseCompleted,
  parseCreated,
  parseUpload,
  type RemoteUpload,
  tooLong,
} from './schema.js'

export interface AssetOptions {
  collectionIds?: string[]
  hide?: boolean
  parentId?: string
}

/** The body of `POST /uploads`, one shape for each way in. */
export type CreateRequest =
  | {
      fileName: string
      contentType: string
      fileSize: number
      parts: number
      kind: string
      assetOptions?: AssetOptions
    }
  | { url: string; kind: string; assetOptions?: AssetOptions }
  | { huggingFaceModelName: string }
  | { civitaiModelUrl: string }

export interface ScenarioClient {
  create(request: CreateRequest, signal: AbortSignal): Promise<CreatedUpload>
  complete(id: string, signal: AbortSignal): Promise<RemoteUpload | null>
  /** `timeoutMs` is for a look that has less time than any other call. */
  get(id: string, signal: AbortSignal, timeoutMs?: number): Promise<RemoteUpload>
  close(): void
}

export interface SharedClient extends ScenarioClient {
  /** The same client, whose requests are told of. */
  heardBy(onExchange: OnExchange): ScenarioClient
}

export interface ClientOptions {
  apiUrl: string
  credentials: Credentials
  projectId: string | undefined
  userAgent: string
  /** Called once, when the first reply says that it comes from a sandbox. */
  onSandbox: () => void
  /** Most milliseconds for a call, and for each further piece of a long reply; default 30 s. */
  stallMs?: number
  /** Told the `Date` header of each answer. */
  onDate?: (date: string | undefined) => void
}

const defaultStallMs = 30_000
const connectMs = 15_000
/** A reply that brings less than this in the time of a whole call does not flow: it trickles. */
const leastFlowBytes = 16 * 1024
/** Ten thousand part URLs, each of several kilobytes, fit into it. */
const mostReplyBytes = 64 * 1024 * 1024

interface Call {
  name: 'create' | 'complete' | 'look at'
  method: 'GET' | 'POST'
  path: string
  body?: unknown
  timeoutMs?: number | undefined
  /** Told how much of the reply is there. */
  onBytes?: (bytes: number) => void
}

export function createClient(options: ClientOptions): SharedClient {
  const { apiUrl, credentials, projectId, stallMs = defaultStallMs, onDate = () => {} } = options
  const { host, protocol } = new URL(apiUrl)
  const agent = new (protocol === 'https:' ? https : http).Agent({ keepAlive: true })
  const basic = Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64')
  // A secret of a few letters is a test's: taking it out would only garble words.
  const secrets = [basic, credentials.secret, credentials.key].filter((secret) => secret.length >= 6)
  const clean = (text: string) => redact(text, secrets)
  const query = projectId === undefined ? '' : `?projectId=${encodeURIComponent(projectId)}`
  const onSandbox = once(options.onSandbox)
  const state = { met: false }

  async function send(call: Call, signal: AbortSignal): Promise<Answer> {
    const sending = got(`${apiUrl}${call.path}${query}`, {
      method: call.method,
      ...(call.body === undefined ? {} : { json: call.body }),
      headers: { authorization: `Basic ${basic}`, accept: 'application/json', 'user-agent': options.userAgent },
      agent: protocol === 'https:' ? { https: agent as https.Agent } : { http: agent },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs },
      signal,
    })
    sending.on('downloadProgress', ({ transferred }) => {
      call.onBytes?.(transferred)
      if (transferred > mostReplyBytes) sending.cancel()
    })
    const response = await sending
    state.met = true
    onDate(response.headers.date)
    if (response.headers['x-scenario-sandbox'] === '1') onSandbox()
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }

  /** Sent, and ended where it goes silent. */
  async function exchange(call: Call, signal: AbortSignal): Promise<Answer> {
    const silence = new AbortController()
    const watch = watchProgress(call.timeoutMs ?? stallMs, (ms) => silence.abort(silenceError(host, ms)))
    const flow = { bytes: 0 }
    const onBytes = (bytes: number) => {
      if (bytes - flow.bytes < leastFlowBytes) return
      flow.bytes = bytes
      watch.moved()
    }
    try {
      return await send({ ...call, onBytes }, AbortSignal.any([signal, silence.signal]))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (silence.signal.aborted) throw silence.signal.reason
      if (error instanceof CancelError) throw tooLong(host)
      if (error instanceof RequestError) {
        throw networkError(error, host, { met: state.met, reused: isStale(call, error) })
      }
      throw error
    } finally {
      watch.stop()
    }
  }

  async function request(call: Call, signal: AbortSignal, onExchange: OnExchange): Promise<unknown> {
    const tell = timed(call.method, `${apiUrl}${call.path}${query}`, onExchange)
    try {
      const answer = await exchange(call, signal)
      tell(answer.status)
      if (answer.status < 200 || answer.status > 299) throw refusal(call.name, answer, clean)
      return parseBody(call, answer)
    } finally {
      tell(null)
    }
  }

  const close = () => agent.destroy()
  const heardBy = (onExchange: OnExchange): ScenarioClient => ({
    create: async (body, signal) =>
      parseCreated(
        await request({ name: 'create', method: 'POST', path: '/uploads', body }, signal, onExchange),
        'parts' in body ? body.parts : 0,
        clean,
      ),
    complete: async (id, signal) => {
      const body = { action: 'complete' }
      const path = `/uploads/${id}/action`
      return parseCompleted(await request({ name: 'complete', method: 'POST', path, body }, signal, onExchange), clean)
    },
    get: async (id, signal, timeoutMs) => {
      const call: Call = { name: 'look at', method: 'GET', path: `/uploads/${id}`, timeoutMs }
      return parseUpload(await request(call, signal, onExchange), clean)
    },
    close,
  })
  return { ...heardBy(() => {}), heardBy }
}

/**
 * A kept connection that was closed while nobody looked. What was asked of it is not known to have been heard, so only a
 * look is simply made again; whether a create or a complete got through is a doubt like any other.
 */
function isStale({ method }: Call, { request, response }: RequestError): boolean {
  return method === 'GET' && request?.reusedSocket === true && response === undefined
}

/** The body as JSON. Only complete may answer with nothing: that it happened is all that we need of it. */
function parseBody(call: Call, { status, body }: Answer): unknown {
  if (call.name === 'complete' && body.trim() === '') return null
  try {
    return JSON.parse(body)
  } catch {
    // What speaks here is no API, and may have kept the call to itself: a gateway, or a network's sign-in page.
    if (call.name === 'complete') throw doubtful(status)
    throw notJson(call.path === '/uploads' ? 'create' : 'the look at the upload', status)
  }
}

function once(action: () => void): () => void {
  const left = [action]
  return () => left.pop()?.()
}
