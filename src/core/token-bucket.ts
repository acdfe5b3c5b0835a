/** How fast bytes may leave: one bucket of tokens for all that is sent, a byte a token. */
import { usageError } from '../errors.js'

export interface TokenBucket {
  /** So many bytes at once are a small part of a second: larger pieces would be bursts, with long silences between them. */
  readonly pieceBytes: number
  /** Takes the tokens of a piece, and answers in how many milliseconds it may leave. */
  take(bytes: number): number
}

export const rateLimits = {
  /** Below this the pieces are so small that most of what is sent would be their wrapping. */
  leastRate: 1000,
  pieceMs: 50,
  /** The depth of the bucket: what was not sent in time may be made up for, since a timer is late by some milliseconds. */
  depthMs: 50,
}

/**
 * Tokens are taken ahead, and waited for afterwards: so those who wait stand in a queue, and of parts that are sent side
 * by side each gets its share. A rate of Infinity lets everything pass.
 */
export function createTokenBucket(bytesPerSecond: number, now: () => number, limits = rateLimits): TokenBucket {
  const state = { paidUntil: Number.NEGATIVE_INFINITY }
  return {
    pieceBytes: Math.max(1, Math.floor((bytesPerSecond * limits.pieceMs) / 1000)),
    take: (bytes) => {
      const at = now()
      const from = Math.max(state.paidUntil, at - limits.depthMs)
      state.paidUntil = from + (bytes / bytesPerSecond) * 1000
      return Math.max(0, from - at)
    },
  }
}

/** Throws ERR_USAGE for what is no rate. */
export function checkRate(bytesPerSecond: number): number {
  if (typeof bytesPerSecond === 'number' && bytesPerSecond >= rateLimits.leastRate) return bytesPerSecond
  throw usageError(
    `--limit-rate must be at least ${rateLimits.leastRate} bytes a second`,
    'Give bytes a second, such as `--limit-rate 500kB` or `--limit-rate 2MB`.',
  )
}
