/** One line of progress that fits the terminal, whatever its width. */
import { timeLeft } from '../../core/rates.js'
import { formatBytes, formatClock, formatRate } from '../../core/units.js'
import { percentOf } from './shown.js'

export interface BarFigures {
  shown: number
  total: number
  /** Bytes a second; undefined while it is not known. */
  rate: number | undefined
  retries: number
}

const mostBar = 40
const leastBar = 8

/** At most `columns - 1` wide: a full line would wrap on some terminals. What matters most is left out last. */
export function barLine(figures: BarFigures, columns: number): string {
  const { shown, total, rate, retries } = figures
  const percent = `${String(percentOf(shown, total)).padStart(3)} %`
  const left = timeLeft(total - shown, rate)
  const extras = [
    rate === undefined ? '' : formatRate(rate),
    left === undefined ? '' : `${formatClock(left)} left`,
    `${formatBytes(shown)} of ${formatBytes(total)}`,
    retries === 0 ? '' : `${retries} ${retries === 1 ? 'retry' : 'retries'}`,
  ].filter((extra) => extra !== '')
  const room = columns - 1
  const kept = extras.reduce(
    (line, extra) => (fits(line, extra, room - leastBar - 1) ? `${line}  ${extra}` : line),
    percent,
  )
  const width = Math.min(mostBar, room - kept.length - 1)
  return width < leastBar ? kept.slice(0, Math.max(0, room)) : `${drawn(shown, total, width)} ${kept}`
}

const fits = (line: string, extra: string, room: number) => line.length + 2 + extra.length <= room

function drawn(shown: number, total: number, width: number): string {
  const full = total === 0 ? width : Math.floor((width * shown) / total)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
