/** Looks at an upload that another command began: once, or until it ends. */
import { asUploadError } from '../errors.js'
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
  return follow(id, context, async (onLook) => {
    context.say({ event: 'phase', phase: 'validating', uploadId: id, fileName: null, total: null })
    await wait(id, null, context, onLook)
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
