/** When to try a request again, and after how long: exponential backoff with full jitter, `Retry-After` obeyed. */
import { isTransient, type UploadError } from '../errors.js'

export const retryLimits = {
  /** Tries of one request in all, the first one counted. */
  tries: 5,
  /** The ceiling of the first delay; it doubles with each try. */
  baseMs: 1000,
  /** No ceiling grows beyond this. */
  capMs: 20_000,
  /** A server that asks for a longer pause than this ends the upload instead. */
  patienceMs: 10 * 60_000,
}

/**
 * Milliseconds to wait after try number `attempt` (from 1) failed with `error`; undefined: do not try again.
 * `Retry-After` is a floor, and the jitter comes on top, so that many clients do not come back at once.
 */
export function retryDelay(
  attempt: number,
  error: unknown,
  random: () => number = Math.random,
  limits = retryLimits,
): number | undefined {
  if (!isTransient(error) || attempt >= limits.tries) return undefined
  const floor = error.retryAfterMs ?? 0
  if (isBeyondPatience(error, limits)) return undefined
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** (attempt - 1))
  return floor + Math.round(random() * ceiling)
}

/** Whether the server asks for a longer pause than anybody waits for. */
export function isBeyondPatience(error: UploadError, { patienceMs } = retryLimits): boolean {
  return isTransient(error) && (error.retryAfterMs ?? 0) > patienceMs
}

/** A `Retry-After` header, in seconds or as a date, in milliseconds from `now`; undefined where it says nothing. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Math.round(Number(value) * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
