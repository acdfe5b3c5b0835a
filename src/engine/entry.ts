/** A source's place in the order given, once it was looked at. */
import type { UploadError } from '../errors.js'
import type { SourceType } from '../events.js'
import type { Source } from '../sources/source.js'

/** Ready, or what it has against it, or the earlier place that it repeats. */
export type Entry = { shown: string; type: SourceType } & (
  | { is: 'ready'; source: Source }
  | { is: 'refused'; error: UploadError }
  | { is: 'repeated'; of: number }
)

export type ReadyEntry = Extract<Entry, { is: 'ready' }>

/** Lets go of what is held for a source whose turn never comes. */
export async function letGo(entry: Entry): Promise<void> {
  if (entry.is === 'ready' && entry.source.flow === 'bytes') await entry.source.discard().catch(() => {}) // nothing of it is wanted any more
}
