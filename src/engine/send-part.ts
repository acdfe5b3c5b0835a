/** Sends one part until the storage has it, and proves that it has what was sent. */
import { partRange } from '../core/parts.js'
import { UploadError } from '../errors.js'
import type { PartUrl } from '../scenario/schema.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { PartReply } from '../storage/bucket.js'
import type { Context } from './context.js'
import type { Progress } from './progress.js'
import { withRetry } from './with-retry.js'

export interface SentPart {
  number: number
  /** The MD5 of what was sent; null where none was made. */
  md5: string | null
  /** `unlike`: the storage's ETag is no MD5, so that there was nothing to compare. */
  proof: 'md5' | 'unlike' | 'skipped'
}

interface Sending {
  source: ByteSource
  bytes: ByteReader
  progress: Progress
}

export async function sendPart(part: PartUrl, sending: Sending, context: Context): Promise<SentPart> {
  const { source, bytes, progress } = sending
  const { bucket, signal, say, startDigest } = context
  const { number, url } = part
  const range = partRange(source.plan, number)
  const label = `part ${number} of ${source.plan.count}`
  return withRetry(label, context, async (_, before) => {
    await bytes.check()
    signal.throwIfAborted()
    const digest = startDigest(source.plan.size)
    progress.begin(number)
    const reply = await bucket.putPart({
      label,
      url,
      size: range.end - range.start,
      open: () => bytes.open(range, digest.update),
      askFirst: before?.code === 'ERR_NETWORK',
      onSent: (sent) => progress.sent(number, sent),
      signal,
    })
    const md5 = await digest.hex()
    const proof = prove(label, md5, reply)
    progress.acknowledge(number, range.end - range.start)
    say({ event: 'detail', message: `${label} is in the storage` })
    return { number, md5, proof }
  })
}

/** S3's ETag of a part is its MD5, unless the bucket encrypts with keys of its own. */
function prove(label: string, md5: string | null, { etag, encrypted }: PartReply): SentPart['proof'] {
  if (md5 === null) return 'skipped'
  if (encrypted || !/^[0-9a-f]{32}$/i.test(etag)) return 'unlike'
  if (etag.toLowerCase() === md5) return 'md5'
  throw new UploadError('ERR_INTEGRITY', `the storage received other bytes than were sent (${label})`)
}
