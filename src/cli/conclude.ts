/** The last words of a command: the document or the ids on stdout, and the exit code. */
import { type Clean, redact } from '../core/redact.js'
import type { UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import { createAnswer } from './answer.js'
import { type Conclusion, documentOf, endedByOthers, exitCodeOf, lineOf } from './conclusion.js'
import { discretionIn } from './discreet.js'
import { annotationsOf, inGithubActions } from './github/annotations.js'
import type { Io } from './io.js'
import type { Flags } from './options.js'
import type { Renderer } from './render/renderer.js'
import { planTotalLine, totalLine } from './render/words.js'
import { jsonLine, safeLines } from './safe-text.js'

type Answer = ReturnType<typeof createAnswer>

/** Hands the answer on to somewhere beside stdout; resolves to the error where that failed. */
export type HandOn = (results: readonly UploadResult[]) => Promise<UploadError | null>

export const nowhere: HandOn = async () => null

export interface Ending extends Conclusion {
  flags: Pick<Flags, 'json' | 'debug' | 'progress' | 'dryRun'>
  renderer: Renderer
  answer: Answer
  /** The error stands in the answer: it is not said again. */
  told?: boolean
  /** Where the answer goes beside stdout; default: nowhere. */
  handOn?: HandOn
}

export interface Concluded {
  exitCode: number
  /** The answer is where it was to go, or nobody wants it any more. */
  written: boolean
  /** As they may be shown. */
  results: readonly UploadResult[]
}

/** The ids were written as they came, unless a document holds them all. `now` begins with the process. */
export async function conclude(io: Io, ending: Ending, now = () => performance.now()): Promise<Concluded> {
  const { flags, renderer, answer, handOn = nowhere } = ending
  const discretion = discretionIn(io.env)
  const results = ending.results.map(discretion.result)
  renderer.stop()
  if (results.length > 1) renderer.say(flags.dryRun ? planTotalLine(results) : totalLine(results, now()))
  // Before the document, which says whether it went well.
  const stranded = await handOn(results)
  const failure = ending.error ?? stranded
  const error = failure && discretion.error(failure)
  if (error && !ending.told) renderer.hear({ event: 'error', ...error.toJSON() })
  if (flags.debug) showStacks({ ...ending, error: failure }, io, discretion.sentence)
  const exitCode = exitCodeOf({ ...ending, error })
  if (flags.json) answer.write(documentOf({ ...ending, results, error }, exitCode))
  const unwritten = await answer.written()
  if (unwritten) renderer.hear({ event: 'error', ...unwritten.toJSON() })
  annotate(io, { flags, results }, [error, unwritten])
  const written = !stranded && !unwritten
  const lines = written ? [] : results.map(lineOf).filter((each) => each !== '')
  for (const line of lines) renderer.say(line.trimEnd(), true)
  return { exitCode: unwritten?.exitCode ?? exitCode, written, results }
}

/** What went wrong after the answer was written: said like any other error, on stderr alone. Resolves to the exit code. */
export async function sayAfter(
  { exitCode }: Concluded,
  error: UploadError,
  io: Io,
  { flags, renderer }: Pick<Ending, 'flags' | 'renderer'>,
): Promise<number> {
  const only = { flags: { ...flags, json: false }, answer: createAnswer(io.stdout), results: [], sandbox: false }
  const said = await conclude(io, { ...only, renderer, error })
  // A document has said by now how it ended: the exit code is to agree with it.
  return flags.json ? exitCode : exitCode || said.exitCode
}

/** Beside what was said of each; what others have ended is no failure of its own. */
function annotate(
  io: Io,
  { flags, results }: Pick<Ending, 'flags' | 'results'>,
  others: readonly (UploadError | null)[],
): void {
  if (!inGithubActions(io.env) || flags.progress === 'json') return
  const failed = results.map(({ error, source }) => ({ error, about: source }))
  const all = [...failed, ...others.map((error) => ({ error, about: '' }))]
  const failures = all.flatMap(({ error, about }) =>
    error && !endedByOthers.has(error.code) ? [{ error, about }] : [],
  )
  for (const line of annotationsOf(failures)) io.stderr.write(`${line}\n`)
}

function showStacks({ error, results, flags }: Ending, io: Io, clean: Clean): void {
  const errors = [error, ...results.map((result) => result.error)].filter((each) => each !== null)
  for (const stack of errors.map((each) => clean(stackOf(each)))) {
    io.stderr.write(flags.progress === 'json' ? jsonLine({ event: 'debug', stack }) : `${safeLines(stack)}\n`)
  }
}

function stackOf(error: UploadError): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''
  return redact(`${error.code} ${error.stack}${cause}`)
}
