/**
 * A local stand-in of the Scenario upload API with its bucket: for trying things without an account, and for tests.
 *
 * Documented by the vendor: the calls and their fields, the four forms of create, Basic auth, `{"action":"complete"}`,
 * the statuses and `entityId`, 1 to 10,000 parts, and that the content type is looked at only after the transfer.
 * Documented for S3: signed URLs that expire, the refusal of chunked bodies and of unsigned `x-amz-*` headers, ETag =
 * MD5, the latest PUT of a part number wins, parts of at least 5 MiB but for the last, and the errors' codes and XML.
 * Assumed: that get signs the part URLs afresh while pending, that a second complete is a 400, that the parts are
 * checked before complete is answered, the statuses and words of refusals, kind `text`, how `fileName` looks, and all
 * times. The signature and the lifetime of a URL (one hour) are our own.
 *
 * Remote sources are never fetched: they only walk through the statuses.
 */
import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiDoor, type Credentials } from './api.js'
import { bucketDoor } from './bucket.js'
import { openDoor, type Surroundings } from './door.js'
import type { ChooseFault } from './faults.js'
import { Journal, type RecordedRequest } from './journal.js'
import { partUrls } from './part-urls.js'
import { type End, processUpload } from './processing.js'
import { type SandboxUpload, summaryOf, type Upload } from './upload.js'

export type { CreateBody, FileBody } from './create-body.js'
export type { Fault } from './faults.js'
export type { SandboxRequest } from './http.js'
export type { RecordedRequest } from './journal.js'
export type { SandboxUpload } from './upload.js'

export interface SandboxOptions {
  /** Folder under which the temporary folder is made; default os.tmpdir(). */
  readonly tmpDir?: string
  /** Milliseconds from complete (or remote create) to `validated`; default 200. */
  readonly validateMs?: number
  /** Milliseconds from `validated` to `imported` with entityId; default 200. */
  readonly importMs?: number
  /**
   * How the processing ends; default `imported`. `validated` has no entityId, `validated-with-id` has; `complete` comes
   * with one, instead of `validated`; `failed` says 'The file is corrupt'; `unknown` is the status `quarantined` for
   * ever; `never` stays `validating`. A content type that does not fit the kind fails whatever stands here.
   */
  readonly end?: End
  /** Lifetime of part URLs in ms; default 1 hour. */
  readonly urlLifetimeMs?: number
  /** Called for every request before it is handled; what it returns happens instead, or beside. */
  readonly fault?: ChooseFault
  /** Called when an upload was completed and its SHA-256 is known. */
  readonly onComplete?: (upload: SandboxUpload) => void
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT/v1` */
  readonly apiUrl: string
  /** The bucket is another host, as in life: another port here. */
  readonly bucketUrl: string
  /** New at each start, and recognisable: `sandbox_…`. */
  readonly credentials: Credentials
  /** What it holds. */
  uploads(): SandboxUpload[]
  /** Every request so far, in order. */
  requests(): RecordedRequest[]
  /** The most PUTs that were ever being received at once. */
  maxPartsInFlight(): number
  /** Ends both servers, all connections and timers, and removes the temporary folder. */
  close(): Promise<void>
  /** For a process that ends on the spot: only removes the folder. */
  abandon(): void
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(options.tmpDir ?? tmpdir(), 'scenario-sandbox-'))
  const uploads = new Map<string, Upload>()
  const credentials = { key: random('sandbox_key'), secret: random('sandbox_secret') }
  const journal = new Journal()
  const closing = new AbortController()
  // Every upload and every delay listens: more than the ten that Node would warn of.
  setMaxListeners(0, closing.signal)
  const around = { journal, fault: options.fault ?? (() => undefined), closing: closing.signal }
  const { api, bucket } = await openBoth(options, { folder, uploads, credentials }, around)
  return {
    apiUrl: `${api.url}/v1`,
    bucketUrl: bucket.url,
    credentials,
    uploads: () => [...uploads.values()].map(summaryOf),
    requests: () => journal.requests(),
    maxPartsInFlight: () => journal.maxPartsInFlight(),
    abandon: () => rmSync(folder, { recursive: true, force: true }),
    async close() {
      closing.abort()
      await Promise.all([api.close(), bucket.close()])
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Holdings {
  readonly folder: string
  readonly uploads: Map<string, Upload>
  readonly credentials: Credentials
}

/** The bucket first: the API hands out its address. */
async function openBoth(options: SandboxOptions, { folder, uploads, credentials }: Holdings, around: Surroundings) {
  const { urlLifetimeMs = 3_600_000, end = 'imported', validateMs = 200, importMs = 200, onComplete } = options
  const secret = random('bucket')
  const folderOf = (uploadId: string) => join(folder, uploadId)
  const bucket = await openDoor(bucketDoor({ secret, uploads, folderOf }), around)
  const signed = { url: bucket.url, secret, urlLifetimeMs }
  const door = apiDoor({
    credentials,
    uploads,
    closing: around.closing,
    folderOf,
    partUrls: (uploadId, storageName, count) => partUrls(signed, uploadId, storageName, count),
    // Only closing the sandbox ends the processing early, and then nobody asks any more.
    startProcessing: (upload) =>
      void processUpload(upload, end, { validateMs, importMs }, around.closing).catch(() => {}),
    onComplete: (upload) => onComplete?.(summaryOf(upload)),
  })
  return { bucket, api: await openDoor(door, around) }
}

function random(prefix: string): string {
  return `${prefix}_${randomBytes(18).toString('hex')}`
}
