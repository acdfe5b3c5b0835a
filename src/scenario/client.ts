/** The API's three calls. The only file that holds the secret: what leaves it has the secret taken out. */
import type { AssetOptions } from '../core/asset-options.js'
import { headerOf } from '../core/headers.js'
import { basicOf, wordsToHide } from '../core/login.js'
import type { ProxySettings } from '../core/proxy.js'
import { type Clean, redact } from '../core/redact.js'
import { UploadError } from '../errors.js'
import { type OnExchange, timed } from '../wire/exchange.js'
import type { Credentials } from './credentials.js'
import { createLine } from './line.js'
import { type Answer, refusal } from './refusal.js'
import {
  type CreatedUpload,
  doubtful,
  notJson,
  parseCompleted,
  parseCreated,
  parseUpload,
  type RemoteUpload,
} from './schema.js'

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
  /** The same client, whose requests are told of; `secrets` are taken out of the words that answer them. */
  heardBy(onExchange: OnExchange, secrets?: readonly string[]): ScenarioClient
}

export interface ClientOptions {
  apiUrl: string
  /** Null: nothing is said of who asks, and the API refuses whatever is asked. */
  credentials: Credentials | null
  projectId: string | undefined
  userAgent: string
  /** Called once, when the first reply says that it comes from a sandbox. */
  onSandbox: () => void
  /** Most milliseconds for a call, and for each further piece of a long reply; default 30 s. */
  stallMs?: number
  /** Default: no proxy. */
  proxy?: ProxySettings | undefined
  /** Told the `Date` header of each answer. */
  onDate?: (date: string | undefined) => void
}

interface Call {
  name: 'create' | 'complete' | 'look at'
  method: 'GET' | 'POST'
  path: string
  body?: unknown
  timeoutMs?: number | undefined
}

/** Who hears of a call. */
interface Ear {
  onExchange: OnExchange
  /** For what the server says freely. An id or a status may well hold what also stands in the address of a source. */
  words: Clean
}

export function createClient(options: ClientOptions): SharedClient {
  const { apiUrl, credentials, projectId } = options
  const { authorization, secrets } = credentials ? said(credentials) : { authorization: {}, secrets: [] }
  const clean = (text: string) => redact(text, secrets)
  const headers = { ...authorization, accept: 'application/json', 'user-agent': options.userAgent }
  const line = createLine({ ...options, headers })
  const query = projectId === undefined ? '' : `?projectId=${encodeURIComponent(projectId)}`
  const onSandbox = once(options.onSandbox)

  async function request(call: Call, signal: AbortSignal, { onExchange, words }: Ear): Promise<unknown> {
    const ask = { ...call, url: `${apiUrl}${call.path}${query}` }
    const tell = timed(ask.method, ask.url, onExchange)
    try {
      const answer = await line.send(ask, signal).catch((error: unknown) => {
        throw call.name === 'complete' && isEndless(error) ? doubtful('without an end') : error
      })
      tell(answer.status)
      if (headerOf(answer, 'x-scenario-sandbox') === '1') onSandbox()
      if (answer.status < 200 || answer.status > 299) throw refusal(call.name, answer, words, { apiUrl })
      return parseBody(call, answer)
    } finally {
      tell(null)
    }
  }

  const hearing = (ear: Ear): ScenarioClient => ({
    create: async (body, signal) => {
      const answer = await request({ name: 'create', method: 'POST', path: '/uploads', body }, signal, ear)
      return parseCreated(answer, 'parts' in body ? body.parts : 0, clean, ear.words)
    },
    complete: async (id, signal) => {
      const body = { action: 'complete' }
      const path = `/uploads/${id}/action`
      return parseCompleted(
        await request({ name: 'complete', method: 'POST', path, body }, signal, ear),
        clean,
        ear.words,
      )
    },
    get: async (id, signal, timeoutMs) => {
      const call: Call = { name: 'look at', method: 'GET', path: `/uploads/${id}`, timeoutMs }
      return parseUpload(await request(call, signal, ear), clean, ear.words)
    },
    close: line.close,
  })
  const heardBy = (onExchange: OnExchange, own: readonly string[] = []) =>
    hearing({ onExchange, words: (text) => redact(text, [...secrets, ...own]) })
  return { ...heardBy(() => {}), heardBy }
}

/** The credentials as they are sent, and what must be taken out of all that comes back. */
function said({ key, secret }: Credentials) {
  const basic = basicOf(key, secret)
  return { authorization: { authorization: `Basic ${basic}` }, secrets: wordsToHide([basic, secret, key]) }
}

const isEndless = (error: unknown) => error instanceof UploadError && error.code === 'ERR_REPLY'

/** The body as JSON. Only complete may answer with nothing: that it happened is all that we need of it. */
function parseBody(call: Call, { status, body }: Answer): unknown {
  if (call.name === 'complete' && body.trim() === '') return null
  try {
    return JSON.parse(body)
  } catch {
    // What speaks here is no API, and may have kept the call to itself: a gateway, or a network's sign-in page.
    if (call.name === 'complete') throw doubtful(`${status} with something that is no JSON`)
    throw notJson(call.path === '/uploads' ? 'create' : 'the look at the upload', status)
  }
}

function once(action: () => void): () => void {
  const left = [action]
  return () => left.pop()?.()
}
