/** For people at a terminal: a spinner while they wait, a bar while bytes move, never both. */
import { createMeter } from '../../core/rates.js'
import { formatBytes } from '../../core/units.js'
import type { UploadEvent } from '../../events.js'
import type { Io } from '../io.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'
import { barLine } from './bar-line.js'
import { loadDrawings, nothing } from './drawings.js'
import type { Renderer, Spoken } from './renderer.js'
import { createScreen } from './screen.js'
import { shownBytes } from './shown.js'
import { doneLine, errorLines, phaseWords, requestLine, retryLine, sentIn } from './words.js'

interface BarOptions {
  style: Style
  colors: boolean
  verbose: boolean
  debug?: boolean
  now?: () => number
}

/** What is known of the source whose turn it is. */
interface Figures {
  name: string
  shown: number
  total: number
  retries: number
  meter: ReturnType<typeof createMeter>
  sendingAt: number
  sendingMs: number | undefined
  /** What the storage had before; undefined until that is known. */
  already: number | undefined
}

const fresh = (): Figures => ({
  name: '',
  shown: 0,
  total: 0,
  retries: 0,
  meter: createMeter(),
  sendingAt: 0,
  sendingMs: undefined,
  already: undefined,
})

export async function createBarRenderer(io: Io, options: BarOptions): Promise<Renderer> {
  const { style, colors, verbose, now = () => performance.now() } = options
  const { spinner, bar } = await loadDrawings(io.stderr, colors)
  const { draw, say, close } = createScreen(io)
  const state = { figures: fresh(), reading: '' }

  function onPhase({ phase, total, source }: Extract<UploadEvent, { event: 'phase' }>): void {
    if (phase === 'creating') state.figures = fresh()
    const { figures } = state
    if (phase === 'finishing') figures.sendingMs = now() - figures.sendingAt
    if (phase !== 'sending') {
      draw(spinner(() => `${phaseWords[phase]}: ${safeText(source)}`))
      return
    }
    Object.assign(figures, { total: total ?? 0, name: safeText(source), sendingAt: now() })
    draw(bar((columns) => barLine({ ...figures, rate: rateOf(figures) }, columns)))
  }

  function onProgress(event: Extract<UploadEvent, { event: 'progress' }>): void {
    const { figures } = state
    figures.shown = shownBytes(event, figures.shown)
    // The rate is that of new bytes: what was there before did not come just now.
    if (figures.already === undefined) Object.assign(figures, { already: event.bytes, meter: createMeter() })
  }

  /** Measured whenever it is drawn, so that a standstill shows. */
  function rateOf({ meter, shown }: Figures): number | undefined {
    meter.add(shown, now())
    return meter.rate()
  }

  /** Nothing may be drawn into what someone types. */
  function onSpooled({ bytes }: Extract<UploadEvent, { event: 'spooled' }>): void {
    const first = bytes === 0
    if (io.stdinIsTerminal) {
      if (first) say('reading standard input; Ctrl-D ends it')
      return
    }
    state.reading = `reading standard input: ${formatBytes(bytes)}`
    if (first) draw(spinner(() => state.reading))
  }

  function onRetry(event: Extract<UploadEvent, { event: 'retry' }>): void {
    state.figures.retries++
    if (verbose) say(style.dim(retryLine(event)))
  }

  function onEnd(line: string): void {
    draw(nothing)
    say(line)
    state.figures = fresh()
  }

  return {
    hear: (event: Spoken) => {
      const { figures } = state
      if (event.event === 'phase') onPhase(event)
      else if (event.event === 'spooled') onSpooled(event)
      else if (event.event === 'progress') onProgress(event)
      else if (event.event === 'retry') onRetry(event)
      else if (event.event === 'note') say(`note: ${safeText(event.message)}`)
      else if (event.event === 'detail' && verbose) say(style.dim(`· ${safeText(event.message)}`))
      else if (event.event === 'request' && options.debug) say(style.dim(requestLine(event)))
      else if (event.event === 'done') onEnd(doneLine(event, sentIn(figures), style))
      else if (event.event === 'error') onEnd(errorLines(event, event.source ?? '', style))
    },
    say,
    stop: close,
  }
}
