/** Calm lines for logs: one a phase, three while bytes move, and a sign of life after a minute of silence. */
import { formatBytes } from '../../core/units.js'
import type { UploadEvent } from '../../events.js'
import type { Output } from '../io.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'
import type { Renderer, Spoken } from './renderer.js'
import { percentOf, shownBytes } from './shown.js'
import { doneLine, errorLines, phaseWords, requestLine, retryLine, sentIn } from './words.js'

export interface PlainOptions {
  /** A line a phase, and some while bytes move; without them only notes and endings are said. */
  phases: boolean
  /** A sign of life after a minute of silence. */
  alive: boolean
  verbose: boolean
  /** Every request. */
  debug?: boolean
  style: Style
  now?: () => number
  silenceMs?: number
}

const marks = [75, 50, 25]
const markAt = (bytes: number, total: number) => marks.find((mark) => percentOf(bytes, total) >= mark) ?? 0

/** What is known of the source whose turn it is. */
interface State {
  /** What a sign of life says is still going on; null: nothing is. */
  doing: string | null
  sending: boolean
  shown: number
  total: number
  mark: number
  retries: number
  sendingAt: number
  sendingMs: number | undefined
  /** What the storage had before; undefined until that is known. */
  already: number | undefined
}

const fresh: State = {
  doing: null,
  sending: false,
  shown: 0,
  total: 0,
  mark: 0,
  retries: 0,
  sendingAt: 0,
  sendingMs: undefined,
  already: undefined,
}

export function createPlainRenderer(stderr: Output, options: PlainOptions): Renderer {
  const { phases, verbose, style, now = () => performance.now(), silenceMs = 60_000 } = options
  const state = { ...fresh }
  const alive = setInterval(() => {
    if (options.alive && state.doing !== null) say(`still ${state.doing}${figures(state)}`)
  }, silenceMs)
  alive.unref()

  function say(line: string): void {
    alive.refresh()
    stderr.write(`${line}\n`)
  }

  function onPhase({ phase, source, total }: Extract<UploadEvent, { event: 'phase' }>): void {
    if (phase === 'creating') Object.assign(state, fresh)
    if (phase === 'sending') Object.assign(state, { total: total ?? 0, sendingAt: now() })
    if (state.sending) state.sendingMs = now() - state.sendingAt
    Object.assign(state, { doing: phaseWords[phase], sending: phase === 'sending' })
    const size = phase === 'sending' && total !== null ? ` ${formatBytes(total)}` : ''
    const what = phase === 'creating' || phase === 'checking' ? `: ${safeText(source)}` : ''
    if (phases) say(`${phaseWords[phase]}${size}${what}`)
  }

  /** Said once: the sign of life has the figure. */
  function onSpooled({ bytes }: Extract<UploadEvent, { event: 'spooled' }>): void {
    if (phases && state.doing === null) say('reading standard input')
    state.doing = `reading standard input: ${formatBytes(bytes)}`
  }

  function onProgress(event: Extract<UploadEvent, { event: 'progress' }>): void {
    state.shown = shownBytes(event, state.shown)
    if (state.already === undefined) {
      Object.assign(state, { already: event.bytes, mark: markAt(event.bytes, event.total) })
    }
    const reached = markAt(state.shown, event.total)
    if (!phases || reached <= state.mark || event.bytes >= event.total) return
    state.mark = reached
    say(`sent ${reached} % of ${formatBytes(event.total)}`)
  }

  const endSource = (line: string) => {
    Object.assign(state, fresh)
    say(line)
  }

  return {
    hear: (event: Spoken) => {
      if (event.event === 'phase') onPhase(event)
      else if (event.event === 'spooled') onSpooled(event)
      else if (event.event === 'progress') onProgress(event)
      else if (event.event === 'retry') onRetry(event)
      else if (event.event === 'note') say(`note: ${safeText(event.message)}`)
      else if (event.event === 'request' && options.debug) say(requestLine(event))
      else if (event.event === 'detail' && verbose) say(`· ${safeText(event.message)}`)
      else if (event.event === 'done') endSource(doneLine(event, sentIn(state), style))
      else if (event.event === 'error') endSource(errorLines(event, event.source ?? '', style))
    },
    say,
    stop: () => clearInterval(alive),
  }

  /** A retry is one of the figures, not a line of its own: a bad link must not fill the log. */
  function onRetry(event: Extract<UploadEvent, { event: 'retry' }>): void {
    state.retries++
    if (verbose) say(retryLine(event))
  }
}

function figures({ sending, shown, total, retries }: State): string {
  const sent = sending ? `: ${percentOf(shown, total)} % of ${formatBytes(total)}` : ''
  return retries === 0 ? sent : `${sent}, ${retries} ${retries === 1 ? 'retry' : 'retries'}`
}
