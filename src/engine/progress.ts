/** Counts what the storage has acknowledged apart from what is only on its way. */
import type { Context } from './context.js'

export interface Progress {
  /** An attempt of this part begins: what an earlier one had on its way is lost. */
  begin(part: number): void
  /** So many bytes of its `size` are on their way. */
  sent(part: number, bytes: number, size: number): void
  /** Answers how much is acknowledged in all. */
  acknowledge(part: number, bytes: number): number
}

/** So many milliseconds lie between two events while a part is on its way. */
const everyMs = 100
/** A part that gets so much further than any attempt before is progress; less may be a buffer on the way that filled up. */
const stepBytes = 1024 * 1024

export function createProgress(
  total: number,
  { say, nature, patience }: Pick<Context, 'say' | 'nature' | 'patience'>,
  already = 0,
): Progress {
  const onTheWay = new Map<number, number>()
  const furthest = new Map<number, number>()
  const state = { acknowledged: already, saidAt: Number.NEGATIVE_INFINITY }
  const tell = () => {
    state.saidAt = nature.now()
    const inFlight = [...onTheWay.values()].reduce((sum, bytes) => sum + bytes, 0)
    say({ event: 'progress', bytes: state.acknowledged, inFlight, total })
  }
  tell()
  return {
    begin: (part) => {
      onTheWay.set(part, 0)
    },
    sent: (part, bytes, size) => {
      onTheWay.set(part, bytes)
      if (bytes >= (furthest.get(part) ?? 0) + stepBytes) {
        furthest.set(part, bytes)
        patience.progressed()
      }
      // After its last byte a part may be silent for long.
      if (bytes === size || nature.now() - state.saidAt >= everyMs) tell()
    },
    acknowledge: (part, bytes) => {
      onTheWay.delete(part)
      furthest.delete(part)
      state.acknowledged += bytes
      tell()
      return state.acknowledged
    },
  }
}
