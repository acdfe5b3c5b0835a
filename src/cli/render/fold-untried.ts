/** Says in one line how many sources were never tried, and not in two lines for each. */
import type { Renderer } from './renderer.js'

export function foldUntried(renderer: Renderer): Renderer {
  const untried: string[] = []
  return {
    hear: (event) => {
      if (event.event === 'error' && event.code === 'ERR_NOT_TRIED') untried.push(event.source ?? '')
      else renderer.hear(event)
    },
    say: renderer.say,
    makeWay: renderer.makeWay,
    stop: () => {
      renderer.stop()
      const { length } = untried.splice(0)
      if (length > 0) renderer.say(`  ${length} ${length === 1 ? 'source was' : 'sources were'} not tried`)
    },
  }
}
