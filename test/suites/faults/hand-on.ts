/** Hands a request on to the sandbox, whole, and brings its answer back. */
import http, { type IncomingMessage } from 'node:http'
import { bodyOf } from '../../helpers/servers.js'
import type { Answer } from './exchange.js'

/** What belongs to one connection, not to what is said over it. */
const ofTheHop = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'expect', 'host', 'date'])

function passedOn(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !ofTheHop.has(name) ? [[name, value]] : [],
    ),
  )
}

export async function handOn(origin: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method = '', url = '' } = request
  const length = method === 'GET' ? {} : { 'content-length': String(body.length) }
  const headers = { ...passedOn(request.headers), ...length }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = http.request(origin + url, { method, headers, agent: false })
    outgoing.once('response', resolve).on('error', reject)
    outgoing.end(body)
  })
  return {
    status: answer.statusCode ?? 0,
    headers: passedOn(answer.headers),
    body: (await bodyOf(answer)).toString('utf8'),
  }
}
