/** Small servers that behave as a test wants, an API and a bucket each on a port of its own. */
import { createHash } from 'node:crypto'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Received {
  method: string
  path: string
  headers: http.IncomingHttpHeaders
  body: Buffer
}

export async function serve(t: Pick<TestContext, 'after'>, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

type Answer = (response: ServerResponse, received: Received, nth: number) => void

export interface FakeScenario {
  apiUrl: string
  bucketUrl: string
  credentials: { key: string; secret: string }
  /** What each door received, in order. */
  api: Received[]
  puts: Received[]
}

export interface FakeAnswers {
  /** `nth` counts from 1, for each of the four apart. Default: what a well-behaved server says. */
  create?: Answer
  complete?: Answer
  look?: Answer
  put?: Answer
}

export const credentials = { key: 'test_key_0123456789', secret: 'test_secret_abcdefghij' }
export const uploadId = 'upload_test1'

/** An API and a bucket that behave well in all that `answers` leaves out. */
export async function fakeScenario(t: Pick<TestContext, 'after'>, answers: FakeAnswers = {}): Promise<FakeScenario> {
  const api: Received[] = []
  const puts: Received[] = []
  const counts = { create: 0, complete: 0, look: 0, put: 0 }
  const bucketUrl = await serve(t, async (request, response) => {
    const body = await bodyOf(request).catch(() => null)
    if (body === null) return
    const received = note(puts, request, body)
    const answer = answers.put ?? goodPut
    answer(response, received, ++counts.put)
  })
  const good: Required<Omit<FakeAnswers, 'put'>> = {
    create: (response, { body }) => json(response, 200, createReply(bucketUrl, JSON.parse(body.toString()).parts ?? 0)),
    complete: (response) => json(response, 200, { upload: { id: uploadId, status: 'validating' } }),
    look: (response) => json(response, 200, { upload: { id: uploadId, status: 'imported', entityId: 'asset_test1' } }),
  }
  const apiUrl = await serve(t, async (request, response) => {
    const received = note(api, request, await bodyOf(request))
    const call = request.method === 'GET' ? 'look' : received.path.endsWith('/action') ? 'complete' : 'create'
    const answer = answers[call] ?? good[call]
    answer(response, received, ++counts[call])
  })
  return { apiUrl: `${apiUrl}/v1`, bucketUrl, credentials, api, puts }
}

function note(list: Received[], request: IncomingMessage, body: Buffer): Received {
  const received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
  list.push(received)
  return received
}

export const goodPut: Answer = (response, { body }) => {
  const etag = createHash('md5').update(body).digest('hex')
  response.writeHead(200, { etag: `"${etag}"` }).end()
}

/** The reply of create as the API documents it, with the parts' URLs on `bucketUrl`. */
export function createReply(bucketUrl: string, parts: number) {
  return {
    upload: {
      id: uploadId,
      authorId: 'author',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
      ownerId: 'owner',
      fileName: `${uploadId}/file`,
      kind: 'image',
      source: 'multipart',
      status: 'pending',
      parts: Array.from({ length: parts }, (_, index) => ({
        number: index + 1,
        url: `${bucketUrl}/bucket/key?partNumber=${index + 1}&X-Amz-Signature=secretsignature`,
        expires: '2099-01-01T00:00:00.000Z',
      })),
    },
  }
}
