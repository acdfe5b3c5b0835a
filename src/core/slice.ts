/** How much to hand to the network at once: large pieces are fast, small ones show that a slow link still moves. */

export const sliceLimits = {
  leastBytes: 64 * 1024,
  /** TLS holds each piece once more, encrypted, and this for every part in flight; larger ones are no faster. */
  mostBytes: 256 * 1024,
  /** A piece that was taken sooner than this may be doubled. */
  quickMs: 100,
  /** A piece that took longer than this must be halved. */
  slowMs: 1000,
}

/** The size of the next piece, after one of `bytes` took `ms`. */
export function nextSlice(bytes: number, ms: number, limits = sliceLimits): number {
  if (ms < limits.quickMs) return Math.min(limits.mostBytes, bytes * 2)
  return ms > limits.slowMs ? Math.max(limits.leastBytes, bytes / 2) : bytes
}
