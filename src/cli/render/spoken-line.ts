/** What is said of an event in a line that stays, on a screen and in a log alike. */
import type { Style } from '../style.js'
import type { Spoken } from './renderer.js'
import type { Course } from './tally.js'
import { detailLine, doneLine, errorLines, noteLine, requestLine, retryLine, sentIn } from './words.js'

export interface Speaking {
  style: Style
  verbose: boolean
  /** Every request. */
  debug?: boolean
  /** How that is shown which only the curious have asked for; default: as all else. */
  aside?: (line: string) => string
}

/** Null where nothing is. `several`: the source is named. */
export function spokenLine(
  event: Spoken,
  course: Course,
  several: boolean,
  { style, verbose, debug = false, aside = (line) => line }: Speaking,
): string | null {
  const about = several ? course.name : ''
  switch (event.event) {
    case 'note':
      return noteLine(event, course.phase === null ? '' : about)
    // A retry is one of the figures, not a line of its own: a bad link must not fill the log.
    case 'retry':
      return verbose ? aside(retryLine(event, about, style)) : null
    case 'detail':
      return verbose ? aside(detailLine(event, about, style)) : null
    case 'request':
      return debug ? aside(requestLine(event, style)) : null
    case 'done':
      return doneLine(event, sentIn(course), style)
    case 'error':
      return errorLines(event, event.source ?? '', style)
    default:
      return null
  }
}

export const isEnd = ({ event }: Spoken): boolean => event === 'done' || event === 'error'
