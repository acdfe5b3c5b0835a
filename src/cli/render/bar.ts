/** For people at a terminal: a spinner while they wait, bars while bytes move, never both. */
import { formatBytes } from '../../core/units.js'
import type { UploadEvent } from '../../events.js'
import type { Io } from '../io.js'
import { barLine, fileLines, sumLine } from './bar-line.js'
import { type Drawing, loadDrawings, nothing, type Size } from './drawings.js'
import { fit } from './fit.js'
import { createPace } from './pace.js'
import type { Renderer, Spoken } from './renderer.js'
import { createScreen } from './screen.js'
import { isEnd, type Speaking, spokenLine } from './spoken-line.js'
import { type Course, createTally, type Sums } from './tally.js'
import { phaseWords, statesWords } from './words.js'

export interface BarOptions extends Speaking {
  colors: boolean
  /** A rate was asked for. */
  limited?: boolean
  now?: () => number
}

/** A bar of its own is for a file that takes a while: of many small ones nobody could read the names. */
const lastingMs = 500

export async function createBarRenderer(io: Io, options: BarOptions): Promise<Renderer> {
  const { style, colors, now = () => performance.now() } = options
  const { glyphs } = style
  const { spinner, bar, bars } = await loadDrawings(io.stderr, colors, glyphs)
  const { draw, say, makeWay, close } = createScreen(io)
  const tally = createTally(now)
  const pace = createPace(tally, now, options.limited)
  const state = { drawn: '', reading: '' }

  /** What is drawn already goes on. */
  function show(name: string, make: () => Drawing): void {
    if (state.drawn === name) return
    state.drawn = name
    draw(make())
  }

  function showOne(course: Course): void {
    const { phase, name } = course
    if (phase === 'sending') {
      show('bar', () => bar((columns) => barLine({ ...course, ...pace.look() }, columns, glyphs)))
    } else if (phase !== null) {
      show(phase, () => spinner(() => `${phaseWords[phase]}: ${name}`))
    }
  }

  function showAll(sums: Sums): void {
    // Before the first byte and after the last one there is nothing for a bar to show.
    const moves = sums.in.has('sending') || (state.drawn === 'bars' && sums.shown < sums.total)
    if (sums.ended >= sums.sources) show('', () => nothing)
    else if (moves) show('bars', () => bars(rows))
    else show('waiting', () => spinner(() => statesWords(tally.sums(), false)))
  }

  /** From the bottom: all files; what else is known of them; as many single ones as there is room for. */
  function rows({ columns, rows }: Size): string[] {
    const sums = tally.sums()
    const figures = { ...sums, ...pace.look() }
    const all = sumLine(figures, columns, glyphs)
    // Where the line of all had no room for how many are done, it is told here.
    const words = statesWords(sums, all.endsWith('done'))
    const beside = words === '' ? [] : [fit(words, columns - 1, glyphs.more)]
    const room = Math.max(0, rows - 3 - beside.length)
    const lasting = tally.sending().filter(({ sendingAt }) => now() - sendingAt >= lastingMs)
    const files = fileLines(lasting.slice(0, room), figures, columns, glyphs)
    const above = rows > 3 ? [...files, ...beside] : []
    return [...above, all]
  }

  /** Nothing may be drawn into what someone types. */
  function onSpooled({ bytes }: Extract<UploadEvent, { event: 'spooled' }>): void {
    const first = bytes === 0
    if (io.stdinIsTerminal) {
      if (first) say('reading standard input; Ctrl-D ends it')
      return
    }
    state.reading = `reading standard input: ${formatBytes(bytes)}`
    show('reading', () => spinner(() => state.reading))
  }

  function onProgress(): void {
    const complaint = pace.complaint()
    if (complaint !== null) say(complaint)
  }

  function speak(event: Spoken, course: Course): void {
    const line = spokenLine(event, course, tally.several(), { ...options, aside: style.dim })
    if (isEnd(event) && !tally.several()) show('', () => nothing)
    if (line !== null) say(line)
  }

  return {
    hear: (event) => {
      const course = tally.hear(event)
      speak(event, course)
      if (event.event === 'progress') onProgress()
      if (event.event === 'spooled') onSpooled(event)
      else if (tally.several()) showAll(tally.sums())
      else if (event.event === 'phase') showOne(course)
    },
    say,
    makeWay,
    stop: close,
  }
}
