/** A Scenario that answers at once, and sends the bytes to a bucket that keeps nothing. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface InstantApi {
  /** With its `/v1`. */
  url: string
  close(): Promise<void>
}

export async function startApi(bucketUrl: string): Promise<InstantApi> {
  const state = { uploads: 0 }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked: { parts?: number } = request.method === 'POST' ? Object(await json(request)) : {}
    const isNew = request.url === '/v1/uploads'
    const id = isNew ? `upload_${++state.uploads}` : (request.url ?? '').split('/')[3]
    const ending = isNew
      ? { status: 'pending', parts: partUrls(bucketUrl, `${id}`, asked.parts ?? 1) }
      : { status: 'imported', entityId: `asset_${id}` }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ upload: { id, ...ending } }))
  }
  const server = http.createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${port}/v1`, close }
}

/** As long as S3's are. */
export function partUrls(bucketUrl: string, key: string, count: number) {
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${'c'.repeat(70)}&X-Amz-Signature=${'5'.repeat(64)}`
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    url: `${bucketUrl}/${key}?partNumber=${index + 1}&uploadId=${'u'.repeat(128)}&${query}&x-id=UploadPart`,
    expires,
  }))
}
