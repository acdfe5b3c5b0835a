/** Colours, where they are wanted, and the signs that go with them. */
import { type Glyphs, unicode } from './glyphs.js'
import type { Environment } from './io.js'

export type ColorChoice = 'auto' | 'always' | 'never'

export interface Style {
  good(text: string): string
  bad(text: string): string
  dim(text: string): string
  glyphs: Glyphs
}

const paint = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`
const same = (text: string) => text

const colored = { good: paint(32, 39), bad: paint(31, 39), dim: paint(2, 22) }
const plain = { good: same, bad: same, dim: same }

export const styleFor = (colors: boolean, glyphs = unicode): Style => ({ ...(colors ? colored : plain), glyphs })

/** What the user says on the line goes before NO_COLOR, that before FORCE_COLOR, and all before what the stream is. */
export function wantsColor(choice: ColorChoice, env: Environment, terminal: boolean): boolean {
  if (choice !== 'auto') return choice === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return terminal
}
