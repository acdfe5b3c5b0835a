/** What the doctor says of one thing, and what to do about it. */
import type { Check } from '../../index.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'

export function checkLines({ name, ok, message, hint }: Check, style: Style): string {
  const mark = ok ? style.good(style.glyphs.done) : style.bad(style.glyphs.failed)
  const action = hint === null ? '' : `  ${style.dim(style.glyphs.hint)} ${safeText(hint)}\n`
  return `${mark} ${name}: ${safeText(message)}\n${action}`
}
