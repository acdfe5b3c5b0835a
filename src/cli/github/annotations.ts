/** Failures as annotations of GitHub Actions, which stand on the page of the run; elsewhere there are none. */
import type { UploadError } from '../../errors.js'
import type { Environment } from '../io.js'
import { sentenceOf } from '../render/words.js'
import { safeText } from '../safe-text.js'

export interface Failure {
  error: UploadError
  /** The source; empty where it is about none in particular. */
  about: string
}

/** No more than these are shown of one step. */
const most = 10

export const inGithubActions = ({ GITHUB_ACTIONS }: Environment) => GITHUB_ACTIONS === 'true'

/** One line each; of too many, the last one says how many more there are. */
export function annotationsOf(failures: readonly Failure[]): string[] {
  const shown = failures.length > most ? failures.slice(0, most - 1) : failures
  const more = failures.length - shown.length
  const last = more === 0 ? [] : [annotation('scenario-upload', `${more} more failed; the log names them all`)]
  return [...shown.map(lineOf), ...last]
}

function lineOf({ error, about }: Failure): string {
  return annotation(`scenario-upload: ${error.code}`, `${sentenceOf(error, about)} → ${safeText(error.hint)}`)
}

/** A workflow command: whatever stands in it, it is one line, and one command. */
function annotation(title: string, message: string): string {
  return `::error title=${property(title)}::${data(message)}`
}

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
