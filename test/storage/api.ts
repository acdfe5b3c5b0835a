/** A small Scenario API in front of a real S3: it plans uploads with presigned URLs, and completes them for real. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Bucket, Target } from './bucket.js'
import { closeServer, listen } from './server.js'

/** The only credentials that it takes. */
export const apiKey = { key: 'key_of_this_suite', secret: 'secret_of_this_suite' }

export interface ApiOptions {
  /** Seconds that the URLs of the nth upload live, from 1, and of its nth plan. Default: an hour. */
  readonly lives?: (upload: number, plan: number) => number
  /** Seconds that they live by its own word, where that is not the truth. */
  readonly promises?: number
  /** Every plan comes so late that its URLs have expired. */
  readonly late?: boolean
  /** A look brings the URLs that there were before; by default it brings fresh ones. */
  readonly signsOnce?: boolean
  /** What becomes of each URL after it was signed. */
  readonly alter?: (url: string) => string
}

export interface Api {
  /** Its address, with the `/v1`. */
  readonly url: string
  /** All that was ever created, with every URL that was handed out. */
  readonly uploads: readonly Upload[]
  close(): Promise<void>
}

export interface Upload {
  readonly id: string
  readonly order: Order
  readonly target: Target
  readonly createdAt: string
  /** Every plan that was handed out, the last one being in force. */
  readonly plans: (readonly PlannedPart[])[]
  /** The asset's or model's id, once the parts are joined. */
  entityId: string | null
}

interface Order {
  readonly fileName: string
  readonly contentType: string
  readonly fileSize: number
  readonly parts: number
  readonly kind: string
}

interface PlannedPart {
  readonly number: number
  readonly url: string
  readonly expires: string
}

class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export async function startApi(bucket: Bucket, options: ApiOptions = {}): Promise<Api> {
  const uploads: Upload[] = []
  const create = async (_: string, body: Fields) => {
    const upload = await begin(bucket, orderOf(body))
    uploads.push(upload)
    return plan(upload)
  }
  const plan = async (upload: Upload) => {
    upload.plans.push(await planOf(bucket, upload, lifeOf(options, uploads.indexOf(upload), upload), options))
    return upload
  }
  const look = (id: string) => {
    const upload = find(uploads, id)
    return upload.entityId === null && !options.signsOnce ? plan(upload) : upload
  }
  const act = async (id: string, body: Fields) => {
    if (body.action !== 'complete') throw new Refusal(400, 'action must be "complete"')
    const upload = find(uploads, id)
    if (upload.entityId === null) await complete(bucket, upload)
    return upload
  }
  const routes: Route[] = [
    [/^POST \/v1\/uploads$/, create],
    [/^GET \/v1\/uploads\/([^/]+)$/, look],
    [/^POST \/v1\/uploads\/([^/]+)\/action$/, act],
  ]
  const server = createServer((request, response) => void answer(routes, request, response))
  return { url: `${await listen(server)}/v1`, uploads, close: () => close(server) }
}

type Fields = Partial<Record<string, unknown>>
type Route = [pattern: RegExp, handle: (id: string, body: Fields) => Upload | Promise<Upload>]

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return closeServer(server)
}

async function answer(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, { upload: reply(await handle(routes, request)) })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const status = error instanceof Refusal ? error.status : 500
    send(response, status, { statusCode: status, error: error.name, message: error.message })
  }
}

async function handle(routes: Route[], request: IncomingMessage): Promise<Upload> {
  const body = request.method === 'POST' ? ((await json(request)) as Fields) : {}
  authorize(request)
  const { pathname } = new URL(request.url ?? '', 'http://api')
  for (const [pattern, act] of routes) {
    const match = pattern.exec(`${request.method} ${pathname}`)
    if (match) return act(match[1] ?? '', body)
  }
  throw new Refusal(404, 'There is no such address')
}

function authorize({ headers }: IncomingMessage): void {
  const expected = Buffer.from(`${apiKey.key}:${apiKey.secret}`).toString('base64')
  if (headers.authorization !== `Basic ${expected}`) throw new Refusal(401, 'Wrong key or secret')
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function orderOf({ fileName, contentType, fileSize, parts, kind }: Fields): Order {
  if (typeof fileName !== 'string' || typeof contentType !== 'string' || typeof kind !== 'string') {
    throw new Refusal(400, 'fileName, contentType and kind must be strings')
  }
  if (typeof fileSize !== 'number' || typeof parts !== 'number' || parts < 1 || parts > 10_000) {
    throw new Refusal(400, 'fileSize and parts (1 to 10000) must be numbers')
  }
  return { fileName, contentType, fileSize, parts, kind }
}

async function begin(bucket: Bucket, order: Order): Promise<Upload> {
  const id = `upload_${randomUUID()}`
  // The user's file name is part of the key, so that odd characters in it are part of the signed path.
  const target = await bucket.begin(`${id}/${order.fileName}`, order.contentType)
  return { id, order, target, plans: [], createdAt: new Date().toISOString(), entityId: null }
}

const lifeOf = ({ late = false, lives = () => 3600 }: ApiOptions, index: number, { plans }: Upload) =>
  late ? 1 : lives(index + 1, plans.length + 1)

async function planOf(
  bucket: Bucket,
  { target, order }: Upload,
  seconds: number,
  { late = false, promises = seconds, alter = (url) => url }: ApiOptions,
): Promise<PlannedPart[]> {
  const expires = new Date(Date.now() + promises * 1000).toISOString()
  const numbers = Array.from({ length: order.parts }, (_, index) => index + 1)
  const urls = await Promise.all(numbers.map((number) => bucket.sign(target, number, seconds)))
  // S3 counts whole seconds: after two of them, what was signed for one has surely expired.
  if (late) await setTimeout(2_100)
  return urls.map((url, index) => ({ number: index + 1, url: alter(url), expires }))
}

function find(uploads: readonly Upload[], id: string): Upload {
  const upload = uploads.find((each) => each.id === id)
  if (upload === undefined) throw new Refusal(404, 'There is no such upload')
  return upload
}

/** Joins the parts. Too few of them, too small ones, or another size than was announced are refused. */
async function complete(bucket: Bucket, upload: Upload): Promise<void> {
  const { order, target } = upload
  const parts = await bucket.parts(target)
  const bytes = parts.reduce((sum, { Size = 0 }) => sum + Size, 0)
  if (parts.length !== order.parts || bytes !== order.fileSize) {
    throw new Refusal(
      400,
      `${parts.length} parts with ${bytes} bytes arrived, not ${order.parts} with ${order.fileSize}`,
    )
  }
  await bucket.complete(target).catch((error: Error) => {
    throw new Refusal(400, `${error.name}: ${error.message}`)
  })
  upload.entityId = `${order.kind === 'model' ? 'model' : 'asset'}_${randomUUID()}`
}

function reply({ id, order, createdAt, plans, entityId, target }: Upload) {
  const common = { id, kind: order.kind, source: 'multipart', authorId: 'author_1', ownerId: 'owner_1', createdAt }
  const names = { fileName: target.Key, originalFileName: order.fileName, contentType: order.contentType }
  const ending = entityId === null ? { status: 'pending', parts: plans.at(-1) } : { status: 'imported', entityId }
  return { ...common, ...names, ...ending, updatedAt: new Date().toISOString() }
}
