/** The last words of a command: the document or the ids on stdout, and the exit code. */
import { redact } from '../core/redact.js'
import type { UploadError } from '../errors.js'
import type { createAnswer } from './answer.js'
import { type Conclusion, documentOf, exitCodeOf, lineOf } from './conclusion.js'
import type { Io } from './io.js'
import type { Flags } from './options.js'
import type { Renderer } from './render/renderer.js'
import { totalLine } from './render/words.js'
import { safeLines } from './safe-text.js'

type Answer = ReturnType<typeof createAnswer>

export interface Ending extends Conclusion {
  flags: Pick<Flags, 'json' | 'debug' | 'progress'>
  renderer: Renderer
  answer: Answer
  /** The error stands in the answer: it is not said again. */
  told?: boolean
}

export interface Concluded {
  exitCode: number
  /** The answer is where it was to go, or nobody wants it any more. */
  written: boolean
}

/** The ids were written as they came, unless a document holds them all. `now` begins with the process. */
export async function conclude(io: Io, ending: Ending, now = () => performance.now()): Promise<Concluded> {
  const { flags, renderer, answer, error, results } = ending
  renderer.stop()
  if (results.length > 1) renderer.say(totalLine(results, now()))
  if (error && !ending.told) renderer.hear({ event: 'error', ...error.toJSON() })
  if (flags.debug) showStacks(ending, io)
  const exitCode = exitCodeOf(ending)
  if (flags.json) answer.write(documentOf(ending, exitCode))
  const unwritten = await answer.written()
  if (!unwritten) return { exitCode, written: true }
  renderer.hear({ event: 'error', ...unwritten.toJSON() })
  for (const line of results.map(lineOf).filter((each) => each !== '')) renderer.say(line.trimEnd(), true)
  return { exitCode: unwritten.exitCode, written: false }
}

function showStacks({ error, results, flags }: Ending, io: Io): void {
  const errors = [error, ...results.map((result) => result.error)].filter((each) => each !== null)
  for (const stack of errors.map(stackOf)) {
    const text = flags.progress === 'json' ? JSON.stringify({ event: 'debug', stack }) : safeLines(stack)
    io.stderr.write(`${text}\n`)
  }
}

function stackOf(error: UploadError): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''
  return redact(`${error.code} ${error.stack}${cause}`)
}
