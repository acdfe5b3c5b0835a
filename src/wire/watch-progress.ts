/** Ends an attempt that has gone silent, and never one that is only slow, or that slept with the whole machine. */
import { asleepMs, longestTimerMs } from '../core/awake.js'

export interface Watch {
  moved(): void
  /** From now on, so much silence is too much. */
  expect(ms: number): void
  stop(): void
}

/** Calls `onSilence` once nothing has moved for `ms`. A timer that is late by far has slept, and so have all others: it begins anew. */
export function watchProgress(
  ms: number,
  onSilence: (ms: number) => void,
  steady: () => number = () => performance.now(),
): Watch {
  const state = { ms, armedAt: steady(), stopped: false, timer: setTimeout(fire, Math.min(ms, longestTimerMs)) }
  function fire(): void {
    if (steady() - state.armedAt - state.ms > asleepMs) moved()
    else onSilence(state.ms)
  }
  function moved(): void {
    // A refresh would set a cleared timer going again.
    if (state.stopped) return
    state.armedAt = steady()
    state.timer.refresh()
  }
  return {
    moved,
    expect: (next) => {
      if (state.stopped) return
      clearTimeout(state.timer)
      Object.assign(state, { ms: next, armedAt: steady(), timer: setTimeout(fire, Math.min(next, longestTimerMs)) })
    },
    stop: () => {
      state.stopped = true
      clearTimeout(state.timer)
    },
  }
}
