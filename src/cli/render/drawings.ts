/** The things that are drawn, and how they keep to the last rows of the terminal. */
import type { MultiBar } from 'cli-progress'
import type { Glyphs } from '../glyphs.js'
import type { Output } from '../io.js'
import { columnsOf, fit } from './fit.js'

/** What is being drawn: it can make way for a line, and come back. */
export interface Drawing {
  start(): void
  stop(): void
}

export const nothing: Drawing = { start: () => {}, stop: () => {} }

export interface Size {
  columns: number
  rows: number
}

export interface Drawings {
  /** `text` is asked for again and again. */
  spinner(text: () => string): Drawing
  /** `line` is asked for the whole row again and again. */
  bar(line: (columns: number) => string): Drawing
  /** `lines` is asked for all rows again and again, which may be more or fewer each time. */
  bars(lines: (size: Size) => readonly string[]): Drawing
}

type Terminal = Output & NodeJS.WritableStream

const frameMs = 100

/** Loaded only for a terminal: they cost more to load than all the rest of a short command. */
export async function loadDrawings(stderr: Terminal, colors: boolean, glyphs: Glyphs): Promise<Drawings> {
  // Inside ora, chalk reads argv and the environment by itself, and takes stdout for the stream that is drawn on.
  process.env.FORCE_COLOR = colors ? '1' : '0'
  // Beside it, Node would warn on the screen.
  delete process.env.NO_COLOR
  delete process.env.NODE_DISABLE_COLORS
  // cli-progress is CommonJS: in a bundle it has no other names than this.
  const [{ default: ora }, { default: progress }] = await Promise.all([import('ora'), import('cli-progress')])
  const width = () => stderr.columns ?? 0
  const common = {
    stream: stderr,
    clearOnComplete: true,
    hideCursor: true,
    // Its own handler would swallow the first Ctrl-C.
    gracefulExit: false,
    forceRedraw: true,
  }
  return {
    spinner: (text) => {
      // `discardStdin` would lose Ctrl-C; `isEnabled` since ora's own idea of CI is not ours.
      const spinner = { frames: [...glyphs.spinner], interval: 80 }
      const spin = ora({ stream: stderr, discardStdin: false, isEnabled: true, spinner })
      const redraw = () => {
        spin.text = fit(text(), width() - 3, glyphs.more)
        // Without columns it would spin for ever.
        if (width() > 0) spin.start()
        else spin.stop()
      }
      return whileDrawn(stderr, redraw, { draw: redraw, everyMs: 500, stop: () => spin.stop() })
    },
    bar: (line) => {
      const bar = new progress.SingleBar({ ...common, format: () => line(width()), fps: 1000 / frameMs })
      // It would go back to where the bar began, which is another row once someone has pressed Enter.
      Object.assign(Reflect.get(bar, 'terminal'), nothingSaved)
      return { start: () => bar.start(1, 0), stop: () => bar.stop() }
    },
    bars: (lines) =>
      rowsOf(
        stderr,
        () => lines({ columns: width(), rows: stderr.rows ?? 0 }),
        (format) => {
          // We ask for each of its pictures, so that a row more or less is never seen half-way: it need not draw by itself.
          const bars = new progress.MultiBar({ ...common, fps: 1 })
          return { bars, add: (row) => bars.create(1, 0, {}, { format: () => format(row) }) }
        },
      ),
  }
}

const nothingSaved = { cursorSave: () => {}, cursorRestore: () => {} }

interface Repeated {
  draw(): void
  everyMs: number
  stop(): void
}

/** Draws now, again and again, and anew when the width changes. */
function whileDrawn(stderr: Terminal, onResize: () => void, { draw, everyMs, stop }: Repeated): Drawing {
  const turning: NodeJS.Timeout[] = []
  return {
    start: () => {
      stderr.on('resize', onResize)
      turning.push(setInterval(draw, everyMs).unref())
      draw()
    },
    stop: () => {
      stderr.off('resize', onResize)
      for (const timer of turning.splice(0)) clearInterval(timer)
      stop()
    },
  }
}

interface Block {
  bars: MultiBar
  add(row: number): void
}

/**
 * A block of rows. Taking one row away from a MultiBar leaves a blank one behind, and one that is added waits for the next
 * picture: so a block of another height is a new one, drawn over the old in one go.
 */
function rowsOf(
  stderr: Terminal,
  ask: () => readonly string[],
  make: (format: (row: number) => string) => Block,
): Drawing {
  const state: { bars: MultiBar | undefined; lines: readonly string[] } = { bars: undefined, lines: [] }
  const stop = () => {
    state.bars?.stop()
    Object.assign(state, { bars: undefined, lines: [] })
  }
  const begin = (lines: readonly string[]) => {
    stop()
    const { bars, add } = make((row) => state.lines[row] ?? '')
    state.bars = bars
    for (const row of lines.keys()) add(row)
  }
  const draw = () =>
    atOnce(stderr, () => {
      const lines = ask()
      if (lines.length !== state.lines.length) begin(lines)
      state.lines = lines
      state.bars?.update()
      // Where a terminal that has become narrower breaks the row, the cursor must be found in its first half.
      stderr.write('\r')
    })
  const onResize = () =>
    atOnce(stderr, () => {
      // What was drawn takes more rows now, if it was wider: all of them are above the cursor.
      if (state.bars) Reflect.get(state.bars, 'terminal').dy = rowsAbove(state.lines, stderr.columns ?? 0)
      stop()
      draw()
    })
  return whileDrawn(stderr, onResize, { draw, everyMs: frameMs, stop })
}

const rowsAbove = (lines: readonly string[], columns: number) =>
  lines.slice(0, -1).reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / Math.max(1, columns))), 0)

/** As one write, so that nobody sees a half of it. */
export function atOnce(stderr: Output, write: () => void): void {
  stderr.cork?.()
  try {
    write()
  } finally {
    stderr.uncork?.()
  }
}
