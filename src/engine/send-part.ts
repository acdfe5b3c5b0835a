/** Sends one part until the storage has it, and proves that it has what was sent. */
import { type PartRange, partRange } from '../core/parts.js'
import { UploadError } from '../errors.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { KeptPart } from '../state/record.js'
import type { PartReply } from '../storage/bucket.js'
import type { Context } from './context.js'
import type { HeldUrl, PartUrls } from './part-urls.js'
import type { Progress } from './progress.js'
import type { TimeSpent } from './time-spent.js'
import { withRetry } from './with-retry.js'

/** What all parts of an upload share. */
export interface Sending {
  source: ByteSource
  bytes: ByteReader
  urls: PartUrls
  progress: Progress
  timeSpent: TimeSpent
}

interface Part extends PartRange {
  /** How to name it in messages. */
  label: string
}

export async function sendPart(number: number, sending: Sending, context: Context): Promise<KeptPart> {
  const { source } = sending
  const part = { ...partRange(source.plan, number), label: `part ${number} of ${source.plan.count}` }
  return withRetry(part.label, context, (attempt, before) => putFresh(part, { attempt, before }, sending, context))
}

interface Try {
  attempt: number
  before: UploadError | undefined
}

/** A URL that was refused for its age costs no try, only a fresh one. It ends: only so many are renewed in vain. */
async function putFresh(part: Part, now: Try, sending: Sending, context: Context): Promise<KeptPart> {
  const { lanes, patience, signal } = context
  const end = await patience.queued((begun) =>
    lanes.take(() => {
      begun()
      return putInLane(part, now, sending, context)
    }, signal),
  )
  if ('kept' in end) return end.kept
  await sending.urls.renew(end.old, end.because)
  return putFresh(part, now, sending, context)
}

type PutEnd = { kept: KeptPart } | { old: HeldUrl; because: UploadError }

async function putInLane(part: Part, now: Try, sending: Sending, context: Context): Promise<PutEnd> {
  const { urls } = sending
  const { throttle, steering, patience, settings, signal } = context
  await throttle.pass(signal, () => settings.retryForMs - patience.quietMs())
  const held = await urls.of(part.number)
  try {
    const kept = await put(part, now, { ...sending, held }, context)
    urls.worked(held)
    throttle.eased()
    return { kept }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof UploadError)) throw error
    if (error.code === 'ERR_RATE_LIMITED' && throttle.slowDown(error)) steering.slowDown()
    if (error.code !== 'ERR_URL_EXPIRED') throw error
    return { old: held, because: error }
  }
}

type Putting = Sending & { held: HeldUrl }

async function put(part: Part, { attempt, before }: Try, putting: Putting, context: Context): Promise<KeptPart> {
  const { source, bytes, urls, progress, timeSpent, held } = putting
  const { bucket, signal, settings, startDigest, steering } = context
  const { number, label } = part
  const size = part.end - part.start
  await bytes.check()
  signal.throwIfAborted()
  const digest = startDigest(source.plan.size)
  progress.begin(number)
  const attempted = timeSpent.attempt()
  const steered = steering.attempt()
  const put = bucket.putPart({
    label,
    url: held.url,
    size,
    open: () => attempted.body(bytes.open(part, digest.update)),
    askFirst: isUnexplained(before) || urls.isPast(held),
    // A proxy that takes all at once and passes it on slowly answers late: each try waits twice as long, so that one gets there.
    answerMs: Math.min(settings.stallMs * 2 ** (attempt - 1), Math.max(settings.stallMs, settings.retryForMs)),
    isExpired: () => urls.isPast(held),
    onSent: (sent) => {
      progress.sent(number, sent, size)
      steered.sent(sent)
    },
    onHeld: attempted.held,
    signal,
  })
  const reply = await put.finally(steered.ended)
  attempted.answered()
  const md5 = await digest.hex()
  return { number, md5, proof: prove(label, md5, reply) }
}

/** The storage may have said why, and its words were lost with the connection: asked for leave first, it can say it again. */
const isUnexplained = (before: UploadError | undefined) =>
  before?.code === 'ERR_NETWORK' && before.circumstance !== 'stale-connection'

/** S3's ETag of a part is its MD5, unless the bucket encrypts with keys of its own. */
function prove(label: string, md5: string | null, { etag, encrypted, requestId }: PartReply): KeptPart['proof'] {
  if (md5 === null) return 'skipped'
  if (encrypted || !/^[0-9a-f]{32}$/i.test(etag)) return 'unlike'
  if (etag.toLowerCase() === md5) return 'md5'
  throw new UploadError('ERR_INTEGRITY', `the storage received other bytes than were sent (${label})`, { requestId })
}
