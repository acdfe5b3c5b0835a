/** When to look at an import for the first time, where many are waited for: most of them wait for what a few find out. */
import { createImportTimes } from '../core/import-times.js'
import type { Nature } from './context.js'

export interface Imports {
  /** A wait begins; resolves when its first look is worth a call, within `mostMs`. What is of one kind takes alike. */
  enter(kind: string | null, mostMs: number, signal: AbortSignal): Promise<Waiting>
}

export interface Waiting {
  startedAt: number
  /** It ended, and so many looks were needed to see it. */
  ended(looks: number): void
  /** However it ended. */
  leave(): void
}

/** So many are looked at from the beginning, as long as nothing is known. */
const mostScouts = 2
/** The others wait for them so long at most. */
const mostHeldMs = 10_000
const everyMs = 250

export function createImports(nature: Nature): Imports {
  const kinds = new Map<string | null, OfAKind>()
  return {
    enter: (kind, mostMs, signal) => {
      const known = kinds.get(kind) ?? ofAKind(nature)
      kinds.set(kind, known)
      return known(mostMs, signal)
    },
  }
}

type OfAKind = (mostMs: number, signal: AbortSignal) => Promise<Waiting>

function ofAKind({ now, random, sleep }: Nature): OfAKind {
  const times = createImportTimes()
  const state = { scouts: 0 }

  /** Answers what was typical then. */
  const holdBack = async (startedAt: number, mostMs: number, signal: AbortSignal): Promise<number | undefined> => {
    const late = 1 + 0.1 * random()
    const most = startedAt + mostMs
    const mostHeld = Math.min(startedAt + mostHeldMs, most)
    while (times.typical() === undefined && now() < mostHeld) await sleep(Math.min(everyMs, mostHeld - now()), signal)
    const expected = times.typical()
    const left = expected === undefined ? 0 : Math.min(startedAt + expected * late, most) - now()
    if (left > 0) await sleep(left, signal)
    return expected
  }

  return async (mostMs, signal) => {
    const startedAt = now()
    const scout = times.typical() === undefined && state.scouts < mostScouts
    if (scout) state.scouts++
    const expected = scout ? undefined : await holdBack(startedAt, mostMs, signal)
    return {
      startedAt,
      ended: (looks) => times.ended(now() - startedAt, looks, expected),
      leave: () => {
        if (scout) state.scouts--
      },
    }
  }
}
