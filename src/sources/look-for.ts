/** What a path stands for: itself, or, as a folder or a pattern, many. What those need is loaded only for them. */
import { stat } from 'node:fs/promises'
import type { Filters } from './gate.js'
import { exists } from './inspect.js'
import { isPattern, withSlashes } from './magic.js'
import type { Reference } from './reference.js'

export interface Search {
  mayBePattern: boolean
  recursive: boolean
  filters: Filters
  /** The path of a file that belongs to the run and not to what it uploads. */
  leaveOut: string | undefined
  signal: AbortSignal
  platform: NodeJS.Platform
}

export interface Found {
  references: Reference[]
  /** What was left out, where something was. */
  note: string | null
  /** It was a folder or a pattern. */
  lookedInto: boolean
}

export type FileReference = Extract<Reference, { type: 'file' }>

/** A path that exists is that file, whatever characters it has. */
export async function lookFor(reference: Reference, search: Search): Promise<Found> {
  const { mayBePattern, recursive, platform } = search
  if (reference.type === 'file') {
    const { path } = reference
    if (mayBePattern && isPattern(withSlashes(path, platform)) && !(await exists(path))) {
      const { lookByPattern } = await import('./look-into.js')
      return lookByPattern(reference, search)
    }
    if (recursive && (await isFolder(path))) return (await import('./look-into.js')).lookInFolder(reference, search)
  }
  return { references: [reference], note: null, lookedInto: false }
}

const isFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false, // the look at the file says what is wrong with it
  )
