/** How long to leave the API alone between two looks at an upload. */

const firstMs = 500
const share = 0.15
const mostMs = 10_000

/**
 * Milliseconds until the next look, `waitedMs` after the wait began: a share of the time waited, so that a short
 * import is seen at once and a long one costs few calls. Jittered downwards, so that many waits do not fall in step.
 */
export function pollDelay(waitedMs: number, random: () => number = Math.random): number {
  const delay = Math.min(mostMs, firstMs + share * waitedMs)
  return Math.round(delay * (1 - 0.2 * random()))
}
