/** An API and a bucket on one https server, under names that only a proxy can look up. */
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pair } from './authority.js'
import { bodyOf, createReply, credentials, goodPut, json, uploadId } from './servers.js'

export const apiHost = 'api.scenario.test'
export const bucketHost = 'bucket.scenario.test'

export interface SecureScenario {
  port: number
  /** By name, for a proxy that knows it; and by number, for whoever is on this machine. */
  named: { apiUrl: string; credentials: typeof credentials }
  local: { apiUrl: string; credentials: typeof credentials }
  /** `PUT bucket.scenario.test 500`: method, host and bytes of each request. */
  seen: string[]
  /** Bytes that had come a moment after a request asked for leave to send its body, before it was given. */
  early: number[]
}

/** So long the command waits for leave. */
const leaveMs = 1000
const beatMs = 50

/** How long ago this process last stood still for so long that leave may have been waited for in vain. */
function watchStandstill(t: Pick<TestContext, 'after'>) {
  const seen = { beat: performance.now(), standstill: Number.NEGATIVE_INFINITY }
  const agoMs = () => {
    const now = performance.now()
    if (now - seen.beat > leaveMs / 4) seen.standstill = now
    seen.beat = now
    return now - seen.standstill
  }
  const timer = setInterval(agoMs, beatMs)
  t.after(() => clearInterval(timer))
  return { agoMs }
}

/** Part URLs have the host of the bucket where the API was asked under its name, else the API's own. */
export async function secureScenario(t: Pick<TestContext, 'after'>, pair: Pair): Promise<SecureScenario> {
  const seen: string[] = []
  const early: number[] = []
  const server = https.createServer({ ...pair }, async (request, response) => {
    const body = await bodyOf(request).catch(() => Buffer.alloc(0))
    const host = request.headers.host ?? ''
    seen.push(`${request.method} ${host} ${body.length}`)
    const bucketUrl = `https://${host.replace(apiHost, bucketHost)}`
    if (request.method === 'PUT') goodPut(response, { method: 'PUT', path: '', headers: {}, body }, 1)
    else if (request.url === '/v1/uploads') json(response, 200, createReply(bucketUrl, JSON.parse(`${body}`).parts))
    else if (request.method === 'POST') json(response, 200, { upload: { id: uploadId, status: 'validating' } })
    else json(response, 200, { upload: { id: uploadId, status: 'imported', entityId: 'asset_tls' } })
  })
  // What is kept is kept for as long as a test needs it, however slow the machine is.
  server.keepAliveTimeout = 0
  const standstill = watchStandstill(t)
  server.on('checkContinue', async (request, response) => {
    await sleep(200)
    // Whoever stood still finds that leave was not waited for any longer: he is to ask anew.
    if (standstill.agoMs() < leaveMs) return void request.socket.destroy()
    early.push(request.socket.bytesRead)
    response.writeContinue()
    server.emit('request', request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const at = (origin: string) => ({ apiUrl: `${origin}/v1`, credentials })
  return { port, named: at(`https://${apiHost}`), local: at(`https://127.0.0.1:${port}`), seen, early }
}
