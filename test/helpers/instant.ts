/** An API and a bucket that answer at once, and count what it costs to reach them: connections, requests, segments. */
import { createHash } from 'node:crypto'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import type { Pair } from './authority.js'
import { bodyOf, createReply, credentials, json, uploadId } from './servers.js'

/** What one of the two saw. */
export interface Door {
  connections: number
  /** Of them, those that went on with an earlier TLS session. */
  resumed: number
  /** `POST /v1/uploads`, in order. */
  requests: string[]
  /** Requests that asked for leave before their body. */
  asked: number
}

export interface InstantScenario {
  apiUrl: string
  credentials: typeof credentials
  api: Door
  bucket: Door
}

export interface InstantOptions {
  /** With these, over TLS. */
  pair?: Pair
  /** The bucket ends each connection with its answer. */
  bucketCloses?: boolean
  /** Looks at the upload until one says imported; default 1. */
  looks?: number
}

export async function instantScenario(
  t: Pick<TestContext, 'after'>,
  { pair, bucketCloses = false, looks = 1 }: InstantOptions = {},
): Promise<InstantScenario> {
  const bucket = await openDoor(t, pair, async (request, response) => {
    const hash = createHash('md5')
    for await (const chunk of request) hash.update(chunk)
    const headers = { etag: `"${hash.digest('hex')}"`, ...(bucketCloses ? { connection: 'close' } : {}) }
    response.writeHead(200, headers).end()
  })
  const left = { looks }
  const api = await openDoor(t, pair, async (request, response) => {
    const body = await bodyOf(request)
    if (request.url === '/v1/uploads') return json(response, 200, createReply(bucket.url, JSON.parse(`${body}`).parts))
    const ended = request.method === 'GET' && --left.looks <= 0
    const state = ended ? { status: 'imported', entityId: 'asset_instant' } : { status: 'validating' }
    json(response, 200, { upload: { id: uploadId, ...state } })
  })
  return { apiUrl: `${api.url}/v1`, credentials, api: api.door, bucket: bucket.door }
}

async function openDoor(t: Pick<TestContext, 'after'>, pair: Pair | undefined, listener: RequestListener) {
  const door: Door = { connections: 0, resumed: 0, requests: [], asked: 0 }
  const server = pair ? https.createServer(pair) : http.createServer()
  const count = (request: IncomingMessage) => {
    door.requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (request.headers.expect !== undefined) door.asked++
  }
  server.on('request', count).on('request', listener)
  server.on(pair ? 'secureConnection' : 'connection', (socket: Socket) => {
    door.connections++
    if (socket instanceof TLSSocket && socket.isSessionReused()) door.resumed++
  })
  // Longer than any command takes, on any machine: a connection that ends sooner is the command's own doing.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `${pair ? 'https' : 'http'}://127.0.0.1:${port}`, door }
}

/** Ways there and back that an upload of one part need not have made: one connection to each, and four requests. */
export function roundTripsBeyond({ api, bucket }: InstantScenario): number {
  const connections = api.connections + bucket.connections - 2
  const requests = api.requests.length + bucket.requests.length - 4
  return connections + requests + api.asked + bucket.asked
}
