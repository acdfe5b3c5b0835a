/** A link of a steady speed, which all that goes through it share. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once that many bytes have come through. */
export function steadyLink(bytesPerSecond: number, now = () => performance.now()): (bytes: number) => Promise<void> {
  const state = { freeAt: 0 }
  return async (bytes) => {
    state.freeAt = Math.max(state.freeAt, now()) + (1000 * bytes) / bytesPerSecond
    await sleep(state.freeAt - now())
  }
}
