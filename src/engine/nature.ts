/** The real clock and real chance. */
import { setTimeout as delay } from 'node:timers/promises'
import { createAwakeClock, longestTimerMs } from '../core/awake.js'
import type { Nature } from './context.js'

/** How often the clock looks whether it slept. */
const beatMs = 1000

/** Until it is closed, its clock beats; that keeps no process alive. */
export function createNature(): Nature & { close(): void } {
  const clock = createAwakeClock(beatMs)
  const beat = setInterval(clock.now, beatMs).unref()
  return {
    now: clock.now,
    random: Math.random,
    sleep: async (ms, signal) => {
      await delay(Math.min(ms, longestTimerMs), undefined, { signal }).catch(() => {
        throw signal.reason
      })
    },
    close: () => clearInterval(beat),
  }
}
