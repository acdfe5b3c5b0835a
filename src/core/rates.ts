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
/** Fewer say too little. */
const leastSeconds = 3

/** What is known of a second, as it ended. */
interface Second {
  at: number
  moved: number
  /** What must have arrived: all but what the buffers hold. */
  least: number
  /** What is thought to have arrived. */
  arrived: number
  /** Bytes a second within it; null where it had the burst. */
  speed: number | null
}

/**
 * Milliseconds until all has arrived; undefined until there is enough to tell, and where nothing moves. What was handed
 * over has not all arrived: as much of it as went out in the first burst may lie in buffers on the way, and is let in at
 * the speed of the link. As long as they drain nothing new goes out, and then much at once.
 */
export function createForecast(): (stand: Stand, at: number) => number | undefined {
  const state = { begunAt: 0, burst: 0, arrived: 0, at: 0 }
  const seconds: Second[] = []
  return ({ moved, onTheWay, left }, at) => {
    const last = seconds.at(-1)
    if (!last) {
      if (moved > 0) seconds.push({ at, moved, least: 0, arrived: 0, speed: null })
      Object.assign(state, { begunAt: at, at })
      return undefined
    }
    if (at - state.begunAt < burstMs) {
      state.burst = moved
      return undefined
    }
    const least = moved - Math.min(state.burst, onTheWay)
    if (at - last.at >= secondMs) {
      const speed = seconds.length < 2 ? null : (1000 * (moved - last.moved)) / (at - last.at)
      seconds.push({ at, moved, least, arrived: state.arrived, speed })
      if (seconds.length > mostSeconds) seconds.shift()
    }
    const speed = speedOf(seconds)
    if (speed <= 0) return undefined
    const expected = state.arrived + (speed * (at - state.at)) / 1000
    state.arrived = Math.max(least, Math.min(expected, moved))
    state.at = at
    return (1000 * (left + moved - state.arrived)) / speed
  }
}

/**
 * That of the usual second, where they are much alike. Else that in the middle of what is possible: at least all but the
 * buffers' share arrived, and at most all that was handed over. Where no one speed is possible, it has changed.
 */
function speedOf([first, ...later]: readonly Second[]): number {
  const speeds = later.flatMap(({ speed }) => speed ?? [])
  if (!first || speeds.length < leastSeconds) return 0
  const since = (bytes: number, at: number) => (1000 * (bytes - first.arrived)) / (at - first.at)
  const least = Math.max(0, ...later.map((second) => since(second.least, second.at)))
  const most = Math.min(...later.map((second) => since(second.moved, second.at)))
  const median = medianOf(speeds)
  if (least > most) return median ?? speeds.reduce((sum, each) => sum + each, 0) / speeds.length
  return Math.min(most, Math.max(least, median ?? (least + most) / 2))
}

/** Null where the values are too unlike for a median to say anything. */
function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  const median = at(0.5)
  return median > 0 && at(0.75) - at(0.25) <= median ? median : null
}
