/**
 * How many connections a link is worth, told from how fast bytes go out: `--concurrency auto`.
 *
 * It begins with a few, and tries three times as many: one more at a time is lost in the noise of a link, and takes too
 * long where many are needed. Where throughput grew, the next step follows; where it did not, the step is taken back, and
 * the next one rests, each time twice as long. A storage that asks for fewer requests gets fewer connections at once.
 */
import type { Concurrency } from './counts.js'

export const autoLimits = {
  start: 4,
  least: 1,
  most: 32,
  /** A step goes to so many times as many. */
  leap: 3,
  /** Throughput has grown if it is more than so many times what it was. */
  grown: 1.05,
  /** Where it grew by less than the step, so many times the number that the gain speaks for are kept. */
  reserve: 2,
  /** What is told of less time, or of fewer bytes on each connection, is told of buffers on the way. */
  windowMs: 500,
  bytesEach: 256 * 1024,
  /** New connections shake hands, and then begin slowly, for about as long again: these are the bounds of that. */
  leastSettleMs: 200,
  mostSettleMs: 4000,
  /** The first rest after a step that was taken back, and the longest. */
  restMs: 1000,
  mostRestMs: 16_000,
  /** The number at which the storage asked for fewer is not tried again for so long. */
  shyMs: 60_000,
}

/** How many parts may be in flight: as the run begins, and at most. */
export const lanesOf = (concurrency: Concurrency): { first: number; most: number } =>
  concurrency === 'auto'
    ? { first: autoLimits.start, most: autoLimits.most }
    : { first: concurrency, most: concurrency }

export interface AutoConnections {
  /** How many connections there are to be. */
  count(): number
  /**
   * Takes how many bytes have left in all, and how many connections have a part of which something has left; `waiting`:
   * there are more parts than connections. Else throughput says nothing of their number. Answers the number, as the next.
   */
  heard(bytes: number, moving: number, waiting: boolean): number
  /** The storage asked for fewer requests. */
  slowDown(): number
}

interface Measured {
  count: number
  rate: number
}

interface State {
  count: number
  steppedAt: number
  /** When all connections had moved since the last step; null: they have not. */
  movedAt: number | null
  /** Where the measuring began; null: it has not. */
  from: { at: number; bytes: number } | null
  /** What it was before the last step; null: that one is judged. */
  before: Measured | null
  restMs: number
  restUntil: number
  /** The most to try, and until when that is less than the most of all. */
  most: number
  shyUntil: number
  /** The last number that was measured: the storage took it. */
  taken: number
}

/** `now`: milliseconds that never jump. */
export function createAutoConnections(now: () => number, limits = autoLimits): AutoConnections {
  const state: State = {
    ...{ count: limits.start, steppedAt: now(), movedAt: null, from: null, before: null },
    ...{ restMs: limits.restMs, restUntil: 0, most: limits.most, shyUntil: 0, taken: 0 },
  }
  const step = (to: number, before: Measured | null = null) => {
    const count = Math.max(limits.least, Math.min(to, state.most))
    const judged = count === state.count ? null : before
    Object.assign(state, { count, before: judged, steppedAt: now(), movedAt: null, from: null })
  }
  const rest = () => {
    state.restUntil = now() + state.restMs
    state.restMs = Math.min(limits.mostRestMs, 2 * state.restMs)
  }
  const goOn = (rate: number) => {
    state.before = null
    if (now() >= state.shyUntil) state.most = limits.most
    if (now() >= state.restUntil) step(state.count * limits.leap, { count: state.count, rate })
  }
  const judge = (rate: number) => {
    const { count, before } = state
    state.taken = count
    if (before === null) return goOn(rate)
    const gain = rate / before.rate
    const enough = gain > limits.grown ? Math.ceil(before.count * gain * limits.reserve) : before.count
    if (enough > before.count) state.restMs = limits.restMs
    if (enough >= count) return goOn(rate)
    rest()
    step(enough)
  }
  return {
    count: () => state.count,
    heard: (bytes, moving, waiting) => {
      if (!waiting) state.from = null
      else if (hasSettled(state, moving, now(), limits)) {
        const rate = measure(state, bytes, now(), limits)
        if (rate !== null) judge(rate)
      }
      return state.count
    },
    slowDown: () => {
      const { count, taken } = state
      // What it takes lies between the last number that it took, and this one.
      state.most = Math.max(limits.least, Math.floor((Math.min(taken, count - 1) + count) / 2))
      state.shyUntil = now() + limits.shyMs
      rest()
      step(Math.max(Math.floor(count / 2), taken < count ? taken : 0))
      return state.count
    },
  }
}

/** Whether new connections have had the time for their handshake, and as long again. */
function hasSettled(state: State, moving: number, at: number, limits: typeof autoLimits): boolean {
  const since = at - state.steppedAt
  if (moving >= state.count || since >= limits.mostSettleMs) state.movedAt ??= at
  if (state.movedAt === null) return false
  const handshake = state.movedAt - state.steppedAt
  return at - state.movedAt >= Math.min(limits.mostSettleMs, Math.max(limits.leastSettleMs, handshake))
}

/** Bytes a second, once enough have gone out for that to say something; null until then. */
function measure(state: State, bytes: number, at: number, limits: typeof autoLimits): number | null {
  state.from ??= { at, bytes }
  const ms = at - state.from.at
  const moved = bytes - state.from.bytes
  if (ms < limits.windowMs || moved < state.count * limits.bytesEach) return null
  state.from = { at, bytes }
  return (1000 * moved) / ms
}
