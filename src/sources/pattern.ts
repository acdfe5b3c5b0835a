/**
 * Patterns as shells have them: `*` and `?` stay within a folder, `**` goes through all below, `[a-c]` and `{png,jpg}`
 * choose. Names that begin with a dot are matched only by a dot. All paths here have `/` between their segments.
 */
import picomatch from 'picomatch'
import { usageError } from '../errors.js'

export interface Pattern {
  matches(path: string): boolean
  /** Whether something in this folder, however deep, may match. */
  leadsInto(folder: string): boolean
}

const most = 4096

/** Throws ERR_USAGE for what is too long to be one. */
export function compile(text: string, { dot = false } = {}): Pattern {
  const segments = text.split('/')
  const matches = matcher(text, dot)
  const deep = segments.findIndex((segment) => segment.includes('**'))
  const namesHidden = segments.some((segment) => /^[{[]?\./.test(segment))
  const open = (folder: string) => namesHidden || !isHidden(folder)
  // A choice that goes across folders, as `{a/b,c}`, has no segments of its own: it leads everywhere.
  if (/\{[^}]*\/[^}]*\}/.test(text)) return { matches, leadsInto: open }
  const fixed = deep < 0 ? segments.length - 1 : deep
  const starts = Array.from({ length: fixed }, (_, i) => matcher(segments.slice(0, i + 1).join('/'), dot))
  return {
    matches,
    leadsInto: (folder) => {
      const start = starts[folder.split('/').length - 1]
      return start ? start(folder) : deep >= 0 && open(folder)
    },
  }
}

/** Whether the last name of a path begins with a dot. */
export const isHidden = (path: string) => path.startsWith('.', path.lastIndexOf('/') + 1)

function matcher(text: string, dot: boolean): (path: string) => boolean {
  if (text.length > most)
    throw usageError(
      `a pattern may have ${most} characters, not ${text.length}`,
      'Use a shorter one, or list the files with `--files-from`.',
    )
  // Parentheses and quotes stand in the names of copies and mean nothing here.
  const literal = text.replace(/(\\.)|[()|"]/g, (found, escaped) => escaped ?? `\\${found}`)
  const isMatch = picomatch(composed(literal), { nonegate: true, noextglob: true, posix: true, windows: false, dot })
  return (path) => isMatch(composed(path))
}

/** Some systems take the accents of names apart. */
const composed = (text: string) => text.normalize('NFC')
