/** Remembers every request in order, how often each was tried, and how many parts came in at once. */
import type { IncomingMessage } from 'node:http'
import type { DoorName, SandboxRequest, Target } from './http.js'

export interface RecordedRequest extends SandboxRequest {
  /** Milliseconds since 1970. */
  readonly at: number
  /** A part URL's signature is left out. */
  readonly query: Readonly<Record<string, string>>
  readonly hasAuthorization: boolean
  /** What was answered; null as long as nothing was, for ever if the answer was lost. */
  readonly status: number | null
}

/** A request's line in the journal, to be filled in when it ends. */
export interface Entry {
  readonly request: RecordedRequest
  answered(status: number): void
  /** The request takes no more of the sender's room; may be said more than once. */
  left(): void
}

/** A sandbox may stay up for days: the oldest requests are forgotten. */
const mostKept = 10_000

export class Journal {
  readonly #requests: RecordedRequest[] = []
  readonly #attempts = new Map<string, number>()
  readonly #receiving = new Set<number>()
  #mostReceiving = 0

  enter(door: DoorName, target: Target, message: IncomingMessage, path: string, query: URLSearchParams): Entry {
    const { authorization, ...headers } = message.headers
    const index = this.#requests.length
    const request: RecordedRequest = {
      ...target,
      door,
      method: message.method ?? '',
      path,
      attempt: this.#attempt(target),
      headers,
      at: Date.now(),
      query: shown(query),
      hasAuthorization: authorization !== undefined,
      status: null,
    }
    this.#requests.push(request)
    this.#forget(index - mostKept)
    if (target.call === 'put') this.#receive(index)
    return {
      request,
      answered: (status) => {
        if (this.#requests[index]) this.#requests[index] = { ...request, status }
      },
      left: () => this.#receiving.delete(index),
    }
  }

  requests(): RecordedRequest[] {
    return this.#requests.filter((request) => request !== undefined)
  }

  maxPartsInFlight(): number {
    return this.#mostReceiving
  }

  #attempt({ call, uploadId, partNumber }: Target): number {
    const key = [call, uploadId, partNumber].join(' ')
    const attempt = (this.#attempts.get(key) ?? 0) + 1
    this.#attempts.set(key, attempt)
    return attempt
  }

  /** The places of the others stay, since they are what their entries know. */
  #forget(index: number): void {
    if (index >= 0) delete this.#requests[index]
  }

  #receive(index: number): void {
    this.#receiving.add(index)
    this.#mostReceiving = Math.max(this.#mostReceiving, this.#receiving.size)
  }
}

function shown(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([name]) => name !== 'X-Amz-Signature'))
}
