/** Tries a request again as long as the retry policy says so. */
import { nextTry } from '../core/retry.js'
import { formatDuration } from '../core/units.js'
import { UploadError } from '../errors.js'
import type { Context } from './context.js'

/** Several kept connections can turn out to be closed, one after the other; beyond that, it is the server that closes them. */
const mostStale = 4

/** What one request was given up for ends the request that needed it too, as it is. */
const givenUp = new WeakSet<UploadError>()

interface Turn {
  /** Of the tries that count, from 1. */
  number: number
  before: UploadError | undefined
  /** Tries that a closed connection took, and that do not count. */
  stale: number
}

type Surroundings = Pick<Context, 'nature' | 'signal' | 'say' | 'patience'> & {
  settings: Pick<Context['settings'], 'retryForMs'>
}

/**
 * `attempt` gets its number, from 1, and the error of the one before; each must open what it sends afresh. Ends with its
 * last error once no progress was made anywhere in the upload for `--retry-for`.
 */
export async function withRetry<Result>(
  what: string,
  { nature, signal, say, patience, settings }: Surroundings,
  attempt: (number: number, before: UploadError | undefined) => Promise<Result>,
): Promise<Result> {
  const failed = new Map<string, number>()
  const countAlike = ({ code, circumstance }: UploadError): number => {
    const kind = circumstance ?? code
    const alike = (failed.get(kind) ?? 0) + 1
    failed.set(kind, alike)
    return alike
  }
  const tryOnce = async ({ number, before, stale }: Turn): Promise<Result> => {
    try {
      const result = await attempt(number, before)
      patience.progressed()
      return result
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof UploadError) || givenUp.has(error)) throw error
      if (error.circumstance === 'stale-connection' && stale < mostStale) {
        return tryOnce({ number, before: error, stale: stale + 1 })
      }
      const tried = { attempt: number, alike: countAlike(error), quietMs: patience.failed() }
      const next = nextTry(error, tried, settings.retryForMs, nature.random)
      if ('stop' in next) {
        const last = next.stop === 'pause' ? withTime(error) : error
        givenUp.add(last)
        throw last
      }
      say({ event: 'retry', what, attempt: number + 1, delayMs: next.delayMs, reason: error.message })
      await nature.sleep(next.delayMs, signal)
      return tryOnce({ number: number + 1, before: error, stale })
    }
  }
  return patience.during(() => tryOnce({ number: 1, before: undefined, stale: 0 }))
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
