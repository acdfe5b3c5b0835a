/** The one figure of progress that people see: it never lies, and never goes back. */

export interface Seen {
  bytes: number
  inFlight: number
  total: number
}

/** What is acknowledged and on its way, never all before the storage has it all, and never less than was `shown`. */
export function shownBytes({ bytes, inFlight, total }: Seen, shown: number): number {
  if (bytes >= total) return total
  const almost = Math.floor(total * 0.99)
  return Math.max(Math.min(shown, almost), Math.min(bytes + inFlight, almost))
}

export const percentOf = (shown: number, total: number) => (total === 0 ? 100 : Math.floor((100 * shown) / total))
