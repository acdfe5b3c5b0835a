/** A relay between the command and the engine: it hands on and counts every byte, and writes down the heads. */
import { connect, createServer, type Socket } from 'node:net'
import type { Engine } from './engine.js'
import { closeServer, listen } from './server.js'
import { type Line, noTrouble, type Trouble, type Way } from './trouble.js'

/** The head of a request. */
export interface Request {
  readonly method: string
  /** Its path and query, letter for letter. */
  readonly target: string
  /** The part number in that query. */
  readonly part: number
  /** The names in lower case. A name that came twice stands here twice. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** The head of an answer. */
export interface Answer {
  readonly status: number
  readonly requestId: string | undefined
}

export interface Relay {
  /** What to sign URLs for: the engine goes by the Host header, and the relay hands it on as it came. */
  readonly address: string
  readonly requests: readonly Request[]
  readonly answers: readonly Answer[]
  /** How many connections were made to it in all. */
  connections(): number
  /** How many bytes came from the command in all, heads too. */
  bytes(): number
  /** Resolves at the moment when there are so many. */
  reached(bytes: number): Promise<void>
  close(): Promise<void>
}

export interface RelayOptions {
  /** What happens to the first connection. */
  readonly trouble?: Trouble
  /** Each later one comes through only after this. */
  readonly thenAwait?: () => Promise<void>
}

export async function startRelay(engine: Engine, { trouble, thenAwait }: RelayOptions = {}): Promise<Relay> {
  const { hostname, port } = new URL(engine.endpoint)
  const requests: Request[] = []
  const answers: Answer[] = []
  const sockets: Socket[] = []
  const meter = createMeter()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, async (near) => {
    const isFirst = sockets.push(near) === 1
    near.on('error', () => {}) // its close follows
    if (!isFirst) await thenAwait?.()
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const read = requestReader((request) => requests.push(request))
    near.on('data', (bytes: Buffer) => {
      read(bytes)
      meter.add(bytes.length)
    })
    const line = { near, far }
    const way = isFirst && trouble ? trouble(line) : noTrouble(line)
    way.back.on('data', (bytes: Buffer) => answers.push(...answersIn(bytes)))
    join(line, way)
  })
  return {
    address: await listen(server),
    requests,
    answers,
    connections: () => sockets.length,
    bytes: meter.total,
    reached: meter.reached,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return closeServer(server)
    },
  }
}

/** However one side ends, by a close or by a reset, the other one ends too. */
function join({ near, far }: Line, { out, back }: Way): void {
  near.pipe(out).pipe(far).pipe(back).pipe(near)
  near.on('close', () => far.destroy())
  far.on('error', () => {}).on('close', () => near.destroy())
}

interface Meter extends Pick<Relay, 'reached'> {
  add(bytes: number): void
  total(): number
}

function createMeter(): Meter {
  const state = { total: 0 }
  const waiting = new Set<() => void>()
  return {
    add: (bytes) => {
      state.total += bytes
      for (const look of waiting) look()
    },
    total: () => state.total,
    reached: (bytes) =>
      new Promise((resolve) => {
        const look = () => {
          if (state.total < bytes) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

/** Finds the heads in what comes over a connection: after each comes a body as long as its content-length says. */
function requestReader(onRequest: (request: Request) => void): (bytes: Buffer) => void {
  const state = { head: '', body: 0 }
  return function read(bytes) {
    const skipped = Math.min(state.body, bytes.length)
    state.body -= skipped
    state.head += bytes.toString('latin1', skipped)
    const end = state.head.indexOf('\r\n\r\n')
    if (end === -1) return
    const request = requestOf(state.head.slice(0, end))
    const rest = state.head.slice(end + 4)
    onRequest(request)
    state.head = ''
    state.body = Number(headerOf(request, 'content-length') ?? 0)
    read(Buffer.from(rest, 'latin1'))
  }
}

function requestOf(head: string): Request {
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const [method = '', target = ''] = first.split(' ')
  const part = /[?&]partNumber=(\d+)/.exec(target)?.[1]
  return { method, target, part: Number(part), headers }
}

export function headerOf({ headers }: Request, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1]
}

/** The engine's answers to a PUT are so short that each comes in one piece. */
function answersIn(bytes: Buffer): Answer[] {
  const heads = bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d+) [\s\S]*?\r\n\r\n/g)
  return [...heads].map(([head, status]) => ({
    status: Number(status),
    requestId: /^x-amz-request-id: (\S+)/im.exec(head)?.[1],
  }))
}
