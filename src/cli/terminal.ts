/** Whether there is a terminal that can be drawn on. */
import type { Environment, Output } from './io.js'

export function isCi({ CI }: Environment): boolean {
  return Boolean(CI) && CI !== 'false' && CI !== '0'
}

/** A terminal without columns is a wrapper's: drawing on it never ends. */
export function canDraw({ isTTY, columns = 0 }: Output, { TERM }: Environment): boolean {
  return Boolean(isTTY) && columns > 0 && TERM !== 'dumb'
}

/** Whatever was drawing: the cursor is shown again, and lines wrap. */
export const restored = '\u001b[?25h\u001b[?7h'
