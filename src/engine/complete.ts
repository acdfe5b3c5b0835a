/** Tells the API that all parts are there. */
import { UploadError } from '../errors.js'
import type { RemoteUpload } from '../scenario/schema.js'
import type { Context } from './context.js'
import { withRetry } from './with-retry.js'

/**
 * After a try that may have got through, the upload is looked at before it is completed again: gone past pending is
 * success. What the second complete of an upload answers is assumed to be a refusal, so a refusal then is held against a
 * look too. `again`: an earlier run may have completed it, and was killed before it heard so.
 */
export async function complete(id: string, again: boolean, context: Context): Promise<RemoteUpload | null> {
  const { client, signal } = context
  const state = { doubtful: false } // until a look has settled it: one that was turned away has not
  return withRetry('complete', context, async (number) => {
    const seen = state.doubtful ? await pastPending(id, context) : null
    if (seen) return seen
    state.doubtful = false
    return client.complete(id, signal).catch(async (error: unknown) => {
      state.doubtful = isDoubtful(error)
      const known = (again || number > 1) && isRefusal(error) ? await pastPending(id, context) : null
      if (known) return known
      throw error
    })
  })
}

async function pastPending(id: string, { client, signal }: Context): Promise<RemoteUpload | null> {
  const upload = await client.get(id, signal)
  return upload.status === 'pending' ? null : upload
}

const isDoubtful = (error: unknown) => error instanceof UploadError && error.code !== 'ERR_RATE_LIMITED'
const isRefusal = (error: unknown) => error instanceof UploadError && error.code === 'ERR_API_REFUSED'
