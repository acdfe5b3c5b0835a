/** Only errors. */
import type { Output } from '../io.js'
import type { Style } from '../style.js'
import type { Renderer } from './renderer.js'
import { errorLines } from './words.js'

export function createQuietRenderer(stderr: Output, style: Style): Renderer {
  return {
    hear: (event) => {
      if (event.event === 'error') stderr.write(`${errorLines(event, event.source ?? '', style)}\n`)
    },
    say: (line, always) => {
      if (always) stderr.write(`${line}\n`)
    },
    makeWay: (write) => write(),
    stop: () => {},
  }
}
