/** What the doctor says of the terminal: whether bars are drawn there, and why not. */
import type { Check } from '../index.js'
import type { Io } from './io.js'
import type { Flags } from './options.js'
import { wantsColor } from './style.js'
import { canDraw, isCi } from './terminal.js'

const lines = 'plain lines instead of bars'

/** Never a failure: the tool speaks in some voice everywhere. */
export function terminalCheck(
  { progress = 'auto', color = 'auto' }: Flags,
  { stderr, env }: Pick<Io, 'stderr' | 'env'>,
): Check {
  const drawable = canDraw(stderr, env)
  const colors = wantsColor(color, env, drawable && !isCi(env)) ? 'colours' : 'no colours'
  const say = (message: string): Check => ({ name: 'terminal', ok: true, message, hint: null })
  if (!stderr.isTTY) return say(`stderr is no terminal: ${lines}, ${colors}`)
  if (env.TERM === 'dumb') return say(`TERM is dumb: ${lines}, ${colors}`)
  if (!drawable) return say(`it has no columns: ${lines}, ${colors}`)
  if (progress !== 'auto' && progress !== 'bar')
    return say(`${stderr.columns} columns, ${colors}: no bars, by --progress ${progress}`)
  if (progress === 'auto' && isCi(env))
    return say(`CI is set: ${lines}, ${colors}; \`--progress bar\` draws all the same`)
  return say(`${stderr.columns} columns, ${colors}: bars are drawn`)
}
