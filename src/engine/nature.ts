/** The real clock and real chance. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Nature } from './context.js'

export const nature: Nature = {
  // Monotonic: a clock that is set in the middle changes nothing.
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => {
      throw signal.reason
    })
  },
}
