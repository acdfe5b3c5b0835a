/** When a presigned URL is too old to begin with. */

/** A URL is taken for dead so long before its end: the request has a way to go. */
const mostMarginMs = 10_000

export interface Lease {
  /** When it expires, in milliseconds since 1970; null where nobody says. */
  expires: number | null
  /** When it was received, by the same clock. */
  since: number
}

export const isPast = ({ expires }: Pick<Lease, 'expires'>, now: number) => expires !== null && now >= expires

/** A short-lived URL has a margin in proportion, or it would be dead at birth. */
export function isNearEnd({ expires, since }: Lease, now: number): boolean {
  if (expires === null) return false
  const margin = Math.min(mostMarginMs, Math.max(0, expires - since) / 10)
  return now >= expires - margin
}

/** Whether a new set of URLs lives longer than the old one; where nobody says how long they live, other ones count as new. */
export function isFresher(
  fresh: readonly { url: string; expires: number | null }[],
  old: readonly { url: string; expires: number | null }[],
): boolean {
  const [after, before] = [earliest(fresh), earliest(old)]
  if (after !== null && before !== null) return after > before
  return fresh.some(({ url }, index) => url !== old[index]?.url)
}

function earliest(urls: readonly { expires: number | null }[]): number | null {
  return urls.reduce<number | null>(
    (least, { expires }) => (expires === null ? least : Math.min(least ?? expires, expires)),
    null,
  )
}
