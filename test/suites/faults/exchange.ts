/** One request at the front, and what can be done to it: the words in which the deeds are written. */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf } from '../../helpers/servers.js'
import type { Step } from './steps.js'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly socket: Socket
  /** Lets in as much of the request as the step says. */
  reach(): Promise<void>
  /** Lets in all of it, with a pause of so many milliseconds after each chunk. */
  readSlowly(pauseMs: number): Promise<void>
  /** Hands the whole request on, and resolves to what the sandbox answers. */
  handOn(change?: (body: Buffer) => Buffer): Promise<Answer>
  /** Answers, and takes the rest of the body if there is any, so that the answer is surely heard. */
  say(answer: Answer): void
  /** The same, but the connection is cut at once. */
  sayAndCut(answer: Answer): void
  /** The answer as it goes over the wire. */
  raw(answer: Answer): string
  /** Halts the client for a while. */
  halt(): Promise<void>
}

export interface Surroundings {
  readonly step: Step
  /** Told all that is said to the client. */
  readonly onSaid: (text: string) => void
  readonly handOn: (request: IncomingMessage, body: Buffer) => Promise<Answer>
  readonly halt: () => Promise<void>
}

export function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  waits: boolean,
  { step, onSaid, handOn, halt }: Surroundings,
): Exchange {
  const { socket } = request
  const state: { opened: boolean; read: Buffer[] } = { opened: false, read: [] }
  const open = () => {
    if (waits && !state.opened) response.writeContinue()
    state.opened = true
  }
  const wholeBody = async () => {
    open()
    if (!request.readableEnded) state.read.push(await bodyOf(request))
    return Buffer.concat(state.read)
  }
  const say = (answer: Answer, close: boolean) => {
    const { status, headers = {}, body = '' } = answer
    onSaid(body)
    response.writeHead(status, {
      'content-length': Buffer.byteLength(body),
      ...headers,
      ...(close && { connection: 'close' }),
    })
    response.end(body)
    if (!close) request.resume()
  }
  return {
    request,
    socket,
    halt,
    reach: async () => {
      if (step === 'part head') return
      if (step !== 'part body') return void (await wholeBody())
      open()
      await readUpTo(0.5, request, state.read)
    },
    readSlowly: async (pauseMs) => {
      open()
      await readUpTo(1, request, state.read, pauseMs)
    },
    handOn: async (change = (body) => body) => handOn(request, change(await wholeBody())),
    say: (answer) => say(answer, false),
    sayAndCut: (answer) => say(answer, true),
    raw: (answer) => {
      const text = rawOf(answer)
      onSaid(text)
      return text
    },
  }
}

/** Up to this share of it. Not by a loop over the request, since leaving that would destroy it. */
async function readUpTo(share: number, request: IncomingMessage, read: Buffer[], pauseMs = 0): Promise<void> {
  const wanted = Number(request.headers['content-length']) * share
  const size = () => read.reduce((sum, { length }) => sum + length, 0)
  while (size() < wanted && !request.readableEnded && !request.destroyed) {
    const chunk: Buffer | null = request.read()
    if (!chunk) await moreOf(request)
    else if (read.push(chunk) && pauseMs > 0) await sleep(pauseMs)
  }
}

/** Resolves once there is more to read, or nothing any more; whoever waited in vain listens no longer. */
async function moreOf(request: IncomingMessage): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  const waits = ['readable', 'close'].map((event) => once(request, event, { signal }).catch(() => {}))
  await Promise.race(waits)
  settled.abort()
}

function rawOf({ status, headers = {}, body = '' }: Answer): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}

/** Resolves once the client has gone, or after this time. */
export async function gone(socket: Socket, ms = 60_000): Promise<void> {
  if (socket.destroyed) return
  const stop = new AbortController()
  const quietly = (promise: Promise<unknown>) => promise.catch(() => {})
  await Promise.race([
    quietly(once(socket, 'close', { signal: stop.signal })),
    quietly(sleep(ms, undefined, { signal: stop.signal, ref: false })),
  ])
  stop.abort()
}
