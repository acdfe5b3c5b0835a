/** The connection to the API: one request out, one answer in, and an end to every wait. It trusts nothing of what comes. */
import type { ClientRequest } from 'node:http'
import got, { CancelError, RequestError } from 'got'
import { headerOf } from '../core/headers.js'
import { networkError, silenceError } from '../core/network-error.js'
import type { ProxySettings } from '../core/proxy.js'
import { connectMs, createAgents } from '../wire/agents.js'
import { onceConnected } from '../wire/once-connected.js'
import { onceSwitched } from '../wire/switched.js'
import { watchProgress } from '../wire/watch-progress.js'
import type { Answer } from './refusal.js'
import { tooLong } from './schema.js'

export interface LineOptions {
  apiUrl: string
  /** Of every request; the secret is among them. */
  headers: Record<string, string>
  /** Most milliseconds for a call, and for each further piece of a long reply; default 30 s. */
  stallMs?: number | undefined
  /** Default: no proxy. */
  proxy?: ProxySettings | undefined
  /** Told the `Date` header of each answer. */
  onDate?: ((date: string | undefined) => void) | undefined
}

export interface Ask {
  method: 'GET' | 'POST'
  url: string
  body?: unknown
  /** Where there is less time than for any other call. */
  timeoutMs?: number | undefined
}

export interface Line {
  /** Throws ERR_NETWORK, ERR_CERTIFICATE, ERR_REPLY for what has no end, or the signal's reason. */
  send(ask: Ask, signal: AbortSignal): Promise<Answer>
  close(): void
}

interface Noticing {
  onBytes: (bytes: number) => void
  onConnected: () => void
}

const defaultStallMs = 30_000
/** A reply that brings less than this in the time of a whole call does not flow: it trickles. */
const leastFlowBytes = 16 * 1024
/** Ten thousand part URLs, each of several kilobytes, fit into it. */
const mostReplyBytes = 64 * 1024 * 1024

export function createLine({ apiUrl, headers, stallMs = defaultStallMs, proxy, onDate }: LineOptions): Line {
  const { host } = new URL(apiUrl)
  const agents = createAgents({ proxy, stallMs })
  const state = { met: false }

  async function exchange(ask: Ask, signal: AbortSignal, { onBytes, onConnected }: Noticing): Promise<Answer> {
    const agent = await agents.of(ask.url)
    const sending = got(ask.url, {
      method: ask.method,
      ...(ask.body === undefined ? {} : { json: ask.body }),
      headers,
      agent,
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs },
      signal,
    })
    sending.on('downloadProgress', ({ transferred }) => {
      onBytes(transferred)
      if (transferred > mostReplyBytes) sending.cancel()
    })
    const switched = new Promise<Answer>((resolve) => {
      sending.on('request', (sent: ClientRequest) => {
        onceConnected(sent, onConnected)
        onceSwitched(sent, (answer) => {
          resolve(answer)
          sending.cancel()
        })
      })
    })
    const heard = sending.then(({ statusCode: status, headers, body }) => ({ status, headers, body }))
    const answer = await Promise.race([heard, switched])
    state.met = true
    onDate?.(headerOf(answer, 'date'))
    return answer
  }

  const failure = (error: unknown, ask: Ask) => {
    if (error instanceof CancelError) return tooLong(host)
    if (!(error instanceof RequestError)) return error
    return networkError(error, host, { met: state.met, reused: isStale(ask, error) })
  }

  return {
    send: async (ask, signal) => {
      const silence = new AbortController()
      const way = { connected: false }
      const onConnected = () => {
        way.connected = true
      }
      const onSilence = (ms: number) => silence.abort(silenceError(host, ms, { ...state, ...way }))
      const watch = watchProgress(ask.timeoutMs ?? stallMs, onSilence)
      const noticing = { onBytes: flowing(watch.moved), onConnected }
      try {
        return await exchange(ask, AbortSignal.any([signal, silence.signal]), noticing)
      } catch (error) {
        signal.throwIfAborted()
        silence.signal.throwIfAborted()
        throw failure(error, ask)
      } finally {
        watch.stop()
      }
    },
    close: agents.close,
  }
}

/** Calls `moved` for each so many bytes of an absolute count. */
function flowing(moved: () => void): (bytes: number) => void {
  const last = { bytes: 0 }
  return (bytes) => {
    if (bytes - last.bytes < leastFlowBytes) return
    last.bytes = bytes
    moved()
  }
}

/**
 * A kept connection that was closed while nobody looked. What was asked of it is not known to have been heard, so only a
 * look is simply made again; whether a create or a complete got through is a doubt like any other.
 */
function isStale({ method }: Ask, { request, response }: RequestError): boolean {
  return method === 'GET' && request?.reusedSocket === true && response === undefined
}
