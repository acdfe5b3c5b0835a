/** The ways in which a request can go wrong by order: each takes the place of the usual handling, or wraps it. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Body, Exchange, Handle, SandboxRequest } from './http.js'

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type Fault =
  /** Answers this, after the request's body was read. */
  | ({ readonly kind: 'reply' } & Reply)
  /** Answers this at once, reads nothing of the body and closes the connection. */
  | ({ readonly kind: 'early-reply' } & Reply)
  /** Resets the connection, after at least this many bytes of the body. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Does all that was asked, then cuts the connection instead of answering. */
  | { readonly kind: 'lost-answer' }
  /** Takes the body and never answers. */
  | { readonly kind: 'silent' }
  /** Flips a bit of the first byte on its way in (of use at the bucket). */
  | { readonly kind: 'corrupt' }
  /** Waits this long before it even looks at the body. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Takes each piece of the body only once that many bytes may come: a link of any speed, which requests may share. */
  | { readonly kind: 'slow'; readonly take: (bytes: number) => Promise<void> }
  /** Answers as usual, with these headers added or overridden. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }

export type ChooseFault = (request: SandboxRequest) => Fault | undefined

/** Resolves to nothing where there is nobody left to answer. */
export async function withFault(
  fault: Fault,
  exchange: Exchange,
  handle: Handle,
  closing: AbortSignal,
): Promise<Answer | undefined> {
  switch (fault.kind) {
    case 'reply':
      await drain(exchange.body())
      return replyOf(fault)
    case 'early-reply':
      return { ...replyOf(fault), close: true }
    case 'reset':
      return reset(exchange, fault.afterBytes ?? 0)
    case 'lost-answer':
      return loseAnswer(exchange, handle)
    case 'silent':
      return beSilent(exchange)
    case 'corrupt':
      return handle({ ...exchange, body: () => flipped(exchange.body()) })
    case 'slow':
      return handle({ ...exchange, body: () => slowed(exchange.body(), fault.take) })
    case 'delay':
      await sleep(fault.ms, undefined, { ref: false, signal: closing })
      return handle(exchange)
    case 'headers':
      return dressed(await handle(exchange), fault.headers)
  }
}

function replyOf({ status, headers = {}, body = '' }: Reply): Answer {
  return dressed({ status, body }, headers)
}

function dressed(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  const added = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries(added) } }
}

async function drain(body: Body): Promise<void> {
  for await (const _ of body);
}

async function reset({ body, message }: Exchange, afterBytes: number): Promise<undefined> {
  let left = afterBytes
  if (left > 0) {
    for await (const chunk of body()) {
      left -= chunk.length
      if (left <= 0) message.socket.resetAndDestroy()
    }
  }
  message.socket.resetAndDestroy()
}

async function loseAnswer(exchange: Exchange, handle: Handle): Promise<undefined> {
  await handle(exchange)
  exchange.message.socket.destroy()
}

/** Not even a `100 Continue` comes, so this reads the message itself and does not open the body. */
async function beSilent({ message }: Exchange): Promise<undefined> {
  message.resume()
  await once(message.socket, 'close')
}

async function* slowed(body: Body, take: (bytes: number) => Promise<void>): Body {
  for await (const chunk of body) {
    await take(chunk.length)
    yield chunk
  }
}

async function* flipped(body: Body): Body {
  let mask = 1
  for await (const chunk of body) {
    chunk[0] = (chunk[0] ?? 0) ^ mask
    mask = 0
    yield chunk
  }
}
