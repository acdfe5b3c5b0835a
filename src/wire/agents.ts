/** The connections that requests are made on, kept for the next one: straight to a server, or through a proxy. */
import http from 'node:http'
import https from 'node:https'
import { checkProxy, goesDirect, type ProxySettings } from '../core/proxy.js'
import type { TunnelAgent } from './tunnel-agent.js'

export interface Agents {
  /** Those for this address, as the HTTP client takes them. */
  of(url: string): Promise<{ http: http.Agent; https: https.Agent }>
  close(): void
}

export interface AgentsOptions {
  /** Default: no proxy. */
  proxy?: ProxySettings | undefined
  /** Most connections at once; default: as many as there are requests. */
  connections?: number
  /** Most milliseconds that an attempt may be silent. */
  stallMs: number
}

/** Most milliseconds for each step on the way to a connection. */
export const connectMs = 15_000

export function createAgents({ proxy = {}, connections = Number.POSITIVE_INFINITY, stallMs }: AgentsOptions): Agents {
  const settings = { keepAlive: true, maxSockets: connections }
  const direct = { http: new http.Agent(settings), https: new https.Agent(settings) }
  const address = checkProxy(proxy)
  // Sooner than the end of the whole attempt, which does not know that it is the proxy that is silent.
  const answerMs = Math.min(connectMs, stallMs * 0.9)
  const made: TunnelAgent[] = []
  /** Most never need one: it is loaded by those who do. */
  const tunnelTo = async (through: URL): Promise<TunnelAgent> => {
    const { TunnelAgent } = await import('./tunnel-agent.js')
    const [tunnel = new TunnelAgent(through, answerMs, settings)] = made
    made[0] = tunnel
    return tunnel
  }
  return {
    of: async (url) => {
      if (address === null || goesDirect(new URL(url), proxy)) return direct
      return { ...direct, https: await tunnelTo(address) }
    },
    close: () => {
      for (const agent of [direct.http, direct.https, ...made]) agent.destroy()
    },
  }
}
