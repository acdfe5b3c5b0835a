/** Opens one of the two servers: every request is noted, given to its fault or its handler, and answered here. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ChooseFault, withFault } from './faults.js'
import type { Answer, DoorName, Exchange, Handle, Target } from './http.js'
import type { Journal } from './journal.js'

export interface Door {
  readonly name: DoorName
  identify(method: string, path: string, query: URLSearchParams): Target
  readonly handle: Handle
}

/** What both doors share. */
export interface Surroundings {
  readonly journal: Journal
  readonly fault: ChooseFault
  /** Aborts when the sandbox closes. */
  readonly closing: AbortSignal
}

export interface OpenDoor {
  readonly url: string
  close(): Promise<void>
}

export async function openDoor(door: Door, around: Surroundings): Promise<OpenDoor> {
  const running = new Set<Promise<void>>()
  const receive = (message: IncomingMessage, response: ServerResponse, waits: boolean) => {
    const exchange = attend(door, around, message, response, waits).finally(() => running.delete(exchange))
    running.add(exchange)
  }
  // Without a time limit for a whole request: a large part on a slow link is no attack here.
  const server = createServer({ requestTimeout: 0 })
  server.on('request', (message, response) => receive(message, response, false))
  server.on('checkContinue', (message, response) => receive(message, response, true))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await Promise.all([closed, ...running])
    },
  }
}

async function attend(
  door: Door,
  { journal, fault, closing }: Surroundings,
  message: IncomingMessage,
  response: ServerResponse,
  waits: boolean,
): Promise<void> {
  const [path = '/', ...rest] = (message.url ?? '/').split('?')
  const query = new URLSearchParams(rest.join('?'))
  const entry = journal.enter(door.name, door.identify(message.method ?? '', path, query), message, path, query)
  response.once('close', entry.left)
  const exchange: Exchange = { about: entry.request, query, message, body: () => opened(message, response, waits) }
  const answer = await answerTo(exchange, door.handle, fault, closing)
  // Before the answer is out: a client that then sends its next part must not be counted twice.
  entry.left()
  if (!answer || response.destroyed) return
  entry.answered(answer.status)
  send(response, answer)
}

async function answerTo(exchange: Exchange, handle: Handle, fault: ChooseFault, closing: AbortSignal) {
  try {
    const chosen = fault(exchange.about)
    return chosen ? await withFault(chosen, exchange, handle, closing) : await handle(exchange)
  } catch (error) {
    // Either the client or the sandbox went away in the middle, and nobody hears this; or it is a defect, to be seen.
    return { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: String(error) }
  }
}

function opened(message: IncomingMessage, response: ServerResponse, waits: boolean): IncomingMessage {
  if (waits) response.writeContinue()
  return message
}

function send(response: ServerResponse, { status, headers, body = '', close = false }: Answer): void {
  response.writeHead(status, {
    'x-scenario-sandbox': '1',
    'content-length': String(Buffer.byteLength(body)),
    ...(close ? { connection: 'close' } : {}),
    ...headers,
  })
  response.end(body)
}
