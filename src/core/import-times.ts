/** How long imports take, as far as those that have ended tell: the next ones are looked at when they have likely ended. */

export interface ImportTimes {
  /** Milliseconds; undefined until one has ended. */
  typical(): number | undefined
  /**
   * One was seen to have ended, `waitedMs` after its wait began, by so many looks (at least one). `expectedMs`: what was
   * typical when the first of them was put off until then; default: what is typical now.
   */
  ended(waitedMs: number, looks: number, expectedMs?: number): void
}

/** Of what the estimate was short, so much is added; a first look that was late enough takes so much off again. */
const riseShare = 0.3
const fallShare = 0.01

export function createImportTimes(): ImportTimes {
  const state: { typical: number | undefined } = { typical: undefined }
  return {
    typical: () => state.typical,
    ended: (waitedMs, looks, expectedMs = state.typical ?? waitedMs) => {
      const { typical } = state
      if (typical === undefined) state.typical = waitedMs
      // A single look that came late says only that it was not later: a hundred that had the same guess say no more.
      else if (looks === 1) state.typical = Math.min(waitedMs, typical, expectedMs * (1 - fallShare))
      else state.typical = typical + riseShare * (waitedMs - typical)
    },
  }
}
