/** How an upload begins: where an earlier run left it, or afresh. */
import { UploadError } from '../errors.js'
import type { PartUrl, RemoteUpload } from '../scenario/schema.js'
import type { ByteReader, ByteSource, RemoteSource, Source } from '../sources/source.js'
import type { Notebook } from '../state/memory.js'
import type { KeptPart, UploadRecord } from '../state/record.js'
import type { Context, Learn } from './context.js'
import { create } from './create.js'
import { keptFile, pageOf } from './identity.js'
import { nothingSent } from './result.js'
import { md5Of } from './settle-touched.js'
import { refuseFailed } from './wait.js'
import { withRetry } from './with-retry.js'

/** An upload whose bytes are to be sent. */
export interface Begun {
  id: string
  parts: readonly PartUrl[]
  /** What the storage has of it already. */
  kept: readonly KeptPart[]
  /** An earlier run began it, and may have come further than it could write down. */
  resumed: boolean
}

/** `wait`: the server has all it needs. */
export type Beginning = ({ go: 'send' } & Begun) | { go: 'wait'; id: string }

export async function beginBytes(
  source: ByteSource,
  bytes: ByteReader,
  notebook: Notebook,
  context: Context,
  learn: Learn,
): Promise<Beginning> {
  sayChanged(source, notebook, context)
  const found = notebook.record && (await goOn(source, bytes, notebook.record, context, learn))
  return found ?? createAfresh(source, notebook, context, learn)
}

/** What the server fetches by itself needs no more than to be waited for. */
export async function beginRemote(
  source: RemoteSource,
  notebook: Notebook,
  context: Context,
  learn: Learn,
): Promise<string> {
  const { record } = notebook
  const upload = record && (await lookFor(record, context))
  if (!record || !upload) return (await createAfresh(source, notebook, context, learn)).id
  learn({ uploadId: record.uploadId, status: upload.status })
  refuseFailed(upload)
  context.say({ event: 'note', message: `${record.uploadId} is under way already` })
  return record.uploadId
}

/** One that a manifest has without its entity id may have it by now. Null: there is none, or it leads nowhere any more. */
export async function beginRecorded(
  uploadId: string | null,
  { flow }: Source,
  context: Context,
  learn: Learn,
): Promise<string | null> {
  const upload = uploadId === null ? null : await lookFor({ uploadId }, context)
  if (uploadId === null || !upload) return null
  const { status } = upload
  // What the server fetches by itself may be about to; bytes were all there when it was recorded.
  const isLost = status === 'failed' || (status === 'pending' && flow === 'bytes')
  const fate = isLost ? `is ${status}: beginning afresh` : 'was uploaded already: only waiting'
  context.say({ event: 'note', message: `${uploadId} ${fate}` })
  if (isLost) return null
  learn({ uploadId, status, ...nothingSent })
  return uploadId
}

/** An upload may have failed before it began. */
export async function createAfresh(
  source: Source,
  notebook: Notebook,
  context: Context,
  learn: Learn,
): Promise<{ go: 'send' } & Begun> {
  const { id, status, entityId, errorMessage, parts } = await create(source, context)
  learn({ uploadId: id, status, entityId, ...(source.flow === 'bytes' ? { resumedParts: 0 } : {}) })
  refuseFailed({ status, errorMessage })
  await notebook.begin(pageOf(source, id))
  return { go: 'send', id, parts, kept: [], resumed: false }
}

function sayChanged({ shown }: ByteSource, { changed }: Notebook, { say }: Context): void {
  if (changed === null) return
  say({ event: 'note', message: `${shown} has changed since its unfinished upload (${changed}): beginning afresh` })
}

/** What comes after these bytes. Of a failed upload, and of a status that nobody knows, it is not told how far it came. */
const hasAllBytes: ReadonlySet<string> = new Set(['validating', 'validated', 'complete', 'imported'])

