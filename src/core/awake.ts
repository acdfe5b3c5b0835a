/** Time as a waiting person counts it: without the hours in which the machine slept or the process was stopped. */

/** Beyond this, Node's timers go off at once. */
export const longestTimerMs = 2 ** 31 - 1
/** A timer that comes so much too late has slept. */
export const asleepMs = 5000

export interface AwakeClock {
  /** Milliseconds since some moment, those asleep left out. To be asked at least every `beatMs`, or it takes silence for sleep. */
  now(): number
}

export function createAwakeClock(beatMs: number, steady: () => number = () => performance.now()): AwakeClock {
  const state = { seen: steady(), asleep: 0 }
  return {
    now: () => {
      const at = steady()
      const late = at - state.seen - beatMs
      if (late > asleepMs) state.asleep += late
      state.seen = at
      return at - state.asleep
    },
  }
}
