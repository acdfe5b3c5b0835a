/** The version of this package, as its manifest has it, which lies two folders up from here, wherever here was built to. */
import { readFileSync } from 'node:fs'

export const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)
