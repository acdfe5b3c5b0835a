/** The shells that complete the words of this command, and which of them is meant. */
import { basename } from 'node:path'
import { suggest } from '../../core/suggest.js'
import { usageError } from '../../errors.js'
import type { Environment } from '../io.js'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

const known = (word: string) => shells.find((shell) => shell === word)

/** An empty word: none was named. Then the shell that the user is in is only a guess, so it goes no further than the hint. */
export function shellNamed(word: string, { SHELL = '' }: Environment): Shell {
  const shell = known(word)
  if (shell !== undefined) return shell
  const meant = suggest(word, shells) ?? known(basename(SHELL))
  const hint = meant
    ? `Run \`scenario-upload completion ${meant}\`.`
    : `Run one of ${shells.map((each) => `\`scenario-upload completion ${each}\``).join(', ')}.`
  const message =
    word === '' ? 'completion needs the name of a shell' : `there is no completion for ${JSON.stringify(word)}`
  throw usageError(`${message}: ${shells.join(', ')}`, hint)
}
