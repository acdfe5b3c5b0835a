/** When a link is so slow that a person should be told. */

export const slowLimits = {
  /** Bytes a second. */
  rate: 100_000,
  /** A day's work of a link that is not that slow is told too. */
  leftMs: 12 * 3_600_000,
  /** How long it has to last. */
  forMs: 20_000,
}

/** Answers true once: as soon as it has been slow for long enough. What stands still is no slow link. */
export function createSlowLink(
  limits = slowLimits,
): (rate: number | undefined, leftMs: number | undefined, at: number) => boolean {
  const state: { since: number | null; told: boolean } = { since: null, told: false }
  return (rate = 0, leftMs = 0, at) => {
    const slow = rate > 0 && (rate < limits.rate || leftMs > limits.leftMs)
    state.since = slow ? (state.since ?? at) : null
    if (state.told || state.since === null || at - state.since < limits.forMs) return false
    state.told = true
    return true
  }
}
