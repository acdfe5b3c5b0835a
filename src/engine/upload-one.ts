/** Runs one upload and answers how it ended, however it ended. */
import { asUploadError, type ErrorCode, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Notebook } from '../state/memory.js'
import type { Context, Said } from './context.js'
import { identityOf } from './identity.js'
import { noRecording, type Recording } from './recording.js'
import { failedResult, plannedResult } from './result.js'
import { run } from './run.js'

/** Never rejects: what went wrong stands in the result. */
export async function uploadOne(
  source: Source,
  context: Context,
  recording: Recording = noRecording,
): Promise<UploadResult> {
  const { nature } = context
  const startedAt = nature.now()
  const state = { safe: false, keeps: false }
  const known = { ...plannedResult(source), retries: 0 }
  const say = (said: Said) => {
    if (said.event === 'retry') known.retries++
    if (said.event === 'phase' && said.phase === 'validating') state.safe = true
    context.say(said)
  }
  const story = async (notebook: Notebook) => {
    const learn = (facts: Partial<UploadResult>) => {
      Object.assign(known, facts)
      if (known.uploadId !== null) context.created()
    }
    await run(source, notebook, { ...context, say }, learn, recording).finally(() => {
      state.keeps = notebook.keeps // a disk may have filled up meanwhile
    })
    await recording.keep(known)
  }
  const error = await remembering(source, { ...context, say }, story).then(
    () => null,
    (thrown: unknown) => asUploadError(thrown),
  )
  const told = error && goOnInstead(error, { ...state, id: known.uploadId })
  return ended({ ...known, durationMs: Math.round(nature.now() - startedAt) }, told)
}

/** What an unfinished upload can still become is kept; what has ended is forgotten, once its caller has the answer. */
async function remembering(source: Source, context: Context, story: (notebook: Notebook) => Promise<void>) {
  const notebook = await openNotebook(source, context)
  try {
    await story(notebook)
    context.whenDelivered(notebook.forget)
  } catch (error) {
    if (error instanceof UploadError && leadNowhere.has(error.code)) context.whenDelivered(notebook.forget)
    throw error
  } finally {
    await notebook.release()
  }
}

async function openNotebook(source: Source, { memory, say, ...context }: Context): Promise<Notebook> {
  const identity = identityOf(source, context)
  return memory.open(identity, (message) => say({ event: 'note', message }))
}

/** After these there is nothing to go on with. A refusal is none of them: what stood in the way may be gone by then. */
const leadNowhere: ReadonlySet<ErrorCode> = new Set(['ERR_IMPORT_FAILED', 'ERR_FILE_CHANGED'])

interface Standing {
  /** The server has all it needs. */
  safe: boolean
  /** A later run goes on. */
  keeps: boolean
  id: string | null
}

/** Whoever is interrupted wants to know what is lost, and how to go on. */
function goOnInstead(error: UploadError, { safe, keeps, id }: Standing): UploadError {
  if (id === null || (error.exitCode < 128 && error.code !== 'ERR_STOPPED')) return error
  if (safe) {
    const hint = `Run \`scenario-upload wait ${id}\`.`
    return new UploadError(error.code, `${error.message}; the upload is safe on the server`, { hint, cause: error })
  }
  const hint = keeps
    ? 'Run the same command again: it goes on with the parts that are missing.'
    : 'Run the same command again: it begins anew.'
  return new UploadError(error.code, error.message, { hint, cause: error })
}

function ended(result: UploadResult, error: UploadError | null): UploadResult {
  return error === null ? { ...result, ok: true } : failedResult(result, error)
}

/** The event that tells how it ended. */
export function lastWord({ error, source: _, ...facts }: UploadResult): Said {
  return error === null ? { event: 'done', ...facts } : { event: 'error', ...error.toJSON() }
}
