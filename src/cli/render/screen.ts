/** The row of the terminal that is drawn on: one drawing at a time, which makes way for lines. */
import type { Io } from '../io.js'
import { restored } from '../terminal.js'
import { atOnce, type Drawing, nothing } from './drawings.js'

export interface Screen {
  /** Draws this, and nothing else any more. */
  draw(drawing: Drawing): void
  /** A line that stays, above what is drawn. */
  say(line: string): void
  /** Lets others write to the same terminal, above what is drawn. */
  makeWay(write: () => void): void
  /** Leaves the terminal as it was found. */
  close(): void
}

export function createScreen(io: Io): Screen {
  const state = { drawing: nothing }
  const draw = (drawing: Drawing) =>
    atOnce(io.stderr, () => {
      state.drawing.stop()
      state.drawing = drawing
      drawing.start()
    })
  const suspend = () => {
    state.drawing.stop()
    io.stderr.write(restored)
  }
  const goOn = () => {
    state.drawing.stop() // it may not have been stopped: SIGCONT comes by itself, too
    state.drawing.start()
  }
  const release = io.onSuspend(suspend, goOn)
  return {
    draw,
    say: (line) =>
      atOnce(io.stderr, () => {
        state.drawing.stop()
        io.stderr.write(`${line}\n`)
        state.drawing.start()
      }),
    makeWay: (write) => {
      state.drawing.stop()
      write()
      state.drawing.start()
    },
    close: () => {
      release()
      draw(nothing)
      io.stderr.write(restored)
    },
  }
}
