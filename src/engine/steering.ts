/** Sets how many parts are in flight by how fast their bytes go out, over all files together: `--concurrency auto`. */
import { createAutoConnections, lanesOf } from '../core/auto-connections.js'
import type { Concurrency } from '../core/counts.js'
import { formatRate } from '../core/units.js'
import type { Nature } from './context.js'
import { createLanes, type Lanes } from './lanes.js'

export interface Steering {
  /** An attempt at a part begins. */
  attempt(): Attempt
  /** The storage asked for fewer requests. */
  slowDown(): void
  /** What number it came to; null where that was given. */
  words(): string | null
}

export interface Attempt {
  /** Bytes of this attempt handed to the network so far. */
  sent(bytes: number): void
  ended(): void
}

/** For a number that is given: it stays. */
const unsteered: Steering = {
  attempt: () => ({ sent: () => {}, ended: () => {} }),
  slowDown: () => {},
  words: () => null,
}

/** A number that has stayed for so many milliseconds is told: most that are only tried are gone sooner. */
const tellMs = 2500
/** At first the buffers of new connections fill up: that is not told as their speed. */
const fillMs = 1000

interface Props {
  lanes: Pick<Lanes, 'waiting' | 'resize'>
  nature: Pick<Nature, 'now'>
  /** Told, in words, that the number has changed. */
  tell: (words: string) => void
}

/** The lanes of a run, and who says how many they are. */
export function steeredLanes(
  concurrency: Concurrency,
  nature: Pick<Nature, 'now'>,
  tell: (words: string) => void,
): { lanes: Lanes; steering: Steering } {
  const lanes = createLanes(lanesOf(concurrency).first)
  return { lanes, steering: concurrency === 'auto' ? createSteering({ lanes, nature, tell }) : unsteered }
}

export function createSteering({ lanes, nature: { now }, tell }: Props): Steering {
  const auto = createAutoConnections(now)
  const state = {
    bytes: 0,
    moving: 0,
    told: auto.count(),
    count: auto.count(),
    since: now(),
    from: { at: now(), bytes: 0 },
  }
  const steer = (count: number) => {
    if (count !== state.count) {
      Object.assign(state, { count, since: now() })
      lanes.resize(count)
    }
    const ms = now() - state.since
    if (ms < fillMs) state.from = { at: now(), bytes: state.bytes }
    if (count === state.told || ms < tellMs) return
    state.told = count
    const rate = (1000 * (state.bytes - state.from.bytes)) / (now() - state.from.at)
    tell(`${connections(count)} now: ${formatRate(rate)}`)
  }
  return {
    attempt: () => {
      const own = { bytes: 0 }
      return {
        sent: (bytes) => {
          if (own.bytes === 0) state.moving++
          state.bytes += bytes - own.bytes
          own.bytes = bytes
          steer(auto.heard(state.bytes, state.moving, lanes.waiting() > 0))
        },
        ended: () => {
          if (own.bytes > 0) state.moving--
        },
      }
    },
    slowDown: () => steer(auto.slowDown()),
    words: () => `--concurrency auto came to ${connections(auto.count())}`,
  }
}

const connections = (count: number) => (count === 1 ? '1 connection' : `${count} connections`)
