/** Counts what the storage has acknowledged apart from what is only on its way. */
import type { Context } from './context.js'

export interface Progress {
  /** An attempt of this part begins: what an earlier one had on its way is lost. */
  begin(part: number): void
  sent(part: number, bytes: number): void
  acknowledge(part: number, bytes: number): void
}

/** No more than this many milliseconds lie between two events while bytes move. */
const everyMs = 100

export function createProgress(total: number, { say, nature }: Pick<Context, 'say' | 'nature'>): Progress {
  const onTheWay = new Map<number, number>()
  const state = { acknowledged: 0, saidAt: Number.NEGATIVE_INFINITY }
  const tell = () => {
    state.saidAt = nature.now()
    const inFlight = [...onTheWay.values()].reduce((sum, bytes) => sum + bytes, 0)
    say({ event: 'progress', bytes: state.acknowledged, inFlight, total })
  }
  return {
    begin: (part) => {
      onTheWay.set(part, 0)
    },
    sent: (part, bytes) => {
      onTheWay.set(part, bytes)
      if (nature.now() - state.saidAt >= everyMs) tell()
    },
    acknowledge: (part, bytes) => {
      onTheWay.delete(part)
      state.acknowledged += bytes
      tell()
    },
  }
}
