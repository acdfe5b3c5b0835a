/** What is known of the sources while they are under way, and the sums over all of them. */
import type { Phase } from '../../events.js'
import { safeText } from '../safe-text.js'
import type { Spoken } from './renderer.js'
import { shownBytes } from './shown.js'

/** One source's way. */
export interface Course {
  /** Safe to show. */
  name: string
  phase: Phase | null
  shown: number
  /** Of what is shown, what the storage has for sure. */
  acknowledged: number
  total: number
  retries: number
  sendingAt: number
  /** How long its bytes took; undefined until they are all sent. */
  sendingMs: number | undefined
  /** What the storage had before; undefined until that is known. */
  already: number | undefined
}

export interface Sums {
  sources: number
  /** Whatever came of them. */
  ended: number
  done: number
  failed: number
  shown: number
  total: number
  /** Bytes that have moved since this began, whatever the storage had before. */
  moved: number
  /** What is shown of them and not acknowledged yet. */
  onTheWay: number
  retries: number
  /** How many are in each phase. */
  in: ReadonlyMap<Phase, number>
}

export interface Tally {
  /** Takes an event in, and answers what is known of the source that it is about. */
  hear(event: Spoken): Course
  /** Whether there is more than one source. */
  several(): boolean
  sums(): Sums
  /** Those whose bytes are being sent: each keeps its place while others end, and a new one takes the first that is free. */
  sending(): Course[]
}

const fresh = (name: string): Course => ({
  ...{ name, phase: null, shown: 0, acknowledged: 0, total: 0, retries: 0 },
  ...{ sendingAt: 0, sendingMs: undefined, already: undefined },
})

/** What remains of those that have ended: sums alone, so that ten thousand files take no more room than one. */
interface Past {
  ended: number
  failed: number
  shown: number
  retries: number
  /** Bytes that are never sent: their upload failed, or was made before. */
  lost: number
}

export function createTally(now: () => number): Tally {
  const under = new Map<number, Course>()
  const places: (Course | undefined)[] = []
  const past: Past = { ended: 0, failed: 0, shown: 0, retries: 0, lost: 0 }
  const all = { sources: 1, bytes: 0, moved: 0 }

  function enter(course: Course, { index, phase, total }: Extract<Spoken, { event: 'phase' }>): void {
    under.set(index, course)
    if (phase === 'creating') Object.assign(course, fresh(course.name))
    if (course.phase === 'sending') leave(course)
    Object.assign(course, { phase, total: total ?? 0 })
    if (phase === 'sending') {
      course.sendingAt = now()
      const free = places.indexOf(undefined)
      places[free < 0 ? places.length : free] = course
    }
    // Some come this far without a byte being sent: the server had them all.
    if (phase === 'finishing' || phase === 'validating')
      Object.assign(course, { shown: course.total, acknowledged: course.total })
  }

  function leave(course: Course): void {
    course.sendingMs = now() - course.sendingAt
    const place = places.indexOf(course)
    if (place >= 0) places[place] = undefined
    while (places.length > 0 && places.at(-1) === undefined) places.pop()
  }

  function progress(course: Course, event: Extract<Spoken, { event: 'progress' }>): void {
    // What the storage had before did not move now.
    const before = course.already === undefined ? Math.max(course.shown, event.bytes) : course.shown
    course.already ??= event.bytes
    course.shown = shownBytes(event, course.shown)
    course.acknowledged = Math.min(event.bytes, course.shown)
    course.total = event.total
    all.moved += Math.max(0, course.shown - before)
  }

  function end(index: number, course: Course): void {
    if (course.phase === 'sending') leave(course)
    under.delete(index)
    past.ended++
    past.retries += course.retries
  }

  function done(course: Course, { skipped, bytes }: Extract<Spoken, { event: 'done' }>): void {
    if (skipped) past.lost += bytes ?? 0
    else past.shown += course.total
  }

  /** What was sent of it was sent; what was not never will be. */
  function failed(course: Course): void {
    past.failed++
    past.shown += course.shown
    past.lost += course.total - course.shown
  }

  return {
    hear: (event) => {
      if (event.event === 'accepted') Object.assign(all, { sources: event.sources, bytes: event.bytes })
      if (event.event === 'accepted' || event.source === undefined) return fresh('')
      const course = under.get(event.index) ?? fresh(safeText(event.source))
      if (event.event === 'phase') enter(course, event)
      else if (event.event === 'progress') progress(course, event)
      else if (event.event === 'retry') course.retries++
      else if (event.event === 'done') done(course, event)
      else if (event.event === 'error') failed(course)
      if (event.event === 'done' || event.event === 'error') end(event.index, course)
      return course
    },
    several: () => all.sources > 1,
    sums: () => sumsOf([...under.values()], past, all),
    sending: () => places.filter((course) => course !== undefined),
  }
}

function sumsOf(courses: readonly Course[], past: Past, all: { sources: number; bytes: number; moved: number }): Sums {
  const phases = new Map<Phase, number>()
  const { ended, failed, lost, shown, retries } = past
  const sums = { shown, known: shown, onTheWay: 0, retries }
  for (const course of courses) {
    if (course.phase !== null) phases.set(course.phase, 1 + (phases.get(course.phase) ?? 0))
    sums.shown += course.shown
    sums.known += course.total
    sums.onTheWay += course.shown - course.acknowledged
    sums.retries += course.retries
  }
  const { known, ...rest } = sums
  const total = Math.max(all.bytes - lost, known)
  const { sources, moved } = all
  return { ...rest, sources, ended, done: ended - failed, failed, total, moved, in: phases }
}
