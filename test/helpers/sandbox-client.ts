/** Speaks to a sandbox in plain HTTP, with every header in the caller's hand. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import type { CreateBody, Sandbox } from '../../src/sandbox/index.js'

export interface Heard {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Whether `100 Continue` came first. */
  readonly continued: boolean
}

export interface Said {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent with its content-length. */
  readonly body?: string | Buffer
  /** Sent instead of the body, without a length. */
  readonly chunked?: string
}

export interface ShownUpload {
  readonly id: string
  readonly status: string
  readonly entityId?: string
  readonly errorMessage?: string
  readonly parts?: readonly { number: number; url: string; expires: string }[]
  readonly [field: string]: unknown
}

/** One request on a connection of its own; with `expect: 100-continue` the body waits for the word. */
export async function send(
  url: string,
  { method = 'PUT', headers = {}, body = '', chunked }: Said = {},
): Promise<Heard> {
  const length = chunked === undefined ? { 'content-length': Buffer.byteLength(body) } : {}
  const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: false })
  const told = { continued: false }
  const say = () => {
    if (chunked !== undefined) outgoing.write(chunked)
    outgoing.end(body)
  }
  outgoing.on('continue', () => {
    told.continued = true
    say()
  })
  if (headers.expect) outgoing.flushHeaders()
  else say()
  const [response] = await once(outgoing, 'response')
  const parts: Buffer[] = []
  for await (const chunk of response) parts.push(chunk)
  outgoing.destroy()
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString(), ...told }
}

export function basic({ key, secret }: { key: string; secret: string }): string {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`
}

/** A call of the API with the sandbox's own credentials. */
export function call(sandbox: Sandbox, method: string, path: string, body?: unknown): Promise<Heard> {
  const headers = { authorization: basic(sandbox.credentials), 'content-type': 'application/json' }
  return send(sandbox.apiUrl + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

export async function create(sandbox: Sandbox, body: CreateBody, query = ''): Promise<ShownUpload> {
  return shown(await call(sandbox, 'POST', `/uploads${query}`, body))
}

export async function look(sandbox: Sandbox, id: string): Promise<ShownUpload> {
  return shown(await call(sandbox, 'GET', `/uploads/${id}`))
}

export function complete(sandbox: Sandbox, id: string): Promise<Heard> {
  return call(sandbox, 'POST', `/uploads/${id}/action`, { action: 'complete' })
}

/** Looks until it is so; a test that hopes in vain ends after half a minute. */
export async function until(sandbox: Sandbox, id: string, isSo: (upload: ShownUpload) => boolean) {
  const end = performance.now() + 30_000
  for (;;) {
    const upload = await look(sandbox, id)
    if (isSo(upload)) return upload
    assert.ok(performance.now() < end, `still ${upload.status}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export function partUrl(upload: ShownUpload, number = 1): string {
  const part = upload.parts?.find((candidate) => candidate.number === number)
  assert.ok(part, `no part ${number}`)
  return part.url
}

function shown({ status, body }: Heard): ShownUpload {
  assert.equal(status, 200, body)
  return JSON.parse(body).upload
}
