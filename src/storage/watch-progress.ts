/** Ends an attempt that has gone silent, and never one that is only slow. */

export interface Watch {
  moved(): void
  stop(): void
}

/** Calls `onSilence` once nothing has moved for `ms`. */
export function watchProgress(ms: number, onSilence: () => void): Watch {
  const timer = setTimeout(onSilence, ms)
  const state = { stopped: false }
  return {
    moved: () => {
      // A refresh would set a cleared timer going again.
      if (!state.stopped) timer.refresh()
    },
    stop: () => {
      state.stopped = true
      clearTimeout(timer)
    },
  }
}
