/** The signs that are drawn with, and where plain ASCII has to do. */
import type { Environment } from './io.js'

export interface Glyphs {
  done: string
  failed: string
  hint: string
  /** Before a line for the curious. */
  dot: string
  /** Where a text was cut off. */
  more: string
  full: string
  empty: string
  spinner: readonly string[]
}

export const unicode: Glyphs = {
  ...{ done: '✔', failed: '✖', hint: '→', dot: '·', more: '…', full: '█', empty: '░' },
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
}

export const ascii: Glyphs = {
  ...{ done: 'v', failed: 'x', hint: '->', dot: '-', more: '~', full: '#', empty: '-' },
  spinner: [...'-\\|/'],
}

/**
 * Whether a terminal shows more than ASCII. A locale that is named and is not UTF-8 says no; none at all says nothing, as
 * in most containers, whose terminals can. Windows' old console cannot, and its newer ones tell that they are there.
 */
export function showsUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return Boolean(env.WT_SESSION || env.TERM_PROGRAM || env.ConEmuTask || env.TERM)
  if (env.TERM === 'linux') return false
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return !locale || /utf-?8/i.test(locale)
}
