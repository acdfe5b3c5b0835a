/** The last look at a file before its upload is completed. */
import { partRange } from '../core/parts.js'
import { UploadError } from '../errors.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { KeptPart } from '../state/record.js'
import type { Context } from './context.js'

/** A file that is touched more often than this while its parts are read again is not at rest. */
const mostRounds = 3

/**
 * Where the inode's change time alone has moved (chmod, a hard link, or a write that put the old mtime back), the parts
 * are read again, and their MD5s say whether they are what was sent; once more where it moved again meanwhile.
 */
export async function settleTouched(
  source: ByteSource,
  bytes: ByteReader,
  sent: readonly KeptPart[],
  context: Context,
  round = 1,
): Promise<void> {
  if ((await bytes.check()) === 'same') return
  if (round > mostRounds) throw changed(source, 'it is touched again and again')
  context.say({
    event: 'detail',
    message: `${source.shown} was touched: its parts are read again, to see that they are the same`,
  })
  await bytes.settle()
  for (const part of sent) {
    context.signal.throwIfAborted()
    if (part.md5 === null) throw changed(source, 'its change time moved, and no MD5s were kept to compare')
    if (part.md5 !== (await md5Of(part.number, source, bytes, context))) {
      throw changed(source, `part ${part.number} has other bytes now`)
    }
  }
  await settleTouched(source, bytes, sent, context, round + 1)
}

/** Of a part as the file has it now. */
export async function md5Of(
  number: number,
  { plan }: ByteSource,
  bytes: ByteReader,
  { startDigest, signal }: Context,
): Promise<string | null> {
  const digest = startDigest(plan.size)
  // The digest sees each chunk as it is read.
  for await (const _ of bytes.open(partRange(plan, number), digest.update)) signal.throwIfAborted()
  return digest.hex()
}

function changed({ shown }: ByteSource, how: string): UploadError {
  return new UploadError('ERR_FILE_CHANGED', `${shown} changed while it was being sent: ${how}`)
}
