/** Colours, where they are wanted. */
import type { Environment } from './io.js'

export type ColorChoice = 'auto' | 'always' | 'never'

export interface Style {
  good(text: string): string
  bad(text: string): string
  dim(text: string): string
}

const paint = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`

const colored: Style = { good: paint(32, 39), bad: paint(31, 39), dim: paint(2, 22) }
const plain: Style = { good: (text) => text, bad: (text) => text, dim: (text) => text }

export const styleFor = (colors: boolean): Style => (colors ? colored : plain)

/** What the user says on the line goes before NO_COLOR, that before FORCE_COLOR, and all before what the stream is. */
export function wantsColor(choice: ColorChoice, env: Environment, terminal: boolean): boolean {
  if (choice !== 'auto') return choice === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return terminal
}
