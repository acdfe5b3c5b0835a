/** Lines of progress that fit the terminal, whatever its width, and keep their figures in their places. */
import { formatBytes, formatClock, formatRate } from '../../core/units.js'
import { type Glyphs, unicode } from '../glyphs.js'
import { fit } from './fit.js'
import { percentOf } from './shown.js'
import { retriesText } from './words.js'

interface Amount {
  shown: number
  total: number
}

interface Pace {
  /** Bytes a second; undefined while it is not known. */
  rate: number | undefined
  /** Milliseconds; undefined while it is not known. */
  leftMs: number | undefined
}

export interface BarFigures extends Amount, Pace {
  retries: number
  /** What is being sent; safe to show. */
  name: string
}

export interface SumFigures extends Amount, Pace {
  done: number
  sources: number
}

export interface FileFigures extends Amount {
  /** Safe to show. */
  name: string
}

const mostBar = 40
const leastBar = 8
const mostName = 30
/** Narrower than this, a name says more than a bar. */
const leastForBars = 40

interface Extra {
  text: string
  /** The lower, the sooner it is left out. */
  worth: number
}

/** At most `columns - 1` wide: a full line would wrap on some terminals. What matters most is left out last. */
export function barLine(figures: BarFigures, columns: number, glyphs = unicode): string {
  const { name, retries } = figures
  const told = [...paceOf(figures), { text: retriesText(retries), worth: 1 }]
  const { line, rest } = withBar(figures, told, columns, glyphs)
  return rest < leastBar ? line : `${line}  ${fit(name, Math.min(mostName, rest), glyphs.more)}`
}

/** The line of all files: how many are done is worth the most. */
export function sumLine(figures: SumFigures, columns: number, glyphs = unicode): string {
  const { done, sources } = figures
  const files = { text: `${String(done).padStart(String(sources).length)} of ${sources} done`, worth: 5 }
  return withBar(figures, [...paceOf(figures), files], columns, glyphs).line
}

/** The lines of single files, whose bars are as long as that of all of them. */
export function fileLines(files: readonly FileFigures[], sum: SumFigures, columns: number, glyphs = unicode): string[] {
  const width = lengthOf(sumLine(sum, columns, glyphs), glyphs)
  return files.map((file) => fileLine(file, columns < leastForBars ? 0 : width, columns, glyphs))
}

function fileLine({ shown, total, name }: FileFigures, width: number, columns: number, glyphs: Glyphs): string {
  const percent = percentText(shown, total)
  const head = width === 0 ? percent : `${drawn(shown, total, width, glyphs)} ${percent}`
  const bytes = `  ${bytesText(shown, total)}`
  const rest = columns - 1 - head.length - 2
  const told = rest - bytes.length >= mostName ? `${head}${bytes}` : head
  const room = columns - 1 - told.length - 2
  return room < 1 ? told.slice(0, Math.max(0, columns - 1)) : `${told}  ${fit(name, room, glyphs.more)}`
}

/** How long the bar of a line is. */
const lengthOf = (line: string, { full, empty }: Glyphs) =>
  [...line].findIndex((character) => character !== full && character !== empty)

interface Room {
  line: string
  /** Columns that are left. */
  rest: number
}

/** The bar, as much of what is told as there is room for, and how much room is left then. */
function withBar({ shown, total }: Amount, told: readonly Extra[], columns: number, glyphs: Glyphs): Room {
  const room = columns - 1
  const percent = percentText(shown, total)
  const extras = told.filter(({ text }) => text !== '')
  const kept = [percent, ...fitting(extras, room - leastBar - 1 - percent.length)].join('  ')
  const width = Math.min(mostBar, room - kept.length - 1)
  if (width < leastBar) return { line: kept.slice(0, Math.max(0, room)), rest: 0 }
  const line = `${drawn(shown, total, width, glyphs)} ${kept}`
  return { line, rest: room - line.length - 2 }
}

/** In the order in which they are read: what is not known yet leaves its gap at the end. */
const paceOf = ({ shown, total, ...pace }: Amount & Pace): Extra[] => [
  { text: bytesText(shown, total), worth: 2 },
  { text: rateText(pace), worth: 4 },
  { text: leftText(pace), worth: 3 },
]

/** As many of them as there is room for, the worthiest first, in the order given. */
function fitting(extras: readonly Extra[], room: number): string[] {
  const byWorth = extras.toSorted((a, b) => b.worth - a.worth)
  const widthOf = (some: readonly Extra[]) => some.reduce((sum, { text }) => sum + text.length + 2, 0)
  const kept = byWorth.filter((_, index) => widthOf(byWorth.slice(0, index + 1)) <= room)
  return extras.filter((extra) => kept.includes(extra)).map(({ text }) => text)
}

const percentText = (shown: number, total: number) => `${String(percentOf(shown, total)).padStart(3)} %`

const bytesText = (shown: number, total: number) => `${formatBytes(shown).padStart(7)} of ${formatBytes(total)}`

/** Both are as wide while they are not known, so that nothing moves when they come. */
const rateText = ({ rate }: Pace) => (rate === undefined ? '' : formatRate(rate)).padStart(9)

const leftText = ({ leftMs }: Pace) =>
  (leftMs === undefined ? '' : `${formatClock(1000 * Math.ceil(leftMs / 1000))} left`).padStart(10)

function drawn(shown: number, total: number, width: number, { full, empty }: Glyphs): string {
  const filled = total === 0 ? width : Math.floor((width * shown) / total)
  return full.repeat(filled) + empty.repeat(width - filled)
}
