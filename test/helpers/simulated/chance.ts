/** Seeded chance: the same seed tells the same story. */

export interface Chance {
  /** From 0 to just under 1. */
  random(): number
  /** Whether what happens so often (0 to 1) happens now. */
  is(often: number): boolean
  /** A whole number, both ends included. */
  int(least: number, most: number): number
  /** One of them. */
  of<Value>(...values: readonly [Value, ...Value[]]): Value
}

export function chanceOf(seed: number): Chance {
  const state = { at: Math.imul(seed, 0x9e3779b1) >>> 0 }
  // Mulberry32: small, fast, and good enough to draw faults.
  const random = () => {
    state.at = (state.at + 0x6d2b79f5) >>> 0
    const mixed = Math.imul(state.at ^ (state.at >>> 15), state.at | 1)
    const again = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
  return {
    random,
    int,
    is: (often) => random() < often,
    of: (...values) => values[int(0, values.length - 1)] ?? values[0],
  }
}
