/** Holds all parts back when the storage asks for fewer requests: it means all of them, whichever it said so to. */
import { retryLimits } from '../core/retry.js'
import type { Nature } from './context.js'

export interface Throttle {
  /** Resolves at once, or when the pause that was asked for is over. */
  pass(signal: AbortSignal): Promise<void>
  /** Answers whether that is a new wish: parts that were under way together are told together. */
  slowDown(retryAfterMs: number): boolean
  /** A part went through: the next pause is a short one again. */
  eased(): void
}

export function createThrottle({ now, random, sleep }: Nature, limits = retryLimits): Throttle {
  const state = { until: Number.NEGATIVE_INFINITY, pauses: 0 }
  const pass = async (signal: AbortSignal): Promise<void> => {
    const left = state.until - now()
    if (left <= 0) return
    // Not all at the same moment, or it begins again.
    await sleep(left + random() * limits.baseMs, signal)
    await pass(signal) // a longer pause may have been asked for meanwhile
  }
  return {
    pass,
    slowDown: (retryAfterMs) => {
      const isNew = now() >= state.until
      if (isNew) state.pauses++
      const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** (state.pauses - 1))
      state.until = Math.max(state.until, now() + retryAfterMs + random() * ceiling)
      return isNew
    },
    eased: () => {
      state.pauses = 0
    },
  }
}
