/** Looks at an upload until it has ended, or until there is no time left. */
import { pollDelay } from '../core/poll.js'
import { nextTry } from '../core/retry.js'
import { UploadError } from '../errors.js'
import type { RemoteUpload } from '../scenario/schema.js'
import type { Context, Until } from './context.js'
import type { Waiting } from './imports.js'

/** How long to look on for the id of an upload that has succeeded without one, in milliseconds. */
const lookOnMs = 10_000
/** A look gets this long even where less is left of the wait. */
const leastLookMs = 1000

const successes: ReadonlySet<string> = new Set(['validated', 'complete', 'imported'])

export const isSuccess = ({ status }: RemoteUpload) => successes.has(status)

/** Throws ERR_IMPORT_FAILED for an upload that failed. */
export function refuseFailed(upload: { status: string | null; errorMessage: string | null }): void {
  if (upload.status !== 'failed') return
  const why = upload.errorMessage ?? 'the server does not say why'
  throw new UploadError('ERR_IMPORT_FAILED', `the import failed: ${why}`)
}

/** An unknown status means "not ended yet". A status of its own is no end either: `imported` is waited for by its id. */
export function hasEnded(upload: RemoteUpload, until: Until | undefined): boolean {
  return isSuccess(upload) && (until === 'validated' || upload.entityId !== null)
}

interface Wait {
  id: string
  startedAt: number
  deadline: number
  /** The first success that was seen, and since when: it may still get its id. */
  success: { upload: RemoteUpload; at: number } | null
  last: RemoteUpload | null
  /** Looks in a row that saw nothing. */
  blind: number
  /** With the one that is next. */
  looks: number
}

/** Resolves to the upload as it ended; one without `entityId` where none came in time. */
export async function wait(
  id: string,
  kind: string | null,
  context: Context,
  onLook: (upload: RemoteUpload) => void,
): Promise<RemoteUpload> {
  const waiting = await context.imports.enter(kind, context.settings.timeoutMs, context.signal)
  try {
    return await lookOn(id, context, onLook, waiting)
  } finally {
    waiting.leave()
  }
}

async function lookOn(
  id: string,
  context: Context,
  onLook: (upload: RemoteUpload) => void,
  { startedAt, ended }: Waiting,
): Promise<RemoteUpload> {
  const { nature, settings, signal } = context
  const begin: Wait = {
    id,
    startedAt,
    deadline: startedAt + settings.timeoutMs,
    success: null,
    last: null,
    blind: 0,
    looks: 1,
  }
  for (let state = begin; ; ) {
    const seen = await look(state, context)
    if (seen.upload) {
      onLook(seen.upload)
      refuseFailed(seen.upload)
      if (hasEnded(seen.upload, settings.until)) {
        ended(state.looks)
        return seen.upload
      }
    }
    const now = nature.now()
    state = remember(state, seen.upload, now, settings.until)
    if (now >= state.deadline) return outOfTime(state, context)
    const delay = Math.max(pollDelay(now - startedAt, nature.random), seen.retryAfterMs)
    await nature.sleep(Math.min(delay, state.deadline - now), signal)
  }
}

interface Seen {
  upload: RemoteUpload | null
  retryAfterMs: number
}

/**
 * A temporary error never ends a wait: the upload is safe, and the next look may see it. Only a host that has never
 * answered is given up, since there the wait would be for a slip in its name.
 */
async function look(state: Wait, { client, nature, settings, signal, patience, say }: Context): Promise<Seen> {
  const timeoutMs = Math.min(settings.stallMs, Math.max(leastLookMs, state.deadline - nature.now()))
  try {
    const upload = await client.get(state.id, signal, timeoutMs)
    patience.progressed()
    return { upload, retryAfterMs: 0 }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof UploadError)) throw error
    const tried = { attempt: state.blind + 1, alike: state.blind + 1, quietMs: patience.failed() }
    if ('stop' in nextTry(error, tried, Number.POSITIVE_INFINITY, nature.random)) throw error
    say({ event: 'detail', message: `could not look at the upload: ${error.message}` })
    return { upload: null, retryAfterMs: error.retryAfterMs ?? 0 }
  }
}

/** From the first success on, the deadline is that of the look for its id, unless the id is what was asked for. */
function remember(state: Wait, upload: RemoteUpload | null, now: number, until: Until | undefined): Wait {
  const last = upload ?? state.last
  const blind = upload ? 0 : state.blind + 1
  const looks = state.looks + 1
  if (!upload || !isSuccess(upload)) return { ...state, last, blind, looks }
  const success = state.success ?? { upload, at: now }
  const deadline = until === 'imported' ? state.deadline : success.at + lookOnMs
  return { ...state, last, blind, looks, success: { ...success, upload }, deadline }
}

function outOfTime({ id, success, last }: Wait, { settings, say }: Context): RemoteUpload {
  if (success && settings.until !== 'imported') {
    const message = 'the server gave no entity id yet: where there is none, the id of the upload stands for it'
    say({ event: 'note', message, run: true })
    return success.upload
  }
  const state = last ? `it is ${last.status}` : 'its state could not be read'
  throw new UploadError(
    'ERR_STILL_PROCESSING',
    `${id} was still processing when the time ran out (${state}); it is safe on the server. Usual causes: a large ` +
      'import, a corrupt file, or a content type that does not match',
    { hint: `Run \`scenario-upload wait ${id}\`.` },
  )
}
