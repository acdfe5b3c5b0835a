/** The truth: what the API and the bucket really hold, whatever anyone was told of it. */
import { createHash } from 'node:crypto'
import type { CreatedUpload, PartUrl, RemoteUpload } from '../../../src/scenario/schema.js'
import type { BucketAnswer } from '../../../src/storage/s3-error.js'
import { remote } from '../engine.js'

/** How this server was made; nobody can know which it is. */
export interface Manners {
  /** How long a part URL lives. */
  urlMs: number
  tellsExpiry: boolean
  /** What a look shows of the part URLs. */
  resigns: 'fresh' | 'same' | 'none'
  /** An expired URL is refused with words that say so. */
  saysExpired: boolean
  /** From complete to imported; half of it to validated. */
  importMs: number
  importFails: boolean
  givesId: boolean
  /** ETags are MD5s; else the bucket encrypts. */
  md5Etags: boolean
}

export interface HeldUpload {
  id: string
  /** 0 for what the server fetches. */
  count: number
  status: 'pending' | 'closed' | 'failed'
  closedAt: number
  /** When the newest URLs end. */
  expires: number
  /** The API knows it still. */
  known: boolean
  /** The bucket still has what was sent. */
  stored: boolean
  parts: Map<number, string>
}

export interface Server {
  manners: Manners
  uploads: Map<string, HeldUpload>
  /** Milliseconds since 1970. */
  now(): number
  create(count: number): CreatedUpload
  look(id: string): RemoteUpload | undefined
  complete(id: string): 'yes' | 'unknown' | 'missing' | 'twice'
  put(url: string, text: string): BucketAnswer
  /**
   * What was held up on its way. Not over newer bytes: a file that changed behind its mtime, and whose old bytes come
   * after its new ones, is beyond what any uploader can see, since the API neither lists nor compares parts.
   */
  putLate(url: string, text: string): BucketAnswer
  /** Someone else completes it, or the server gives it up. */
  drift(): void
  /** What is unfinished is cleared away: by the API, or by the bucket alone. */
  clear(what: 'known' | 'stored'): void
}

const epoch = Date.parse('2026-06-01T12:00:00Z')

/** What a part of such a file is made of. */
export const partText = (version: number, number: number) => `version ${version}, part ${number}`

/** Every part there, all of one state of the file. */
export function isWhole({ count, parts }: HeldUpload): boolean {
  const version = versionOf(parts.get(1) ?? '')
  return Array.from({ length: count }, (_, i) => i + 1).every((n) => parts.get(n) === partText(version, n))
}

const versionOf = (text: string) => Number(/^version (\d+),/.exec(text)?.[1])

/** What a part URL says. */
function placeOf(url: string): { id: string; number: number; until: number } {
  const { pathname, searchParams } = new URL(url)
  const [, id = '', number] = pathname.split('/')
  return { id, number: Number(number), until: Number(searchParams.get('until')) }
}

export function createServer(steady: () => number, manners: Manners): Server {
  const uploads = new Map<string, HeldUpload>()
  const now = () => epoch + steady()

  const urlsOf = ({ id, count, expires }: HeldUpload): PartUrl[] =>
    Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      url: `https://bucket.test/${id}/${i + 1}?until=${expires}`,
      expires: manners.tellsExpiry ? expires : null,
    }))

  const statusOf = ({ status, closedAt }: HeldUpload): string => {
    if (status !== 'closed') return status
    const age = now() - closedAt
    if (age < manners.importMs / 2) return 'validating'
    if (manners.importFails) return 'failed'
    return age < manners.importMs ? 'validated' : 'imported'
  }

  const close = (upload: HeldUpload) => Object.assign(upload, { status: 'closed', closedAt: now() })

  const pending = () => [...uploads.values()].filter(({ status, known }) => status === 'pending' && known)

  const put = (url: string, text: string): BucketAnswer => {
    const { id, number, until } = placeOf(url)
    const upload = uploads.get(id)
    if (now() >= until) {
      return refused(403, 'AccessDenied', manners.saysExpired ? 'Request has expired' : 'Access Denied')
    }
    if (!upload?.stored || upload.status !== 'pending') return refused(404, 'NoSuchUpload', 'no such upload')
    upload.parts.set(number, text)
    return { status: 200, headers: { etag: `"${md5(text)}"` }, body: '' }
  }

  return {
    manners,
    uploads,
    now,
    create: (count) => {
      const id = `upload_${uploads.size + 1}`
      const own = { id, count, known: true, stored: true, parts: new Map<number, string>() }
      const upload: HeldUpload = { ...own, status: 'pending', closedAt: 0, expires: now() + manners.urlMs }
      uploads.set(id, upload)
      if (count === 0) close(upload)
      return {
        id,
        status: count === 0 ? 'validating' : 'pending',
        entityId: null,
        errorMessage: null,
        parts: urlsOf(upload),
      }
    },
    look: (id) => {
      const upload = uploads.get(id)
      if (!upload?.known) return undefined
      if (manners.resigns === 'fresh') upload.expires = now() + manners.urlMs
      const status = statusOf(upload)
      const shows = upload.status === 'pending' && manners.resigns !== 'none'
      return remote(status, {
        id,
        entityId: status === 'imported' && manners.givesId ? `asset_${id}` : null,
        errorMessage: status === 'failed' ? 'it is broken' : null,
        parts: shows ? urlsOf(upload) : null,
      })
    },
    complete: (id) => {
      const upload = uploads.get(id)
      if (!upload?.known) return 'unknown'
      if (upload.status !== 'pending') return 'twice'
      if (!upload.stored || upload.parts.size < upload.count) return 'missing'
      close(upload)
      return 'yes'
    },
    put,
    putLate: (url, text) => {
      const { id, number } = placeOf(url)
      const stored = uploads.get(id)?.parts.get(number)
      return put(url, stored !== undefined && versionOf(stored) > versionOf(text) ? stored : text)
    },
    drift: () => {
      for (const upload of pending()) {
        if (isWhole(upload)) close(upload)
        else upload.status = 'failed'
      }
    },
    clear: (what) => {
      for (const upload of pending()) upload[what] = false
    },
  }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

export function refused(status: number, code: string, message: string): BucketAnswer {
  return { status, headers: {}, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` }
}
