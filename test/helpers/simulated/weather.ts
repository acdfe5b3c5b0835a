/** What goes wrong in one story: drawn once, each in its own measure and supply. */
import type { Chance } from './chance.js'

/** To a call of the API. `lost`, `late`: it happened, but the answer did not come. */
const apiFaults = [
  ...(['unsent', 'lost', 'stale', 'silent', 'busy', 'late', 'limited'] as const),
  ...(['page', 'nonsense', 'denied', 'refused'] as const),
] as const
/** To a part. `slow`: a buffer on the way passes it on much later. */
const blindFaults = [
  ...(['unsent', 'broken', 'lost', 'stale', 'silent', 'slow', 'swallowed', 'busy', 'limited', 'error200'] as const),
  ...(['aged', 'denied'] as const),
] as const
/** Other bytes arrive. */
const putFaults = ['flip', ...blindFaults] as const
/** To the world around it. `sneak`: the file gets other bytes, and its old mtime back. */
const turns = ['asleep', 'touch', 'sneak', 'change', 'drift', 'gone', 'cleared', 'interrupt'] as const

export type ApiFault = (typeof apiFaults)[number]
export type PutFault = (typeof putFaults)[number]
export type Turn = (typeof turns)[number]

const finals: ReadonlySet<unknown> = new Set(['page', 'nonsense', 'denied', 'refused', 'interrupt'])
const isFinal = (fault: unknown) => finals.has(fault)

interface Supply<Fault> {
  fault: Fault
  often: number
  left: number
}

export interface Weather {
  api(): ApiFault | null
  put(): PutFault | null
  turn(): Turn | null
  /** From now on the sky is blue. */
  clear(): void
  /** For the report of a failing seed. */
  describe(): string
}

interface Climate {
  /** Nothing can prove the bytes here: a flip would go unseen, as it may. */
  blind: boolean
}

export function drawWeather(chance: Chance, { blind }: Climate): Weather {
  const draw = <Fault>(kinds: readonly [Fault, ...Fault[]], most: number, often: () => number): Supply<Fault>[] => {
    const count = chance.int(0, most)
    return Array.from({ length: count }, () => {
      const fault = chance.of(...kinds)
      // What ends a run for good is drawn more rarely, or no story would get far.
      if (isFinal(fault)) return { fault, often: 0.05, left: chance.of(1, 2) }
      return { fault, often: often(), left: chance.of(1, 3, 10, Number.POSITIVE_INFINITY) }
    })
  }
  const supplies = {
    api: draw(apiFaults, 3, () => chance.of(0.05, 0.2, 0.6, 1)),
    put: draw(blind ? blindFaults : putFaults, 4, () => chance.of(0.05, 0.2, 0.6, 1)),
    turn: draw(turns, 2, () => chance.of(0.01, 0.03, 0.1)),
  }
  const take = <Fault>(list: Supply<Fault>[]): Fault | null => {
    const found = list.find((supply) => supply.left > 0 && chance.is(supply.often))
    if (!found) return null
    found.left--
    return found.fault
  }
  return {
    api: () => take(supplies.api),
    put: () => take(supplies.put),
    turn: () => take(supplies.turn),
    clear: () => {
      for (const list of Object.values(supplies)) list.length = 0
    },
    describe: () =>
      Object.entries(supplies)
        .map(
          ([where, list]) => `${where}: ${list.map(({ fault, often, left }) => `${fault}×${left}@${often}`).join(' ')}`,
        )
        .join('; '),
  }
}
