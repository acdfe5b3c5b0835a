/** The two things that are drawn, and how they keep to one row of the terminal. */
import type { Output } from '../io.js'
import { fit } from './fit.js'

/** What is being drawn: it can make way for a line, and come back. */
export interface Drawing {
  start(): void
  stop(): void
}

export const nothing: Drawing = { start: () => {}, stop: () => {} }

export interface Drawings {
  /** `text` is asked for again and again. */
  spinner(text: () => string): Drawing
  /** `line` is asked for the whole row again and again. */
  bar(line: (columns: number) => string): Drawing
}

type Terminal = Output & NodeJS.WritableStream

/** Loaded only for a terminal: they cost more to load than all the rest of a short command. */
export async function loadDrawings(stderr: Terminal, colors: boolean): Promise<Drawings> {
  // Inside ora, chalk reads argv and the environment by itself, and takes stdout for the stream that is drawn on.
  process.env.FORCE_COLOR = colors ? '1' : '0'
  // Beside it, Node would warn on the screen.
  delete process.env.NO_COLOR
  delete process.env.NODE_DISABLE_COLORS
  const [{ default: ora }, { SingleBar }] = await Promise.all([import('ora'), import('cli-progress')])
  const width = () => stderr.columns ?? 0
  return {
    spinner: (text) => {
      // `discardStdin` would lose Ctrl-C; `isEnabled` since ora's own idea of CI is not ours.
      const spin = ora({ stream: stderr, discardStdin: false, isEnabled: true })
      const redraw = () => {
        spin.text = fit(text(), width() - 3)
        // Without columns it would spin for ever.
        if (width() > 0) spin.start()
        else spin.stop()
      }
      const turning: NodeJS.Timeout[] = []
      return {
        start: () => {
          stderr.on('resize', redraw)
          turning.push(setInterval(redraw, 500).unref())
          redraw()
        },
        stop: () => {
          stderr.off('resize', redraw)
          for (const timer of turning.splice(0)) clearInterval(timer)
          spin.stop()
        },
      }
    },
    bar: (line) => {
      const bar = new SingleBar({
        format: () => line(width()),
        stream: stderr,
        clearOnComplete: true,
        hideCursor: true,
        // Its own handler would swallow the first Ctrl-C.
        gracefulExit: false,
        fps: 10,
        forceRedraw: true,
      })
      // It would go back to where the bar began, which is another row once someone has pressed Enter.
      Object.assign(Reflect.get(bar, 'terminal'), nothingSaved)
      return { start: () => bar.start(1, 0), stop: () => bar.stop() }
    },
  }
}

const nothingSaved = { cursorSave: () => {}, cursorRestore: () => {} }