/** Asks the server first: it knows better than this machine how far it came. Null: that upload leads nowhere any more. */
async function goOn(
  source: ByteSource,
  bytes: ByteReader,
  record: UploadRecord,
  context: Context,
  learn: Learn,
): Promise<Beginning | null> {
  const { say } = context
  const { uploadId: id, parts: kept } = record
  const upload = await lookFor(record, context)
  if (!upload) return null
  const { count } = source.plan
  if (upload.status !== 'pending') {
    // Of what it has, nothing is sent again: all of it must be what the file has.
    if (upload.status !== 'failed' && !(await isAsSent(source, bytes, record, count, context))) return null
    const proved = kept.length === count && kept.every(({ proof }) => proof === 'md5')
    const whole = hasAllBytes.has(upload.status)
    const resumedParts = whole ? count : kept.length
    learn({ uploadId: id, status: upload.status, resumedParts, verified: proved ? 'md5' : 'none' })
    refuseFailed(upload)
    say({
      event: 'note',
      message: `${id} ${whole ? 'has all its bytes already' : `is ${upload.status}`}: only waiting`,
    })
    return { go: 'wait', id }
  }
  const parts = upload.parts ?? []
  if (parts.length !== count && kept.length < count) {
    say({ event: 'note', message: `the API gave no fresh part URLs for ${id}: beginning afresh` })
    return null
  }
  if (!(await isAsSent(source, bytes, record, kept.length, context))) return null
  say({ event: 'note', message: `going on with ${id}: ${kept.length} of ${count} parts are there` })
  learn({ uploadId: id, status: upload.status, resumedParts: kept.length })
  return { go: 'send', id, parts, kept, resumed: true }
}

async function lookFor({ uploadId }: Pick<UploadRecord, 'uploadId'>, context: Context): Promise<RemoteUpload | null> {
  const { client, signal, say } = context
  try {
    return await withRetry('look at', context, () => client.get(uploadId, signal))
  } catch (error) {
    if (!(error instanceof UploadError) || error.code !== 'ERR_UPLOAD_UNKNOWN') throw error
    say({ event: 'note', message: `the server no longer knows ${uploadId}: beginning afresh` })
    return null
  }
}

/**
 * Size and mtime are what they were. Where the inode or its change time is another (a file that was copied back, a disk
 * mounted anew, chmod), the parts that were sent, `count` of them, are read again, and their MD5s decide.
 */
async function isAsSent(
  source: ByteSource,
  bytes: ByteReader,
  { file, parts }: UploadRecord,
  count: number,
  context: Context,
): Promise<boolean> {
  const now = source.origin && keptFile(source.origin.fingerprint)
  const same = (['ino', 'dev', 'ctimeNs'] as const).every((name) => now?.[name] === file?.[name])
  if (same || count === 0) return true
  const note = (words: string) => context.say({ event: 'note', message: `${source.shown} ${words}` })
  if (!context.settings.verify) {
    note('was touched or moved, and no MD5s are made to compare (--no-verify): beginning afresh')
    return false
  }
  if (parts.length < count) {
    note(`has changed since its unfinished upload (${noMd5s}): beginning afresh`)
    return false
  }
  // Said aloud: of a large file it takes a while, in which nothing else is to be seen.
  note('was touched or moved: its parts are read again, to see that they are the same')
  for (const { number, md5 } of parts) {
    context.signal.throwIfAborted()
    const why = await differenceOf({ number, md5 }, source, bytes, context)
    if (why === null) continue
    note(`has changed since its unfinished upload (${why}): beginning afresh`)
    return false
  }
  return true
}

const noMd5s = 'no MD5s were kept to compare'

/** Null where the bytes are those that were sent. */
async function differenceOf(
  { number, md5 }: Pick<KeptPart, 'number' | 'md5'>,
  source: ByteSource,
  bytes: ByteReader,
  context: Context,
): Promise<string | null> {
  if (md5 === null) return noMd5s
  return md5 === (await md5Of(number, source, bytes, context)) ? null : `part ${number} has other bytes now`
}
