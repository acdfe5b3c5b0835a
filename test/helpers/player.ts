/**
 * Plays a story to the renderer of terminals, with a clock of its own, so that its figures are the same each time:
 * `player.ts <story> <unicode|ascii>`. It stands still at each moment until SIGUSR2 comes, and ends after the last one.
 */
import { ascii, unicode } from '../../src/cli/glyphs.js'
import { processIo } from '../../src/cli/io.js'
import { createBarRenderer } from '../../src/cli/render/bar.js'
import { styleFor } from '../../src/cli/style.js'
import { isStory, type Moment, stories } from './stories.js'

const [name = '', signs] = process.argv.slice(2)
if (!isStory(name)) throw new Error(`no story ${name}`)
const clock = { now: 0 }
const renderer = await createBarRenderer(processIo(), {
  style: styleFor(false, signs === 'ascii' ? ascii : unicode),
  colors: false,
  verbose: false,
  now: () => clock.now,
})
// What keeps it alive while it stands still.
const alive = setInterval(() => {}, 1000)
const waiting: (() => void)[] = []
// For good: ora's own listener ends the process where no other is left.
process.on('SIGUSR2', () => waiting.shift()?.())

function play({ steps }: Moment): void {
  for (const { afterMs, event } of steps) {
    clock.now += afterMs
    renderer.hear(event)
  }
}

for (const moment of stories[name]) {
  play(moment)
  await new Promise<void>((resolve) => waiting.push(resolve))
}
renderer.stop()
clearInterval(alive)
