/** One line of progress that fits the terminal, whatever its width, and keeps its figures in their places. */
import { timeLeft } from '../../core/rates.js'
import { formatBytes, formatClock, formatRate } from '../../core/units.js'
import { fit } from './fit.js'
import { percentOf } from './shown.js'

export interface BarFigures {
  shown: number
  total: number
  /** Bytes a second; undefined while it is not known. */
  rate: number | undefined
  retries: number
  /** What is being sent; safe to show. */
  name: string
}

const mostBar = 40
const leastBar = 8
const mostName = 30

interface Extra {
  text: string
  /** The lower, the sooner it is left out. */
  worth: number
}

/** At most `columns - 1` wide: a full line would wrap on some terminals. What matters most is left out last. */
export function barLine(figures: BarFigures, columns: number): string {
  const { shown, total, name } = figures
  const room = columns - 1
  const percent = `${String(percentOf(shown, total)).padStart(3)} %`
  const kept = [percent, ...fitting(extrasOf(figures), room - leastBar - 1 - percent.length)].join('  ')
  const width = Math.min(mostBar, room - kept.length - 1)
  if (width < leastBar) return kept.slice(0, Math.max(0, room))
  const line = `${drawn(shown, total, width)} ${kept}`
  const rest = Math.min(mostName, room - line.length - 2)
  return rest < leastBar ? line : `${line}  ${fit(name, rest)}`
}

/** In the order in which they are read: what is not known yet leaves its gap at the end. */
function extrasOf(figures: BarFigures): Extra[] {
  const { shown, total, retries } = figures
  const extras = [
    { text: `${formatBytes(shown).padStart(7)} of ${formatBytes(total)}`, worth: 2 },
    { text: rateText(figures), worth: 4 },
    { text: leftText(figures), worth: 3 },
    { text: retries === 0 ? '' : `${retries} ${retries === 1 ? 'retry' : 'retries'}`, worth: 1 },
  ]
  return extras.filter(({ text }) => text !== '')
}

/** As many of them as there is room for, the worthiest first, in the order given. */
function fitting(extras: readonly Extra[], room: number): string[] {
  const byWorth = extras.toSorted((a, b) => b.worth - a.worth)
  const widthOf = (some: readonly Extra[]) => some.reduce((sum, { text }) => sum + text.length + 2, 0)
  const kept = byWorth.filter((_, index) => widthOf(byWorth.slice(0, index + 1)) <= room)
  return extras.filter((extra) => kept.includes(extra)).map(({ text }) => text)
}

/** Both are as wide while they are not known, so that nothing moves when they come. */
const rateText = ({ rate }: BarFigures) => (rate === undefined ? '' : formatRate(rate)).padStart(9)

function leftText({ shown, total, rate }: BarFigures): string {
  const left = timeLeft(total - shown, rate)
  return (left === undefined ? '' : `${formatClock(1000 * Math.ceil(left / 1000))} left`).padStart(10)
}

function drawn(shown: number, total: number, width: number): string {
  const full = total === 0 ? width : Math.floor((width * shown) / total)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
