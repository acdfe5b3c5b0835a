/** Holds each piece of a body back until its bytes may leave. */
import { createTokenBucket } from '../core/token-bucket.js'

/** One for all parts that share a rate. */
export interface Pace {
  /** Most bytes of a piece. */
  readonly pieceBytes: number
  /** Resolves when so many bytes may leave. `onWait` is told for how long it will wait, if it does. */
  turn(bytes: number, signal: AbortSignal, onWait: (ms: number) => void): Promise<void>
}

export interface PaceTime {
  now(): number
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export function createPace(bytesPerSecond: number, { now, sleep }: PaceTime): Pace {
  const tokens = createTokenBucket(bytesPerSecond, now)
  return {
    pieceBytes: tokens.pieceBytes,
    turn: async (bytes, signal, onWait) => {
      const waitMs = tokens.take(bytes)
      if (waitMs === 0) return
      onWait(waitMs)
      await sleep(waitMs, signal)
    },
  }
}

export const unpaced: Pace = { pieceBytes: Number.POSITIVE_INFINITY, turn: async () => {} }
