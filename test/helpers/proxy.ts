/** An HTTP proxy that knows no method but CONNECT, and leads every host to this machine. */
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Pair } from './authority.js'

export interface Asked {
  /** Host and port. */
  target: string
  authorization: string | undefined
}

export interface TestProxy {
  /** Host and port, as they stand in messages. */
  host: string
  url: string
  asked: Asked[]
}

export interface ProxyManners {
  /** Where a tunnel leads; default: nothing is there. */
  portOf?: (target: string) => number
  /** What it answers instead, by target and how many were asked before; undefined: it leads there. */
  answer?: (asked: Asked, nth: number) => string | undefined
  /** With these it is an https proxy. */
  pair?: Pair
  /** Where it listens; default: 127.0.0.1. */
  address?: string
  /** Milliseconds from its yes until it passes anything on. */
  holdMs?: number
}

/** The answers of one that never says anything, and of one that hangs up. */
export const silent = 'silent'
export const hungUp = 'hung up'

export async function startProxy(t: Pick<TestContext, 'after'>, manners: ProxyManners = {}): Promise<TestProxy> {
  const { portOf = () => 1, answer, pair, address = '127.0.0.1', holdMs = 0 } = manners
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const server = pair ? https.createServer({ ...pair }) : http.createServer()
  server.on('connect', (request, socket: Socket) => {
    const now = { target: request.url ?? '', authorization: request.headers['proxy-authorization'] }
    asked.push(now)
    sockets.add(socket)
    socket.on('error', () => {})
    const said = answer?.(now, asked.length - 1)
    if (said === silent) return
    if (said === hungUp) return void socket.destroy()
    if (said !== undefined) return void socket.end(`HTTP/1.1 ${said}\r\n\r\n`)
    const far = connect(portOf(now.target), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.pipe(socket)
      setTimeout(() => socket.pipe(far), holdMs).unref()
    })
    sockets.add(far)
    far.on('error', () => socket.destroy())
    socket.on('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  const name = address === '::1' ? '[::1]' : address
  const host = `${pair ? 'localhost' : name}:${(server.address() as AddressInfo).port}`
  return { host, url: `${pair ? 'https' : 'http'}://${host}`, asked }
}
