/** Thins out what would be said too often. */

/** Passes a call on when the last one passed on is `ms` or more ago, and drops it otherwise. */
export function atMostEvery<Args extends unknown[]>(
  ms: number,
  action: (...args: Args) => void,
  now: () => number = () => performance.now(),
): (...args: Args) => void {
  const last = { at: Number.NEGATIVE_INFINITY }
  return (...args) => {
    if (now() - last.at < ms) return
    last.at = now()
    action(...args)
  }
}
