/** For people at a terminal: a spinner while they wait, a bar while bytes move, never both. */
import { createMeter, type Meter } from '../../core/rates.js'
import type { UploadEvent } from '../../events.js'
import type { Io } from '../io.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'
import { restored } from '../terminal.js'
import { barLine } from './bar-line.js'
import type { Renderer, Spoken } from './renderer.js'
import { shownBytes } from './shown.js'
import { doneLine, errorLines, phaseWords } from './words.js'

/** What is being drawn: it can make way for a line, and come back. */
interface Drawing {
  start(): void
  stop(): void
}

const nothing: Drawing = { start: () => {}, stop: () => {} }

interface BarOptions {
  style: Style
  colors: boolean
  verbose: boolean
  now?: () => number
}

export async function createBarRenderer(io: Io, options: BarOptions): Promise<Renderer> {
  const { style, colors, verbose, now = () => performance.now() } = options
  const { spinner, progressBar } = await loadDrawings(io, colors)
  const state = { drawing: nothing, shown: 0, retries: 0, sendingAt: 0, sendingMs: noTime, meter: createMeter() }
  const bar = progressBar(() => state)

  const draw = (drawing: Drawing) => {
    state.drawing.stop()
    state.drawing = drawing
    drawing.start()
  }
  const say = (line: string) => {
    const { drawing } = state
    drawing.stop()
    io.stderr.write(`${line}\n`)
    drawing.start()
  }
  const end = (line: string) => {
    draw(nothing)
    say(line)
  }

  function onPhase({ phase, total }: Extract<UploadEvent, { event: 'phase' }>): void {
    if (phase === 'creating') Object.assign(state, { shown: 0, retries: 0, sendingMs: noTime, meter: createMeter() })
    if (phase === 'finishing') state.sendingMs = now() - state.sendingAt
    if (phase === 'sending') state.sendingAt = now()
    draw(phase === 'sending' ? bar(total ?? 0) : spinner(phaseWords[phase]))
  }

  function onSpooled(): void {
    if (state.drawing === nothing) draw(spinner('reading standard input'))
  }

  function onProgress(event: Extract<UploadEvent, { event: 'progress' }>): void {
    state.shown = shownBytes(event, state.shown)
    state.meter.add(state.shown, now())
  }

  function onRetry({ what, attempt, reason }: Extract<UploadEvent, { event: 'retry' }>): void {
    state.retries++
    if (verbose) say(style.dim(`· ${what}, try ${attempt}: ${safeText(reason)}`))
  }

  return {
    hear: (event: Spoken) => {
      if (event.event === 'phase') onPhase(event)
      else if (event.event === 'spooled') onSpooled()
      else if (event.event === 'progress') onProgress(event)
      else if (event.event === 'retry') onRetry(event)
      else if (event.event === 'note') say(`note: ${safeText(event.message)}`)
      else if (event.event === 'detail' && verbose) say(style.dim(`· ${safeText(event.message)}`))
      else if (event.event === 'done') end(doneLine(event, state.sendingMs, style))
      else if (event.event === 'error') end(errorLines(event, event.source ?? '', style))
    },
    say,
    stop: () => {
      draw(nothing)
      io.stderr.write(restored)
    },
  }
}

const noTime: number | undefined = undefined

interface Figures {
  shown: number
  retries: number
  meter: Meter
}

/** Loaded only here: they cost more to load than all the rest of a short command. */
async function loadDrawings(io: Io, colors: boolean) {
  // Inside ora, chalk reads argv and the environment by itself, and takes stdout for the stream that is drawn on.
  process.env.FORCE_COLOR = colors ? '1' : '0'
  const [{ default: ora }, { SingleBar }] = await Promise.all([import('ora'), import('cli-progress')])
  return {
    spinner: (text: string): Drawing => {
      // With its default, `discardStdin`, Ctrl-C would be lost.
      const spin = ora({ text, stream: io.stderr, discardStdin: false })
      return { start: () => void spin.start(), stop: () => void spin.stop() }
    },
    progressBar:
      (figures: () => Figures) =>
      (total: number): Drawing => {
        const line = () => {
          const { shown, retries, meter } = figures()
          return barLine({ shown, total, rate: meter.rate(), retries }, io.stderr.columns ?? 80)
        }
        const bar = new SingleBar({
          format: line,
          stream: io.stderr,
          clearOnComplete: true,
          hideCursor: true,
          // Its own handler would swallow the first Ctrl-C.
          gracefulExit: false,
          fps: 10,
          forceRedraw: true,
        })
        return { start: () => bar.start(total, 0), stop: () => bar.stop() }
      },
  }
}
