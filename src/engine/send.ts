/** Sends all parts of a file, some at a time, and answers how surely the storage has them. */
import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import type { Verified } from '../events.js'
import type { PartUrl } from '../scenario/schema.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { Context } from './context.js'
import { createProgress } from './progress.js'
import { type SentPart, sendPart } from './send-part.js'
import { settleTouched } from './settle-touched.js'

export async function send(
  source: ByteSource,
  parts: readonly PartUrl[],
  bytes: ByteReader,
  context: Context,
): Promise<Verified> {
  const { say } = context
  const progress = createProgress(source.plan.size, context)
  const sent = await allOrNone(context, parts, (part, inner) => sendPart(part, { source, bytes, progress }, inner))
  await settleTouched(source, bytes, sent, context)
  if (sent.some(({ proof }) => proof === 'unlike')) {
    say({
      event: 'note',
      message: "the storage's ETags are no MD5s (as where it encrypts): the bytes were not compared",
    })
  }
  return sent.every(({ proof }) => proof === 'md5') ? 'md5' : 'none'
}

/** The first failure stops the parts that are under way, and none is begun after it. */
async function allOrNone(
  context: Context,
  parts: readonly PartUrl[],
  sendOne: (part: PartUrl, context: Context) => Promise<SentPart>,
): Promise<SentPart[]> {
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  setMaxListeners(0, signal) // one for each part in flight, which is no leak
  const limit = pLimit(context.settings.concurrency)
  const tasks = parts.map((part) =>
    limit(async () => {
      signal.throwIfAborted()
      return sendOne(part, { ...context, signal })
    }).catch((error: unknown) => {
      stop.abort(error)
      throw error
    }),
  )
  const ends = await Promise.allSettled(tasks)
  if (ends.some(({ status }) => status === 'rejected')) throw signal.reason
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
}
