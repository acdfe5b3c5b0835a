/** The word that was probably meant: for the hint after a misspelt choice. */

/** The nearest candidate, if it is near enough to be a slip of the hand; the first of several that are equally near. */
export function suggest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  const scored = candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= tolerance(word, candidate))
    .map((candidate) => ({ candidate, slips: slipsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, slips }) => slips <= tolerance(word, candidate))
  return scored.sort((a, b) => a.slips - b.slips)[0]?.candidate
}

/** Two slips, or more in long words; but half of a short word must be right, else "zz" would mean "3d". */
function tolerance(a: string, b: string): number {
  const longest = Math.max(a.length, b.length)
  return Math.min(Math.max(2, longest * 0.4), longest / 2)
}

/** Damerau-Levenshtein: inserted, left out, wrong and swapped letters count one each. */
export function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const wrong = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, wrong, swapped))
    }
  }
  return at(a.length, b.length)
}
