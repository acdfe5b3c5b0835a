/** Calm lines for logs: one a phase, three while bytes move, and a sign of life after a minute of silence. */
import { formatBytes } from '../../core/units.js'
import type { UploadEvent } from '../../events.js'
import type { Output } from '../io.js'
import { safeText } from '../safe-text.js'
import { createPace } from './pace.js'
import type { Renderer, Spoken } from './renderer.js'
import { percentOf } from './shown.js'
import { isEnd, type Speaking, spokenLine } from './spoken-line.js'
import { type Course, createTally, type Sums } from './tally.js'
import { phaseWords, retriesText, statesWords } from './words.js'

export interface PlainOptions extends Speaking {
  /** What is under way is told; without it only notes and endings are. */
  progress: boolean
  /** A rate was asked for. */
  limited?: boolean
  now?: () => number
  silenceMs?: number
}

const marks = [75, 50, 25]
const markAt = (bytes: number, total: number) => marks.find((mark) => percentOf(bytes, total) >= mark) ?? 0

export function createPlainRenderer(stderr: Output, options: PlainOptions): Renderer {
  const { progress, now = () => performance.now(), silenceMs = 60_000 } = options
  const tally = createTally(now)
  const pace = createPace(tally, now, options.limited)
  /** `alive`: what a sign of life says of the one source; null: nothing is going on. */
  const state: { mark: number; begun: boolean; alive: (() => string) | null } = { mark: 0, begun: false, alive: null }
  /** Where an upload begins anew, and again, its phases, marks and notes come again: the log has each of them once. */
  const told = { mark: 0, lines: new Set<string>() }
  const alive = setInterval(() => {
    if (progress && state.alive !== null) say(`still ${state.alive()}`)
  }, silenceMs)
  alive.unref()

  function say(line: string): void {
    alive.refresh()
    stderr.write(`${line}\n`)
  }

  function sayOnce(line: string): void {
    if (!told.lines.has(line)) say(line)
    told.lines.add(line)
  }

  function onPhase({ phase, source, total }: Extract<UploadEvent, { event: 'phase' }>, course: Course): void {
    if (tally.several()) return
    if (phase === 'creating') Object.assign(state, { mark: told.mark, begun: false })
    state.alive = () => `${phaseWords[phase]}${phase === 'sending' ? figuresOf(course) : retriesOf(course)}`
    const size = phase === 'sending' && total !== null ? ` ${formatBytes(total)}` : ''
    const what = phase === 'creating' || phase === 'checking' ? `: ${safeText(source)}` : ''
    if (progress) sayOnce(`${phaseWords[phase]}${size}${what}`)
  }

  /** Said once: the sign of life has the figure. */
  function onSpooled({ bytes }: Extract<UploadEvent, { event: 'spooled' }>): void {
    if (progress && state.alive === null) say('reading standard input')
    state.alive = () => `reading standard input: ${formatBytes(bytes)}`
  }

  function onProgress(): void {
    const sums = tally.sums()
    const { shown, total, onTheWay } = sums
    const reached = markAt(shown, total)
    // What was there before this run is no news.
    if (!tally.several() && !state.begun)
      Object.assign(state, { begun: true, mark: Math.max(told.mark, markAt(shown - onTheWay, total)) })
    if (!progress) return
    const complaint = pace.complaint()
    if (complaint !== null) say(complaint)
    if (reached <= state.mark || shown >= total) return
    state.mark = reached
    told.mark = reached
    say(`sent ${reached} % of ${formatBytes(total)}${tally.several() ? ` (${doneOf(sums)})` : ''}`)
  }

  function onAccepted(): void {
    if (tally.several()) state.alive = () => `at it: ${progressOf(tally.sums())}`
  }

  function speak(event: Spoken, course: Course): void {
    const line = spokenLine(event, course, tally.several(), options)
    if (isEnd(event) && isOver(tally.sums())) state.alive = null
    if (line === null) return
    if (event.event === 'note' && !tally.several() && !options.verbose) sayOnce(line)
    else say(line)
  }

  return {
    hear: (event) => {
      const course = tally.hear(event)
      speak(event, course)
      if (event.event === 'accepted') onAccepted()
      else if (event.event === 'phase') onPhase(event, course)
      else if (event.event === 'spooled') onSpooled(event)
      else if (event.event === 'progress') onProgress()
    },
    say,
    makeWay: (write) => write(),
    stop: () => clearInterval(alive),
  }
}

const isOver = ({ ended, sources }: Sums) => ended >= sources

const doneOf = ({ done, sources }: Sums) => `${done} of ${sources} done`

const retriesOf = ({ retries }: Course) => (retries === 0 ? '' : `, ${retriesText(retries)}`)

const figuresOf = (course: Course) =>
  `: ${percentOf(course.shown, course.total)} % of ${formatBytes(course.total)}${retriesOf(course)}`

function progressOf(sums: Sums): string {
  const sent = sums.total === 0 ? '' : `, ${percentOf(sums.shown, sums.total)} % of ${formatBytes(sums.total)} sent`
  return `${statesWords(sums, false)}${sent}`
}
