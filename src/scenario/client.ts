/** The API's three calls. The only file that holds the secret: what leaves it has the secret taken out. */
import http from 'node:http'
import https from 'node:https'
import got, { CancelError, RequestError } from 'got'
import { networkError } from '../core/network-error.js'
import { redact } from '../core/redact.js'
import type { Credentials } from './credentials.js'
import { type Answer, refusal } from './refusal.js'
import {
  type CreatedUpload,
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

export interface ClientOptions {
  apiUrl: string
  credentials: Credentials
  projectId: string | undefined
  userAgent: string
  /** Called once, when the first reply says that it comes from a sandbox. */
  onSandbox: () => void
}

/** No call of the API may take longer than this, whatever the network does. */
const callTimeoutMs = 30_000
/** Ten thousand part URLs, each of several kilobytes, fit into it. */
const mostReplyBytes = 64 * 1024 * 1024

interface Call {
  name: 'create' | 'complete' | 'look at'
  method: 'GET' | 'POST'
  path: string
  body?: unknown
  timeoutMs?: number | undefined
}

export function createClient(options: ClientOptions): ScenarioClient {
  const { apiUrl, credentials, projectId } = options
  const { host, protocol } = new URL(apiUrl)
  const agent = new (protocol === 'https:' ? https : http).Agent({ keepAlive: true })
  const basic = Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64')
  // A secret of a few letters is a test's: taking it out would only garble words.
  const secrets = [basic, credentials.secret, credentials.key].filter((secret) => secret.length >= 6)
  const clean = (text: string) => redact(text, secrets)
  const query = projectId === undefined ? '' : `?projectId=${encodeURIComponent(projectId)}`
  const onSandbox = once(options.onSandbox)

  async function send(call: Call, signal: AbortSignal): Promise<Answer> {
    const sending = got(`${apiUrl}${call.path}${query}`, {
      method: call.method,
      ...(call.body === undefined ? {} : { json: call.body }),
      headers: { authorization: `Basic ${basic}`, accept: 'application/json', 'user-agent': options.userAgent },
      agent: protocol === 'https:' ? { https: agent as https.Agent } : { http: agent },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      timeout: { request: call.timeoutMs ?? callTimeoutMs },
      signal,
    })
    sending.on('downloadProgress', ({ transferred }) => {
      if (transferred > mostReplyBytes) sending.cancel()
    })
    const response = await sending
    if (response.headers['x-scenario-sandbox'] === '1') onSandbox()
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }

  async function request(call: Call, signal: AbortSignal): Promise<unknown> {
    const answer = await send(call, signal).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason
      if (error instanceof CancelError) throw tooLong(host)
      if (error instanceof RequestError) throw networkError(error, host)
      throw error
    })
    if (answer.status < 200 || answer.status > 299) throw refusal(call.name, answer, clean)
    return parseBody(call, answer)
  }

  return {
    create: async (body, signal) =>
      parseCreated(
        await request({ name: 'create', method: 'POST', path: '/uploads', body }, signal),
        'parts' in body ? body.parts : 0,
        clean,
      ),
    complete: async (id, signal) => {
      const body = { action: 'complete' }
      const path = `/uploads/${id}/action`
      return parseCompleted(await request({ name: 'complete', method: 'POST', path, body }, signal), clean)
    },
    get: async (id, signal, timeoutMs) =>
      parseUpload(await request({ name: 'look at', method: 'GET', path: `/uploads/${id}`, timeoutMs }, signal), clean),
    close: () => agent.destroy(),
  }
}

/** The body as JSON. Only complete may answer with none: that it happened is all that we need of it. */
function parseBody(call: Call, { status, body }: Answer): unknown {
  try {
    return JSON.parse(body)
  } catch {
    if (call.name === 'complete') return null
    throw notJson(call.path === '/uploads' ? 'create' : 'the look at the upload', status)
  }
}

function once(action: () => void): () => void {
  const left = [action]
  return () => left.pop()?.()
}
