/** How long an upload has been without luck: one for all its requests, since one that gets on shows that it is worth waiting. */

export interface Patience {
  progressed(): void
  /** Milliseconds since the first failure after the last progress: 0 for that one itself. */
  failed(): number
  /** The same, where nothing has failed just now. */
  quietMs(): number
  /** A request is under way, with all its tries. */
  during<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * One waits in a queue that other uploads stand in too, until it calls `begun`. While all that is under way stands in
   * queues, nothing is tried, and no time passes, but for the milliseconds that `begun` is told: a server that turns
   * everybody away for so long is what one waits for in vain.
   */
  queued<Result>(work: (begun: (inVainMs?: number) => void) => Promise<Result>): Promise<Result>
}

interface State {
  since: number | null
  underWay: number
  queued: number
  /** Since when nothing was tried. */
  idleAt: number | null
}

export function createPatience(now: () => number): Patience {
  const state: State = { since: null, underWay: 0, queued: 0, idleAt: null }
  const count = (what: 'underWay' | 'queued', change: 1 | -1, inVainMs = 0) => {
    state[what] += change
    const idle = state.queued > 0 && state.queued >= state.underWay
    if (idle) state.idleAt ??= now()
    else resume(state, now(), inVainMs)
  }
  return {
    progressed: () => {
      state.since = null
    },
    failed: () => {
      state.since ??= now()
      return now() - state.since
    },
    quietMs: () => (state.since === null ? 0 : Math.max(0, (state.idleAt ?? now()) - state.since)),
    during: async (work) => {
      count('underWay', 1)
      return work().finally(() => count('underWay', -1))
    },
    queued: async (work) => {
      const standing = { yes: true }
      const begun = (inVainMs?: number) => {
        if (standing.yes) count('queued', -1, inVainMs)
        standing.yes = false
      }
      count('queued', 1)
      return work(begun).finally(() => begun())
    },
  }
}

function resume(state: State, now: number, inVainMs: number): void {
  if (state.idleAt !== null && state.since !== null)
    state.since += Math.max(0, now - Math.max(state.idleAt, state.since) - inVainMs)
  state.idleAt = null
}
