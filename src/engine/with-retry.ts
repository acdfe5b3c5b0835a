/** Tries a request again as long as the retry policy says so. */
import { isBeyondPatience, retryDelay } from '../core/retry.js'
import { formatDuration } from '../core/units.js'
import { UploadError } from '../errors.js'
import type { Context } from './context.js'

/** `attempt` gets its number, from 1, and the error of the one before; each must open what it sends afresh. */
export async function withRetry<Result>(
  what: string,
  { nature, signal, say }: Pick<Context, 'nature' | 'signal' | 'say'>,
  attempt: (number: number, before: UploadError | undefined) => Promise<Result>,
): Promise<Result> {
  const tryOnce = async (number: number, before: UploadError | undefined): Promise<Result> => {
    try {
      return await attempt(number, before)
    } catch (error) {
      signal.throwIfAborted()
      const delayMs = retryDelay(number, error, nature.random)
      if (!(error instanceof UploadError)) throw error
      if (delayMs === undefined) throw isBeyondPatience(error) ? withTime(error) : error
      say({ event: 'retry', what, attempt: number + 1, delayMs, reason: error.message })
      await nature.sleep(delayMs, signal)
      return tryOnce(number + 1, error)
    }
  }
  return tryOnce(1, undefined)
}

/** Says when the server wants to be asked again, where that is too late to wait for. */
function withTime({ code, message, requestId, retryAfterMs = 0 }: UploadError): UploadError {
  const pause = formatDuration(retryAfterMs)
  return new UploadError(code, `${message}; it asks to be left alone for ${pause}`, {
    hint: `Run the same command again in ${pause}.`,
    requestId: requestId ?? undefined,
    retryAfterMs,
  })
}
