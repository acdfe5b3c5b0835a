/** Which voice speaks on stderr. Only that one is loaded. */

import { discreet } from './discreet.js'
import { ascii, type Glyphs, showsUnicode, unicode } from './glyphs.js'
import type { Environment, Io, Output } from './io.js'
import type { Flags } from './options.js'
import { foldUntried } from './render/fold-untried.js'
import type { Renderer } from './render/renderer.js'
import { type ColorChoice, styleFor, wantsColor } from './style.js'
import { canDraw, isCi } from './terminal.js'

export type VoiceFlags = Pick<Flags, 'progress' | 'quiet' | 'verbose' | 'debug' | 'color' | 'limitRate'>

export async function chooseVoice(flags: VoiceFlags, io: Io): Promise<Renderer> {
  return discreet(await loadVoice(flags, io), io.env)
}

async function loadVoice(flags: VoiceFlags, io: Io): Promise<Renderer> {
  const { progress = 'auto', quiet = false, verbose = false, debug = false, color } = flags
  const drawable = canDraw(io.stderr, io.env)
  if (progress === 'json')
    return (await import('./render/json.js')).createJsonRenderer(io.stderr, { quiet, verbose, debug })
  const colors = colorsOn(io.stderr, color, io.env)
  const style = styleFor(colors, glyphsFor(io.stderr, io))
  if (quiet) return foldUntried((await import('./render/quiet.js')).createQuietRenderer(io.stderr, style))
  const draws = drawable && (progress === 'bar' || (progress === 'auto' && !isCi(io.env)))
  const common = { style, verbose, debug, limited: flags.limitRate !== undefined }
  if (!draws) {
    const { createPlainRenderer } = await import('./render/plain.js')
    return foldUntried(createPlainRenderer(io.stderr, { ...common, progress: progress !== 'none' }))
  }
  const { createBarRenderer } = await import('./render/bar.js')
  return foldUntried(await createBarRenderer(io, { ...common, colors }))
}

/** Whether what is written there is coloured. */
export function colorsOn(output: Output, color: ColorChoice | undefined, env: Environment): boolean {
  return wantsColor(color ?? 'auto', env, canDraw(output, env) && !isCi(env))
}

/** A log keeps its signs, whatever the locale is: who reads it is somewhere else. */
export function glyphsFor({ isTTY }: Output, { env, platform }: Pick<Io, 'env' | 'platform'>): Glyphs {
  return isTTY && !showsUnicode(env, platform) ? ascii : unicode
}

/** What can be told of the voice before the line is understood, so that even a usage error is said in it. */
export function roughFlags(argv: readonly string[]): VoiceFlags & Pick<Flags, 'json'> {
  const cut = argv.indexOf('--')
  const words = cut < 0 ? argv : argv.slice(0, cut)
  const joined = words.join('\n')
  const color = /^--color[=\n](always|never)$/m.exec(joined)?.[1]
  return {
    json: words.includes('--json'),
    debug: words.includes('--debug'),
    progress: /^--progress[=\n]json$/m.test(joined) ? 'json' : 'none',
    ...(color === 'always' || color === 'never' ? { color } : {}),
  }
}
