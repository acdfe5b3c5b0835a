/** What all voices have in common: they hear the same events, and are told when it is over. */
import type { ErrorFields } from '../../errors.js'
import type { UploadEvent } from '../../events.js'

/** An error that is about no source in particular has no place in their order. */
export type Spoken = UploadEvent | ({ event: 'error'; source?: undefined } & ErrorFields)

export interface Renderer {
  hear(event: Spoken): void
  /** A line that is no event: plans, states, sums. `always`: even where only errors are said. */
  say(line: string, always?: boolean): void
  /** Lets others write what may come to the same terminal, such as the answer. */
  makeWay(write: () => void): void
  /** Leaves the terminal as it was found. May be called twice. */
  stop(): void
}
