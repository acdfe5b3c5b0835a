/** Several sources, one after the other, answered in the order given. */
import { type ErrorCode, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Said } from './context.js'
import { type Entry, letGo } from './entry.js'
import { blankResult, failedResult } from './result.js'
import { lastWord } from './upload-one.js'

interface Batch {
  uploadOne: (source: Source, index: number) => Promise<UploadResult>
  say: (said: Said, index: number) => void
}

/** A failure does not stop the others, unless it would be theirs too: refused credentials, or the caller's abort. */
export async function runBatch(entries: readonly Entry[], batch: Batch): Promise<UploadResult[]> {
  const results: UploadResult[] = []
  for (const [index, entry] of entries.entries()) {
    const result = endsAll(results) ? await leave(entry) : await settle(entry, index, results, batch)
    results.push(result)
    batch.say(lastWord(result), index)
  }
  return results
}

async function settle(
  entry: Entry,
  index: number,
  results: readonly UploadResult[],
  { uploadOne }: Batch,
): Promise<UploadResult> {
  if (entry.is === 'ready') return uploadOne(entry.source, index)
  if (entry.is === 'refused') return failedResult(blankResult(entry.shown, entry.type), entry.error)
  const first = results[entry.of] ?? blankResult(entry.shown, entry.type)
  return { ...first, source: entry.shown }
}

/** What would end every other source in the same way, or was meant for all of them. */
const ends: ReadonlySet<ErrorCode> = new Set([
  'ERR_CREDENTIALS_REFUSED',
  'ERR_NOT_TRIED',
  'ERR_INTERRUPTED',
  'ERR_TERMINATED',
  'ERR_HANGUP',
  'ERR_LISTENER',
])

const endsAll = (results: readonly UploadResult[]) =>
  results.some(({ error }) => error !== null && ends.has(error.code))

async function leave(entry: Entry): Promise<UploadResult> {
  await letGo(entry)
  const error = new UploadError('ERR_NOT_TRIED', `${entry.shown} was not tried`)
  return failedResult(blankResult(entry.shown, entry.type), error)
}
