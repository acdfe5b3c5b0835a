/** How an output of a step of GitHub Actions may be called. */
import { usageError } from '../../errors.js'

/** As expressions can name it: `steps.upload.outputs.NAME`. */
export function checkOutputName(word: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(word)) return word
  const rule = 'letters, digits, _ and -, and begins with a letter or _'
  throw usageError(
    `--github-output takes a name of ${rule}, not ${JSON.stringify(word)}`,
    'Give one such as `--github-output id`.',
  )
}
