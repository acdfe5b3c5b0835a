/** Speed over a moving window, and the time left at that speed. */

interface Sample {
  at: number
  bytes: number
}

export interface Meter {
  /** Takes an absolute count at a time in milliseconds. */
  add(bytes: number, at: number): void
  /** Bytes a second over the window; undefined until there is enough to tell. */
  rate(): number | undefined
}

/** A meter over the last `windowMs`, with at least half a second of samples. */
export function createMeter(windowMs = 8000): Meter {
  const samples: Sample[] = []
  return {
    add(bytes, at) {
      samples.push({ bytes, at })
      while (samples.length > 2 && at - (samples[1]?.at ?? at) >= windowMs) samples.shift()
    },
    rate() {
      const [first, last] = [samples.at(0), samples.at(-1)]
      if (!first || !last || last.at - first.at < 500) return undefined
      return Math.max(0, (1000 * (last.bytes - first.bytes)) / (last.at - first.at))
    },
  }
}

/** Milliseconds until `left` bytes are gone; undefined where nothing moves. */
export function timeLeft(left: number, rate: number | undefined): number | undefined {
  return rate === undefined || rate <= 0 ? undefined : (1000 * left) / rate
}
