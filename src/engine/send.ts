/** Sends the parts of a file that the storage does not have, some at a time, and answers how surely it has them all. */
import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import { lanesOf } from '../core/auto-connections.js'
import { limitWords } from '../core/limits.js'
import { partRange } from '../core/parts.js'
import type { Verified } from '../events.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { Notebook } from '../state/memory.js'
import type { KeptPart } from '../state/record.js'
import type { Begun } from './begin.js'
import type { Context } from './context.js'
import { createPartUrls } from './part-urls.js'
import { createProgress } from './progress.js'
import type { Renewals } from './renewals.js'
import { sendPart } from './send-part.js'
import { settleTouched } from './settle-touched.js'
import { createTimeSpent } from './time-spent.js'

interface Keeping {
  notebook: Notebook
  renewals: Renewals
}

/** A part's state is kept before its worker takes the next one: a kill loses no more than what is in flight. */
export async function send(
  source: ByteSource,
  begun: Begun,
  bytes: ByteReader,
  { notebook, renewals }: Keeping,
  context: Context,
): Promise<Verified> {
  const { plan } = source
  const { kept } = begun
  const sizeOf = (number: number) => {
    const { start, end } = partRange(plan, number)
    return end - start
  }
  const progress = createProgress(
    plan.size,
    context,
    kept.reduce((sum, { number }) => sum + sizeOf(number), 0),
  )
  const missing = missingOf(plan.count, kept)
  const timeSpent = createTimeSpent(context.nature.now)
  const fresh = await allOrNone(context, missing, (inner) => {
    const sending = {
      ...{ source, bytes, progress, timeSpent },
      urls: createPartUrls(begun, renewals, inner),
    }
    return async (number) => {
      const part = await sendPart(number, sending, inner)
      await notebook.add(part)
      renewals.reached(progress.acknowledge(number, sizeOf(number)))
      inner.say({ event: 'detail', message: `part ${number} of ${plan.count} is in the storage` })
      return part
    }
  })
  const limited = limitWords(timeSpent.sum())
  for (const message of [limited, context.steering.words()]) {
    if (message !== null) context.say({ event: 'detail', message })
  }
  const all = [...kept, ...fresh].toSorted((a, b) => a.number - b.number)
  await settleTouched(source, bytes, all, context)
  return proofOf(all, context)
}

function missingOf(count: number, kept: readonly KeptPart[]): number[] {
  const there = new Set(kept.map(({ number }) => number))
  return Array.from({ length: count }, (_, index) => index + 1).filter((number) => !there.has(number))
}

/** Says how the bytes were proved. */
function proofOf(parts: readonly KeptPart[], { say }: Context): Verified {
  if (parts.some(({ proof }) => proof === 'unlike')) {
    say({
      event: 'note',
      message: 'the storage gave ETags that are no MD5s (as where it encrypts): those bytes were not compared',
      run: true,
    })
  }
  const proved = parts.every(({ proof }) => proof === 'md5')
  const words = proved ? 'the ETag of every part is the MD5 of what was sent' : 'not every part was compared'
  say({ event: 'detail', message: `verified: ${proved ? 'md5' : 'none'} (${words})` })
  return proved ? 'md5' : 'none'
}

/** The first failure stops the parts that are under way, and none is begun after it. */
async function allOrNone(
  context: Context,
  numbers: readonly number[],
  prepare: (context: Context) => (number: number) => Promise<KeptPart>,
): Promise<KeptPart[]> {
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  setMaxListeners(0, signal) // one for each part in flight, which is no leak
  const sendOne = prepare({ ...context, signal })
  const limit = pLimit(lanesOf(context.settings.concurrency).most)
  const tasks = numbers.map((number) =>
    limit(async () => {
      signal.throwIfAborted()
      return sendOne(number)
    }).catch((error: unknown) => {
      stop.abort(error)
      throw error
    }),
  )
  const ends = await Promise.allSettled(tasks)
  if (ends.some(({ status }) => status === 'rejected')) throw signal.reason
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
}
