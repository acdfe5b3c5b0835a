/** Runs one upload and answers how it ended, however it ended. */
import { asUploadError, type UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Context, Said } from './context.js'
import { failedResult, plannedResult } from './result.js'
import { run } from './run.js'

/** Never rejects: what went wrong stands in the result. */
export async function uploadOne(source: Source, context: Context): Promise<UploadResult> {
  const { nature } = context
  const startedAt = nature.now()
  const known = { ...plannedResult(source), retries: 0 }
  const say = (said: Said) => {
    if (said.event === 'retry') known.retries++
    context.say(said)
  }
  const error = await run(source, { ...context, say }, (facts) => Object.assign(known, facts)).then(
    () => null,
    (thrown: unknown) => asUploadError(thrown),
  )
  return ended({ ...known, durationMs: Math.round(nature.now() - startedAt) }, error)
}

function ended(result: UploadResult, error: UploadError | null): UploadResult {
  return error === null ? { ...result, ok: true } : failedResult(result, error)
}

/** The event that tells how it ended. */
export function lastWord({ error, source: _, ...facts }: UploadResult): Said {
  return error === null ? { event: 'done', ...facts } : { event: 'error', ...error.toJSON() }
}
