/** The last look at a file before its upload is completed. */
import { partRange } from '../core/parts.js'
import { UploadError } from '../errors.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { Context } from './context.js'
import type { SentPart } from './send-part.js'

/**
 * Where the inode's change time alone has moved (chmod, a hard link, or a write that put the old mtime back), the parts
 * are read again, and their MD5s say whether they are what was sent. Once more if it moved again meanwhile.
 */
export async function settleTouched(
  source: ByteSource,
  bytes: ByteReader,
  sent: readonly SentPart[],
  context: Context,
): Promise<void> {
  if ((await bytes.check()) === 'same') return
  await bytes.settle()
  for (const part of sent) {
    context.signal.throwIfAborted()
    if (part.md5 === null || part.md5 !== (await md5Of(part.number, source, bytes, context)))
      throw touched(source, part)
  }
  context.say({ event: 'detail', message: `${source.shown} was touched, but its bytes are the ones that were sent` })
  await settleTouched(source, bytes, sent, context)
}

async function md5Of(
  number: number,
  { plan }: ByteSource,
  bytes: ByteReader,
  { startDigest }: Context,
): Promise<string | null> {
  const digest = startDigest(plan.size)
  for await (const _ of bytes.open(partRange(plan, number), digest.update)) {
    // the digest sees each chunk as it is read
  }
  return digest.hex()
}

function touched({ shown }: ByteSource, { number, md5 }: SentPart): UploadError {
  const how =
    md5 === null ? 'its change time moved, and no MD5s were kept to compare' : `part ${number} has other bytes`
  return new UploadError('ERR_FILE_CHANGED', `${shown} changed while it was being sent: ${how}`)
}
