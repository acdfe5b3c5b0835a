/** What one request is, and what is said to it: the words that both doors and the faults share. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

export type DoorName = 'api' | 'bucket'
export type Call = 'create' | 'get' | 'complete' | 'put' | 'other'

/** What a request asks for, as far as its first line tells. */
export interface Target {
  readonly call: Call
  readonly uploadId?: string
  readonly partNumber?: number
}

export interface SandboxRequest extends Target {
  readonly door: DoorName
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** From 1, counted for each call, upload and part. */
  readonly attempt: number
  /** All but `authorization`, which nobody needs to read. */
  readonly headers: IncomingHttpHeaders
}

/** A body as it comes in: it can be read once, and whoever leaves off in the middle cuts the connection. */
export type Body = AsyncIterable<Buffer>

export interface Exchange {
  readonly about: SandboxRequest
  readonly query: URLSearchParams
  readonly message: IncomingMessage
  /** Opens the body, and tells a client that waits for `100 Continue` to send it. */
  readonly body: () => Body
}

export interface Answer {
  readonly status: number
  /** Names in lower case, so that a fault can override them. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Close the connection after the answer, whatever of the body is still to come. */
  readonly close?: boolean
}

export type Handle = (exchange: Exchange) => Promise<Answer>

export function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

/** The whole body as text, or nothing where it is over the limit: the rest is then read and dropped. */
export async function readText(body: Body, limit: number): Promise<string | undefined> {
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size <= limit) kept.push(chunk)
  }
  return size <= limit ? Buffer.concat(kept).toString('utf8') : undefined
}
