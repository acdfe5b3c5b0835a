/** What the doctor says of the terminal: whether bars are drawn there, and why not. */
import type { Check } from '../index.js'
import { unicode } from './glyphs.js'
import type { Io } from './io.js'
import type { Flags, ProgressChoice } from './options.js'
import { canDraw, isCi } from './terminal.js'
import { colorsOn, glyphsFor } from './voice.js'

const lines = 'plain lines instead of bars'

/** Never a failure: the tool speaks in some voice everywhere. */
export function terminalCheck({ progress = 'auto', color }: Flags, io: Pick<Io, 'stderr' | 'env' | 'platform'>): Check {
  const { stderr, env } = io
  const colors = colorsOn(stderr, color, env) ? 'colours' : 'no colours'
  const signs = glyphsFor(stderr, io) === unicode ? 'Unicode' : 'ASCII alone'
  return {
    name: 'terminal',
    ok: true,
    message: `${placeOf(io)}, ${colors}, ${signs}: ${voiceOf(progress, io)}`,
    hint: null,
  }
}

function placeOf({ stderr, env }: Pick<Io, 'stderr' | 'env'>): string {
  const ci = isCi(env) ? ', CI is set' : ''
  if (!stderr.isTTY) return `stderr is no terminal${ci}`
  if (env.TERM === 'dumb') return `TERM is dumb${ci}`
  return canDraw(stderr, env) ? `${stderr.columns} columns${ci}` : `a terminal without columns${ci}`
}

function voiceOf(progress: ProgressChoice, { stderr, env }: Pick<Io, 'stderr' | 'env'>): string {
  if (progress !== 'auto' && progress !== 'bar') return `no bars, by --progress ${progress}`
  if (!canDraw(stderr, env)) return lines
  if (progress === 'auto' && isCi(env)) return `${lines}; \`--progress bar\` draws all the same`
  return 'bars are drawn'
}
