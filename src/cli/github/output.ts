/** The ids as an output of a step of GitHub Actions (`--github-output`), for the steps after it. */
import { randomUUID } from 'node:crypto'
import { systemCode } from '../../core/system-code.js'
import { UploadError, usageError } from '../../errors.js'
import type { UploadResult } from '../../events.js'
import { type HandOn, nowhere } from '../conclude.js'
import { lineOf } from '../conclusion.js'
import type { Environment } from '../io.js'
import type { Flags } from '../options.js'
import { appendLines } from './append.js'

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
