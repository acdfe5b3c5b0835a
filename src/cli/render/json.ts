/** Every line on stderr is an event, for programs. */
import type { Output } from '../io.js'
import type { Renderer } from './renderer.js'

export function createJsonRenderer(stderr: Output, { quiet, verbose }: { quiet: boolean; verbose: boolean }): Renderer {
  const write = (event: object) => stderr.write(`${JSON.stringify(event)}\n`)
  return {
    hear: (event) => {
      if (quiet && event.event !== 'error') return
      if (event.event !== 'detail' || verbose) write(event)
    },
    say: (message, always) => {
      if (!quiet || always) write({ event: 'note', message })
    },
    stop: () => {},
  }
}
