/** The ids as an output of a step of GitHub Actions (`--github-output`), for the steps after it. */
import { randomUUID } from 'node:crypto'
import { systemCode } from '../../core/system-code.js'
import { UploadError, usageError } from '../../errors.js'
import type { UploadResult } from '../../events.js'
import { lineOf } from '../conclusion.js'
import type { Environment } from '../io.js'
import type { Flags } from '../options.js'
import { appendLines } from './append.js'

/** Hands the answer on to somewhere beside stdout; resolves to the error where that failed. */
export type HandOn = (results: readonly UploadResult[]) => Promise<UploadError | null>

export const nowhere: HandOn = async () => null

/** As expressions can name it: `steps.upload.outputs.NAME`. */
export function checkOutputName(word: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(word)) return word
  const rule = 'letters, digits, _ and -, and begins with a letter or _'
  throw usageError(
    `--github-output takes a name of ${rule}, not ${JSON.stringify(word)}`,
    'Give one such as `--github-output id`.',
  )
}

/** Throws where there is no such file: that is known before any request. */
export function githubOutput(
  { githubOutput: name, dryRun }: Pick<Flags, 'githubOutput' | 'dryRun'>,
  { GITHUB_OUTPUT: path }: Environment,
): HandOn {
  if (name === undefined) return nowhere
  if (!path) {
    throw usageError(
      '--github-output needs the variable GITHUB_OUTPUT, which GitHub Actions sets for each step',
      'Leave `--github-output` out where no workflow runs it: the ids are on stdout.',
    )
  }
  return async (results) => {
    // A plan, and what ended before any upload, have no answer to hand on.
    if (dryRun || results.length === 0) return null
    return appendLines(path, outputText(name, results)).then(() => null, outputError)
  }
}

/** The lines of stdout as they are. An id has no slash: what ends them cannot be one of them. */
export function outputText(name: string, results: readonly UploadResult[], random = randomUUID): string {
  const lines = results.map(lineOf).join('')
  if (results.length === 1) return `${name}=${lines.trimEnd()}\n`
  const end = `end/${random()}`
  return `${name}<<${end}\n${lines}${end}\n`
}

function outputError(thrown: unknown): UploadError {
  const message = `the file of GITHUB_OUTPUT could not be written (${systemCode(thrown)})`
  return new UploadError('ERR_GITHUB_OUTPUT', message, { cause: thrown })
}
