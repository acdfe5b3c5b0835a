/** Runs one upload and answers how it ended, however it ended. */
import { asUploadError, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Context, Said } from './context.js'
import { failedResult, plannedResult } from './result.js'
import { run } from './run.js'

/** Never rejects: what went wrong stands in the result. */
export async function uploadOne(source: Source, context: Context): Promise<UploadResult> {
  const { nature } = context
  const startedAt = nature.now()
  const state = { safe: false }
  const known = { ...plannedResult(source), retries: 0 }
  const say = (said: Said) => {
    if (said.event === 'retry') known.retries++
    if (said.event === 'phase' && said.phase === 'validating') state.safe = true
    context.say(said)
  }
  const error = await run(source, { ...context, say }, (facts) => Object.assign(known, facts)).then(
    () => null,
    (thrown: unknown) => asUploadError(thrown),
  )
  const told = error !== null && state.safe ? waitInstead(error, known.uploadId) : error
  return ended({ ...known, durationMs: Math.round(nature.now() - startedAt) }, told)
}

/** Whoever is interrupted while the server imports what it has need not send it again. */
function waitInstead(error: UploadError, id: string | null): UploadError {
  if (id === null || error.exitCode < 128) return error
  return new UploadError(error.code, `${error.message}; the upload is safe on the server`, {
    hint: `Run \`scenario-upload wait ${id}\`.`,
  })
}

function ended(result: UploadResult, error: UploadError | null): UploadResult {
  return error === null ? { ...result, ok: true } : failedResult(result, error)
}

/** The event that tells how it ended. */
export function lastWord({ error, source: _, ...facts }: UploadResult): Said {
  return error === null ? { event: 'done', ...facts } : { event: 'error', ...error.toJSON() }
}
