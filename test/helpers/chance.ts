/** Chance that can be had again: the same seed, the same draws. */

export interface Chance {
  /** A whole number from 0, less than `limit`. */
  below(limit: number): number
  pick<Item>(from: readonly [Item, ...Item[]]): Item
}

/** From the variable SEED, to replay a run that failed; else a new one. */
export const seed = Number(process.env.SEED || Date.now() % 1_000_000)

/** mulberry32; each `stream` is a chance of its own, so that a scene draws the same whatever the others draw. */
export function chanceOf(stream: string): Chance {
  const state = { now: [...stream].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed) }
  const next = () => {
    state.now = (state.now + 0x6d2b79f5) | 0
    const a = Math.imul(state.now ^ (state.now >>> 15), 1 | state.now)
    const b = (a + Math.imul(a ^ (a >>> 7), 61 | a)) ^ a
    return ((b ^ (b >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, pick: (from) => from[below(from.length)] ?? from[0] }
}
