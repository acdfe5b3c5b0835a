/** Looks at an upload that another command began: once, or until it ends. */
import { asUploadError, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { RemoteUpload } from '../scenario/schema.js'
import type { Context } from './context.js'
import { failedResult, remoteResult } from './result.js'
import { refuseFailed, wait } from './wait.js'
import { withRetry } from './with-retry.js'

/** Never rejects: what went wrong stands in the result. */
export async function lookAt(id: string, context: Context): Promise<UploadResult> {
  return follow(id, context, async (onLook) => {
    const upload = await withRetry('look at', context, () => context.client.get(id, context.signal))
    onLook(upload)
    refuseFailed(upload)
  })
}

export async function waitFor(id: string, context: Context): Promise<UploadResult> {
  const statuses = new Set<string>()
  return follow(id, context, async (onLook) => {
    context.say({ event: 'phase', phase: 'validating', uploadId: id, fileName: null, total: null })
    const look = (upload: RemoteUpload) => {
      statuses.add(upload.status)
      onLook(upload)
    }
    await wait(id, null, context, look).catch(async (error: unknown) => {
      const isLate = error instanceof UploadError && error.code === 'ERR_STILL_PROCESSING'
      // What was completed leaves `pending`.
      const onlyPending = statuses.size === 1 && statuses.has('pending')
      throw isLate && onlyPending && (await context.memory.keepsBytesOf(id)) ? unsent(id, error) : error
    })
  })
}

function unsent(id: string, cause: UploadError): UploadError {
  const what = 'as far as the server shows, its bytes are not all there'
  return new UploadError('ERR_STILL_PROCESSING', `${id} was still pending when the time ran out: ${what}`, {
    hint: `Run the same upload command again: it goes on with the parts that are missing. Where that is still under way, run \`scenario-upload wait ${id}\`.`,
    cause,
  })
}

async function follow(
  id: string,
  { nature }: Context,
  story: (onLook: (upload: RemoteUpload) => void) => Promise<void>,
): Promise<UploadResult> {
  const startedAt = nature.now()
  const seen: { upload: RemoteUpload | null } = { upload: null }
  const error = await story((upload) => {
    seen.upload = upload
  }).then(
    () => null,
    (thrown: unknown) => asUploadError(thrown),
  )
  const result = { ...remoteResult(id, seen.upload), durationMs: Math.round(nature.now() - startedAt) }
  return error === null ? { ...result, ok: true } : failedResult(result, error)
}
