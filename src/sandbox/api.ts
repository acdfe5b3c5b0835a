/** The API's door: Basic auth, three calls, JSON. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { completionProblem } from './completion.js'
import { type CreateBody, checkCreateBody } from './create-body.js'
import type { Door } from './door.js'
import { type Answer, type Call, type Exchange, json, readText, type Target } from './http.js'
import { newId } from './new-id.js'
import type { PartUrl } from './part-urls.js'
import { Refusal, refusalAnswer } from './refusal.js'
import { digestParts, removeParts } from './store.js'
import { move, newUpload, partsInOrder, replyOf, type Upload } from './upload.js'

export interface Credentials {
  readonly key: string
  readonly secret: string
}

export interface ApiSetup {
  readonly credentials: Credentials
  readonly uploads: Map<string, Upload>
  readonly closing: AbortSignal
  /** Where the parts of this upload are kept. */
  folderOf(uploadId: string): string
  partUrls(uploadId: string, storageName: string, count: number): PartUrl[]
  /** Called once all bytes are there, or are the server's to fetch. */
  startProcessing(upload: Upload): void
  onComplete(upload: Upload): void
}

const bodyLimit = 1024 ** 2

const routes: readonly { call: Call; method: string; path: RegExp }[] = [
  { call: 'create', method: 'POST', path: /^\/v1\/uploads$/ },
  { call: 'get', method: 'GET', path: /^\/v1\/uploads\/([^/]+)$/ },
  { call: 'complete', method: 'POST', path: /^\/v1\/uploads\/([^/]+)\/action$/ },
]

export function apiDoor(setup: ApiSetup): Door {
  return {
    name: 'api',
    identify,
    async handle(exchange) {
      try {
        return await attend(setup, exchange)
      } catch (error) {
        if (error instanceof Refusal) return refusalAnswer(error)
        throw error
      }
    },
  }
}

function identify(method: string, path: string): Target {
  const route = routes.find((candidate) => candidate.method === method && candidate.path.test(path))
  if (!route) return { call: 'other' }
  const uploadId = route.path.exec(path)?.[1]
  return uploadId === undefined ? { call: route.call } : { call: route.call, uploadId }
}

/** The body is read first, whatever is wrong: gateways do so, and the client hears the refusal. */
async function attend(setup: ApiSetup, exchange: Exchange): Promise<Answer> {
  const text = await readText(exchange.body(), bodyLimit)
  if (!isAuthorized(setup.credentials, exchange.message.headers.authorization))
    throw new Refusal(401, 'The API key or its secret is missing or wrong')
  if (text === undefined) throw new Refusal(413, `The body is over ${bodyLimit} bytes`)
  const { call, uploadId = '', path } = exchange.about
  if (call === 'create') return create(setup, readJson(exchange, text), exchange.query.get('projectId'))
  if (call === 'get') return json(200, { upload: show(setup, find(setup, uploadId)) })
  if (call === 'complete') return complete(setup, find(setup, uploadId), readJson(exchange, text))
  if (routes.some((route) => route.path.test(path))) throw new Refusal(405, 'This method is not allowed here')
  throw new Refusal(404, 'There is no such route')
}

/** Digests of the same length make the comparison take the same time, however much of the header is right. */
function isAuthorized({ key, secret }: Credentials, header = ''): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const [, claimed = ''] = /^basic +(\S+)$/i.exec(header) ?? []
  return timingSafeEqual(digest(Buffer.from(claimed, 'base64').toString('utf8')), digest(`${key}:${secret}`))
}

function readJson({ message }: Exchange, text: string): unknown {
  if (!/^application\/json *(;|$)/i.test(message.headers['content-type'] ?? ''))
    throw new Refusal(415, 'content-type must be application/json')
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'The body must be JSON')
  }
}

async function create(setup: ApiSetup, body: unknown, projectId: string | null): Promise<Answer> {
  checkCreateBody(body)
  const upload = newUpload(body, projectId)
  await mkdir(setup.folderOf(upload.id), { mode: 0o700 })
  setup.uploads.set(upload.id, upload)
  if (isRemote(body)) {
    move(upload, { status: 'validating', jobId: newId('job') })
    setup.startProcessing(upload)
  }
  return json(200, { upload: show(setup, upload) })
}

function isRemote(body: CreateBody): boolean {
  return !('fileSize' in body)
}

function find({ uploads }: ApiSetup, uploadId: string): Upload {
  const upload = uploads.get(uploadId)
  if (!upload) throw new Refusal(404, `There is no upload ${uploadId}`)
  return upload
}

/** Assumed: as long as an upload is pending, every look at it signs its part URLs afresh. */
function show({ partUrls }: ApiSetup, upload: Upload): object {
  const { id, body, state, storageName } = upload
  if (state.status !== 'pending' || !('parts' in body)) return replyOf(upload)
  return replyOf(upload, partUrls(id, storageName, body.parts))
}

async function complete(setup: ApiSetup, upload: Upload, action: unknown): Promise<Answer> {
  if (JSON.stringify(action) !== '{"action":"complete"}')
    throw new Refusal(400, 'The body must be exactly {"action":"complete"}')
  // Assumed: what happens to a second complete is not documented.
  if (upload.state.status !== 'pending' || !('fileSize' in upload.body))
    throw new Refusal(400, `The upload is not pending but ${upload.state.status}`)
  const problem = completionProblem(upload, upload.body)
  if (problem) throw new Refusal(400, problem)
  await seal(setup, upload)
  setup.startProcessing(upload)
  setup.onComplete(upload)
  return json(200, { upload: show(setup, upload) })
}

/** From the first line on no part is taken any more; after the last, nobody needs the bytes. */
async function seal({ folderOf, closing }: ApiSetup, upload: Upload): Promise<void> {
  move(upload, { status: 'validating', jobId: newId('job') })
  const folder = folderOf(upload.id)
  const numbers = partsInOrder(upload).map(({ number }) => number)
  move(upload, { sha256: await digestParts(folder, numbers, closing) })
  await removeParts(folder, numbers)
}
