/** Makes every source ready before the first request, so that a usage error in any of them ends all. */
import { asUploadError, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Reference } from '../sources/reference.js'
import type { Source } from '../sources/source.js'
import { type Entry, letGo } from './entry.js'
import { blankResult, failedResult, plannedResult } from './result.js'

interface Preparing {
  prepare: (reference: Reference, index: number) => Promise<Source>
  /** The same text for references to the same thing; null for what is always a thing of its own. */
  identity: (reference: Reference) => string | null
}

export async function prepareAll(references: readonly Reference[], { prepare, identity }: Preparing): Promise<Entry[]> {
  const entries: Entry[] = []
  const places = new Map<string, number>()
  for (const [index, reference] of references.entries()) {
    const { type, shown } = reference
    const same = identity(reference)
    const of = same === null ? undefined : places.get(same)
    if (same !== null && of === undefined) places.set(same, index)
    entries.push(
      of === undefined
        ? { type, shown, ...(await attempt(() => prepare(reference, index), entries)) }
        : { type, shown, is: 'repeated', of },
    )
  }
  return entries
}

type Attempt = { is: 'ready'; source: Source } | { is: 'refused'; error: UploadError }

/** What the user asked wrongly (2) ends all; what a source has against it is its own. */
async function attempt(prepare: () => Promise<Source>, before: readonly Entry[]): Promise<Attempt> {
  try {
    return { is: 'ready', source: await prepare() }
  } catch (thrown) {
    const error = asUploadError(thrown)
    if (error.exitCode === 2 || error.code === 'ERR_BUG') {
      await Promise.all(before.map(letGo))
      throw error
    }
    return { is: 'refused', error }
  }
}

/** Of all files that are to be sent. */
export function bytesOf(entries: readonly Entry[]): number {
  const sizes = entries.map((entry) =>
    entry.is === 'ready' && entry.source.flow === 'bytes' ? entry.source.plan.size : 0,
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** What a run without requests answers. */
export async function planAll(entries: readonly Entry[]): Promise<UploadResult[]> {
  await Promise.all(entries.map(letGo))
  return entries.map((entry) => planOf(entry, entry.is === 'repeated' ? entries[entry.of] : entry))
}

function planOf({ shown, type }: Entry, first: Entry | undefined): UploadResult {
  if (first?.is === 'ready') return { ...plannedResult(first.source), source: shown, ok: true }
  const error = first?.is === 'refused' ? first.error : new UploadError('ERR_BUG', 'a repeated source repeats nothing')
  return failedResult(blankResult(shown, type), error)
}
