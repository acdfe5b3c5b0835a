/** The bucket of `sink.c` where there is no compiler: the same answers, at less speed. Arguments: BLOCK [CERT KEY]. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

const [blockPath = '', certPath, keyPath] = process.argv.slice(2)
const block = readFileSync(blockPath)
const etags = new Map<number, string>()
const zero = { bytes: 0, puts: 0, connections: 0 }
const state = { count: zero }

function etagOf(length: number): string {
  const known = etags.get(length)
  if (known !== undefined) return known
  const hash = createHash('md5')
  for (let left = length; left > 0; left -= block.length) hash.update(block.subarray(0, left))
  const etag = `"${hash.digest('hex')}"`
  etags.set(length, etag)
  return etag
}

async function lengthOf(request: IncomingMessage): Promise<number> {
  const state = { bytes: 0 }
  for await (const chunk of request) state.bytes += chunk.length
  return state.bytes
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    const { bytes, puts, connections } = state.count
    state.count = zero
    response.writeHead(200, { connection: 'close' }).end(`${bytes} ${puts} ${connections}\n`)
  } else if (request.headers['content-length'] === undefined) response.writeHead(411).end()
  else {
    const length = await lengthOf(request)
    state.count = { ...state.count, bytes: state.count.bytes + length, puts: state.count.puts + 1 }
    response.writeHead(200, { etag: etagOf(length) }).end()
  }
}

/** A sender that goes away in the middle is none of its business: whoever counts misses the bytes. */
const listener = (request: IncomingMessage, response: ServerResponse) => {
  answer(request, response).catch(() => response.destroy())
}
const server =
  certPath && keyPath
    ? https.createServer({ cert: readFileSync(certPath), key: readFileSync(keyPath) }, listener)
    : http.createServer(listener)
server.on('connection', () => {
  state.count = { ...state.count, connections: state.count.connections + 1 }
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.stdin.on('end', () => process.exit()).resume()
