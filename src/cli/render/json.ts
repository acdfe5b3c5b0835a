/** Every line on stderr is an event, for programs. */
import type { Output } from '../io.js'
import { jsonLine } from '../safe-text.js'
import type { Renderer } from './renderer.js'

interface JsonOptions {
  quiet: boolean
  verbose: boolean
  debug?: boolean
}

export function createJsonRenderer(stderr: Output, { quiet, verbose, debug = false }: JsonOptions): Renderer {
  const write = (event: object) => stderr.write(jsonLine(event))
  return {
    hear: (event) => {
      if (quiet && event.event !== 'error') return
      if (event.event === 'detail' && !verbose) return
      if (event.event !== 'request' || debug) write(event)
    },
    say: (message, always) => {
      if (!quiet || always) write({ event: 'note', message })
    },
    makeWay: (write) => write(),
    stop: () => {},
  }
}
