/** A relay between the command and the engine that writes down what went over the wire, and can break it once. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Engine } from './engine.js'
import { closeServer, listen } from './server.js'

/** A request as it came. */
export interface Request {
  readonly method: string
  /** The part number in its query. */
  readonly part: number
  /** The names in lower case. A name that came twice stands here twice. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** The head of the engine's answer. */
export interface Answer {
  readonly status: number
  readonly requestId: string | undefined
}

export interface Relay {
  /** What to sign URLs for: the engine goes by the Host header, and the relay passes it on as it came. */
  readonly address: string
  readonly requests: readonly Request[]
  readonly answers: readonly Answer[]
  /** How many connections were made to it in all. */
  connections(): number
  close(): Promise<void>
}

export interface RelayOptions {
  /** Resets the connection of the first request after so many bytes of its body. */
  readonly breakOnceAfter?: number
}

export async function startRelay(engine: Engine, { breakOnceAfter }: RelayOptions = {}): Promise<Relay> {
  const requests: Request[] = []
  const answers: Answer[] = []
  const connections = new Set<Socket>()
  const server = createServer((incoming, reply) => {
    if (breakOnceAfter !== undefined && requests.length === 0) resetAfter(incoming, breakOnceAfter)
    requests.push(requestOf(incoming))
    pass(engine, incoming, reply, (response) => answers.push(answerOf(response)))
  })
  server.on('connection', (socket) => connections.add(socket))
  // Idle connections stay: one that the relay closed would be counted again where the command has to make it anew.
  server.keepAliveTimeout = 0
  return {
    address: await listen(server),
    requests,
    answers,
    connections: () => connections.size,
    close: () => closeServer(server),
  }
}

/** Sends the request on as it came, and the answer back as it came. */
function pass(
  engine: Engine,
  incoming: IncomingMessage,
  reply: ServerResponse,
  onAnswer: (response: IncomingMessage) => void,
): void {
  const { hostname, port } = new URL(engine.endpoint)
  const { method, url: path } = incoming
  const headers = withoutConnection(incoming.rawHeaders)
  const outgoing = request({ hostname, port, method, path, headers, setHost: false, agent: false })
  outgoing.on('response', (response) => {
    onAnswer(response)
    reply.writeHead(response.statusCode ?? 502, withoutConnection(response.rawHeaders))
    response.pipe(reply)
  })
  // Whichever side breaks off, the other one sees just that: a broken connection.
  outgoing.on('error', () => incoming.destroy())
  incoming.on('error', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

function resetAfter(incoming: IncomingMessage, limit: number): void {
  const seen = { bytes: 0 }
  incoming.on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length
    if (seen.bytes >= limit) incoming.socket.resetAndDestroy()
  })
}

function requestOf({ method = '', url = '', rawHeaders }: IncomingMessage): Request {
  const { searchParams } = new URL(url, 'http://relay')
  return { method, part: Number(searchParams.get('partNumber')), headers: pairs(rawHeaders) }
}

function answerOf({ statusCode, headers }: IncomingMessage): Answer {
  return { status: statusCode ?? 0, requestId: headers['x-amz-request-id']?.toString() }
}

/** All headers but the one that is a matter between two neighbours: a `close` of the engine is not for the command. */
function withoutConnection(raw: readonly string[]): string[] {
  return pairs(raw).flatMap(([name, value]) => (name === 'connection' ? [] : [name, value]))
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? '']] : []))
}
