/** The grid: every step by every fault by every number of times, but for those that make no sense. */
import type { End, Row } from './ends.js'
import { type Fault, faults, type Through } from './faults.js'
import { allTimes, countOf, isPart, type Step, steps, type Times } from './steps.js'

export interface Cell {
  readonly step: Step
  readonly name: string
  readonly fault: Fault
  readonly times: Times
  readonly row: Row
  readonly end: End
  readonly through: Through
  readonly isSample: boolean
  readonly patience: Patience
  /** Milliseconds that the sandbox takes to validate. */
  readonly validateMs: number
  /** Milliseconds in which it has to end. */
  readonly limitMs: number
}

export interface LeftOut {
  readonly step: Step
  readonly name: string
  readonly times: Times
  readonly why: string
}

interface Patience {
  readonly retryForMs: number
  readonly stallMs: number
  readonly timeoutMs: number
}

/** How long a halt is: longer than what counts as sleep on top of any patience. */
export const haltMs = 10_000
/** So long it is awake between two halts. */
export const awakeMs = 500

function throughOf({ through, sample }: Fault, step: Step, times: Times): Through {
  return through ?? (sample === step && times === 'once' ? 'command' : 'library')
}

const haltsMs = (times: Times) => countOf[times] * (haltMs + awakeMs)

type Drawn = Pick<Cell, 'fault' | 'step' | 'times' | 'row' | 'end' | 'through'>

/** Only a failure that stays is waited for to its end: there a short patience will do, but where tries are counted. */
function patienceOf({ fault, step, times, row, end, through }: Drawn): Patience {
  // Well over what it is awake for, and well under what it sleeps for.
  if (through === 'stopped') return { retryForMs: 15_000, stallMs: 4000, timeoutMs: times === 'once' ? 8000 : 15_000 }
  const isEndless = times === 'for ever' && end !== 'ok' && row.strikes[times][1] === Number.POSITIVE_INFINITY
  const isWait = step === 'poll' && (isEndless || row.toTheEnd)
  return {
    retryForMs: isEndless ? 2000 : 20_000,
    stallMs: fault.silent ? 1000 : 5000,
    timeoutMs: isWait ? 4000 : 30_000,
  }
}

/** Beside what it takes: the pauses between tries, the silences, the halts, and room for a busy machine. */
function limitOf(cell: Omit<Cell, 'limitMs'>): number {
  const { fault, times, row, through, step, patience } = cell
  const room = 10_000 + (through === 'library' ? 0 : 10_000)
  const pauses =
    row.strikes[times][1] === 1 && times !== 'once' ? 0 : { once: 1000, thrice: 10_000, 'for ever': 8000 }[times]
  const silences = fault.silent ? 15_000 : 0
  const halts = through === 'stopped' ? haltsMs(times) : 0
  return room + pauses + silences + halts + (step === 'poll' ? Math.min(patience.timeoutMs, 5000) : 0)
}

function cellOf(name: string, fault: Fault, step: Step, row: Row, times: Times): Cell {
  const through = throughOf(fault, step, times)
  const end = row.ends[times]
  const isSample = step === fault.sample && times === 'once'
  const patience = patienceOf({ fault, step, times, row, end, through })
  // A wait that slept is to have some of its time left, and some use for it.
  const validateMs = through === 'stopped' && step === 'poll' ? haltsMs(times) + 3000 : 1
  const cell = { step, name, fault, times, row, end, through, isSample, patience, validateMs }
  return { ...cell, limitMs: limitOf(cell) }
}

interface Grid {
  readonly cells: readonly Cell[]
  readonly leftOut: readonly LeftOut[]
}

const all = Object.entries(faults).flatMap(([name, fault]) =>
  steps.flatMap((step) => allTimes.map((times) => ({ name, fault, step, times }))),
)

/** The whole grid. */
export const grid: Grid = {
  cells: all.flatMap(({ name, fault, step, times }) => {
    const row = fault.ends[step]
    return typeof row === 'string' || fault.never?.[times] !== undefined ? [] : [cellOf(name, fault, step, row, times)]
  }),
  leftOut: all.flatMap(({ name, fault, step, times }) => {
    const row = fault.ends[step]
    const why = typeof row === 'string' ? row : fault.never?.[times]
    return why === undefined ? [] : [{ name, step, times, why }]
  }),
}

/** Only where it is about a part are there three of them: the second is the one that suffers. */
export const isLarge = ({ step }: Pick<Cell, 'step'>) => isPart(step)
