/** Tries a request again as long as the retry policy says so. */
import { retryDelay } from '../core/retry.js'
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
      if (delayMs === undefined || !(error instanceof UploadError)) throw error
      say({ event: 'retry', what, attempt: number + 1, delayMs, reason: error.message })
      await nature.sleep(delayMs, signal)
      return tryOnce(number + 1, error)
    }
  }
  return tryOnce(1, undefined)
}
