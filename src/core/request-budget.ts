/** How many requests an API may be asked in a minute, learning from its refusals. The clock is an argument throughout. */

export interface RequestBudget {
  /** Milliseconds until the next request may go out; `throng`: others wait behind it. */
  delay(now: number, throng: boolean): number
  /** One goes out. */
  took(now: number): void
  /** It was answered with 429; `retryAfterMs` is what the answer asked for, 0 where it named nothing. */
  refused(now: number, retryAfterMs: number): void
  /** It was taken. */
  accepted(): void
  /** How long a refusal still keeps all from being asked. */
  pause(now: number): Pause
  /** Fewer may be asked than were meant to be, since some were refused. */
  isLowered(): boolean
  /** For so many of these milliseconds, a refusal did. */
  pausedWithin(from: number, to: number): number
}

export interface Pause {
  /** Until it is worth asking again. */
  ms: number
  /** Until the time that the server named; 0 where it named none. */
  askedMs: number
}

/** What goes out within a minute may arrive within less. */
const windowMs = 60_500
/** Where the server names no pause, the first is as long, and each that follows twice as long, up to the most. */
const firstPauseMs = 1000
const mostPauseMs = 60_000
/** Some servers refuse now and then, however seldom they are asked. */
const leastShare = 0.2

interface State {
  /** When the requests of the last minute went out. */
  sent: number[]
  allowed: number
  learnedAt: number | null
  pausedFrom: number
  pausedUntil: number
  askedUntil: number
  refusals: number
  /** A minute's requests were spent: until nobody waits any more, the next ones go out evenly and not all at once. */
  spread: boolean
}

const never = Number.NEGATIVE_INFINITY

export function createRequestBudget(perMinute: number): RequestBudget {
  const state: State = {
    ...{ sent: [], allowed: perMinute, learnedAt: null },
    ...{ pausedFrom: never, pausedUntil: never, askedUntil: never },
    ...{ refusals: 0, spread: false },
  }
  return {
    delay: (now, throng) => {
      recover(state, perMinute, now)
      while (now - (state.sent[0] ?? now) >= windowMs) state.sent.shift()
      if (state.sent.length >= state.allowed) state.spread = true
      else if (!throng && state.learnedAt === null) state.spread = false
      return Math.max(0, state.pausedUntil - now, state.spread ? untilNext(state, now) : 0)
    },
    took: (now) => void state.sent.push(now),
    refused: (now, retryAfterMs) => {
      // Those that were under way together are refused together: that is one lesson.
      if (now >= state.pausedUntil) {
        // The first may be meant for others that ask the same server; one that follows is meant for us.
        if (state.learnedAt !== null) state.spread = true
        // Those that follow before anything is taken say that the minute is not over, and nothing of how many it has.
        if (state.refusals === 0)
          state.allowed = Math.max(Math.ceil(leastShare * perMinute), Math.floor(state.allowed * 0.7))
        state.refusals++
        state.pausedFrom = now
      }
      state.learnedAt = now
      const pause = Math.min(mostPauseMs, firstPauseMs * 2 ** (state.refusals - 1))
      state.pausedUntil = Math.max(state.pausedUntil, now + Math.max(retryAfterMs, pause))
      state.askedUntil = now + retryAfterMs
    },
    accepted: () => {
      state.refusals = 0
    },
    pause: (now) => ({ ms: Math.max(0, state.pausedUntil - now), askedMs: Math.max(0, state.askedUntil - now) }),
    isLowered: () => state.learnedAt !== null,
    pausedWithin: (from, to) => Math.max(0, Math.min(to, state.pausedUntil) - Math.max(from, state.pausedFrom)),
  }
}

/** A tenth more after each minute without a refusal. */
function recover(state: State, perMinute: number, now: number): void {
  if (state.learnedAt === null || now - state.learnedAt < windowMs) return
  state.allowed = Math.min(perMinute, state.allowed + Math.ceil(perMinute / 10))
  state.learnedAt = state.allowed < perMinute ? now : null
}

/** Evenly, and never more than are allowed in any minute. */
function untilNext({ sent, allowed }: State, now: number): number {
  const gap = windowMs / allowed
  const evenly = (sent.at(-1) ?? now - gap) + gap
  const over = sent.length - allowed
  return Math.max(evenly, over < 0 ? now : (sent[over] ?? now) + windowMs) - now
}
