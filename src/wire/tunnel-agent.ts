/** Tunnels to https servers through a proxy: hpagent's, but that each try has an end, and fails with an error of ours. */
import type { AgentOptions, RequestOptions } from 'node:https'
import { isIP, isIPv6, type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { HttpsProxyAgent } from 'hpagent'
import { type Tunnel, tunnelError, tunnelSilence } from '../core/tunnel-error.js'
import { watchProgress } from './watch-progress.js'

type Made = (error: Error | null, stream: Duplex) => void

export class TunnelAgent extends HttpsProxyAgent {
  /** Where hpagent makes its request to, and with what. */
  declare proxy: Pick<URL, 'protocol' | 'hostname' | 'port' | 'username' | 'password'>
  declare proxyRequestOptions: { signal: AbortSignal } & Partial<ByNumber>
  readonly #byNumber: Partial<ByNumber>
  readonly #address: URL
  readonly #answerMs: number
  /** Where tunnels have led to. */
  readonly #reached = new Set<string>()
  readonly #asked = new Set<AbortController>()

  /** `answerMs`: the most milliseconds until the proxy has answered. */
  constructor(proxy: URL, answerMs: number, options: AgentOptions) {
    super({ ...options, proxy })
    const { protocol, hostname, port, username, password } = proxy
    // Its host is looked up as it is written here, and no name has brackets.
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const isNumber = protocol === 'https:' && isIP(host) > 0
    this.#byNumber = isNumber ? byNumber(host) : {}
    this.proxy = { protocol, hostname: isNumber ? '' : host, port, username, password }
    this.#address = proxy
    this.#answerMs = answerMs
  }

  override createConnection(options: RequestOptions, made: Made): undefined {
    const asked = bracketed(options)
    const target = `${asked.host}:${asked.port}`
    const ending = new AbortController()
    const { signal } = ending
    const watch = watchProgress(this.#answerMs, (ms) => ending.abort(tunnelSilence(ms, this.#tunnelTo(target))))
    this.#asked.add(ending)
    // Read at once by what is called next: so each request has a signal of its own.
    this.proxyRequestOptions = { signal, ...this.#byNumber }
    super.createConnection(asked, (error, stream) => {
      watch.stop()
      this.#asked.delete(ending)
      if (error) return made(signal.aborted ? signal.reason : tunnelError(error, this.#tunnelTo(target)), stream)
      this.#reached.add(target)
      made(null, stream)
    })
  }

  /** The agent knows no socket that waits for the proxy's answer: each would keep the process alive. */
  override destroy(): void {
    for (const ending of this.#asked) ending.abort()
    super.destroy()
  }

  #tunnelTo(target: string): Tunnel {
    return { proxy: this.#address, target, met: this.#reached.size > 0, reached: this.#reached.has(target) }
  }
}

interface ByNumber {
  lookup: LookupFunction
  checkServerIdentity: typeof checkServerIdentity
}

/**
 * hpagent takes the proxy's host for the name that TLS asks for, and a number is none: Node warns of it, and from 26 on
 * refuses. So the host stays empty, and is found here.
 */
function byNumber(address: string): ByNumber {
  const family = isIP(address)
  return {
    lookup: (_, { all }, found) => (all ? found(null, [{ address, family }]) : found(null, address, family)),
    checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate),
  }
}

/** hpagent writes host and port with a colon between them, whatever the host; its certificate has no brackets again. */
function bracketed(options: RequestOptions): RequestOptions {
  const { host } = options
  if (!host || !isIPv6(host)) return options
  const identity = (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate)
  return { ...options, host: `[${host}]`, checkServerIdentity: identity }
}
