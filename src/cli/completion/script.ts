/** The script that makes a shell complete the words of this command. */
import type { Environment } from '../io.js'
import { bashScript } from './bash.js'
import { fishScript } from './fish.js'
import { type Shell, shellNamed } from './shells.js'
import { readVocabulary, type Vocabulary } from './vocabulary.js'
import { zshScript } from './zsh.js'

const scripts = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
} as const satisfies Record<Shell, (vocabulary: Vocabulary) => string>

export function completionFor(word: string, env: Environment): string {
  return scripts[shellNamed(word, env)](readVocabulary())
}
