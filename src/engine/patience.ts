/** How long an upload has been without luck: one for all its requests, since one that gets on shows that it is worth waiting. */

export interface Patience {
  progressed(): void
  /** Milliseconds since the first failure after the last progress: 0 for that one itself. */
  failed(): number
}

export function createPatience(now: () => number): Patience {
  const state: { since: number | null } = { since: null }
  return {
    progressed: () => {
      state.since = null
    },
    failed: () => {
      state.since ??= now()
      return now() - state.since
    },
  }
}
