/** The real clock and real chance. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Nature } from './context.js'

/** Beyond this, Node's timers go off at once. */
const mostMs = 2 ** 31 - 1

export const nature: Nature = {
  // Monotonic: a clock that is set in the middle changes nothing.
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, mostMs), undefined, { signal }).catch(() => {
      throw signal.reason
    })
  },
}
