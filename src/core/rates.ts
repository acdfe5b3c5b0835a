/** Speed over a moving window, and the time that is left. */

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

/** How far it has come. */
export interface Stand {
  /** Bytes handed to the network so far, those on their way among them. */
  moved: number
  onTheWay: number
  /** Bytes that are still to be handed over. */
  left: number
}

/** In this time at the beginning, buffers on the way fill up: it says nothing of the speed. */
const burstMs = 1000
const secondMs = 1000
const mostSeconds = 30

/**
 * Milliseconds until all has arrived; undefined until there is enough to tell, and where nothing moves. What was handed
 * over has not all arrived: as much of it as went out in the first burst may lie in buffers on the way, and is let in
 * at the speed of the link. As long as it drains, nothing new goes out, and then much at once: so the speed is that of the
 * usual second, and only where the seconds are too unlike that of all of them.
 */
export function createForecast(): (stand: Stand, at: number) => number | undefined {
  const begun: { at?: number } = {}
  const state = { burst: 0, arrived: 0, at: 0, second: { at: 0, moved: 0 } }
  const speeds: number[] = []
  return ({ moved, onTheWay, left }, at) => {
    if (moved > 0) begun.at ??= at
    if (begun.at === undefined || at - begun.at < burstMs) {
      Object.assign(state, { burst: moved, at, second: { at, moved } })
      return undefined
    }
    const { second } = state
    if (at - second.at >= secondMs) {
      speeds.push((1000 * (moved - second.moved)) / (at - second.at))
      if (speeds.length > mostSeconds) speeds.shift()
      state.second = { at, moved }
    }
    const speed = usual(speeds)
    if (speed <= 0) return undefined
    const expected = state.arrived + (speed * (at - state.at)) / 1000
    state.arrived = Math.max(moved - Math.min(state.burst, onTheWay), Math.min(expected, moved))
    state.at = at
    return (1000 * (left + moved - state.arrived)) / speed
  }
}

/** The median of what is much alike, else the mean; zero of nothing. */
function usual(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  const median = at(0.5)
  const alike = median > 0 && at(0.75) - at(0.25) <= median
  return alike ? median : values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length)
}
