/** Holds all parts back when the storage asks for fewer requests: it means all of them, whichever it said so to. */
import { retryLimits } from '../core/retry.js'
import type { UploadError } from '../errors.js'
import { again } from './again.js'
import type { Nature } from './context.js'

export interface Throttle {
  /**
   * Resolves at once, or when the pause that was asked for is over. Who has less time left than the storage named ends
   * with the refusal that named it, as the part did that was told, and the storage is left alone.
   */
  pass(signal: AbortSignal, leftMs: () => number): Promise<void>
  /** Answers whether that is a new wish: parts that were under way together are told together. */
  slowDown(refusal: UploadError): boolean
  /** A part went through: the next pause is a short one again. */
  eased(): void
}

export function createThrottle({ now, random, sleep }: Nature, limits = retryLimits): Throttle {
  const never = Number.NEGATIVE_INFINITY
  const state = { until: never, pauses: 0, asked: { until: never, by: null as UploadError | null } }
  const pass = async (signal: AbortSignal, leftMs: () => number): Promise<void> => {
    const { asked } = state
    const askedMs = asked.until - now()
    if (asked.by && askedMs > 0 && askedMs > leftMs()) throw again(asked.by, askedMs)
    const left = state.until - now()
    if (left <= 0) return
    // Not all at the same moment, or it begins again.
    await sleep(left + random() * limits.baseMs, signal)
    await pass(signal, leftMs) // a longer pause may have been asked for meanwhile
  }
  return {
    pass,
    slowDown: (refusal) => {
      const askedUntil = now() + (refusal.retryAfterMs ?? 0)
      if (askedUntil > state.asked.until) state.asked = { until: askedUntil, by: refusal }
      const isNew = now() >= state.until
      if (isNew) state.pauses++
      const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** (state.pauses - 1))
      state.until = Math.max(state.until, askedUntil + random() * ceiling)
      return isNew
    },
    eased: () => {
      state.pauses = 0
    },
  }
}
