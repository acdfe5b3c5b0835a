/** What is told of a run: the whole grid as a table, and one line of figures. */
import { type Cell, grid } from './cells.js'
import type { Ended } from './run-cell.js'
import { allTimes, type Step, steps } from './steps.js'

export interface Told {
  readonly cell: Cell
  /** Null for one that was not judged well. */
  readonly ended: Pick<Ended, 'exitCode' | 'code' | 'seconds'> | null
}

const nameOf = ({ step, name, times }: Pick<Cell, 'step' | 'name' | 'times'>) => `${step} · ${name} · ${times}`

function shown({ ended }: Told): string {
  if (!ended) return '✖'
  return `${ended.code === 'ok' ? '0' : `${ended.exitCode} ${ended.code}`} · ${ended.seconds.toFixed(1)} s`
}

/** Fault by step, and in each cell its three ends. */
export function table(told: readonly Told[]): string {
  const byName = new Map(told.map((each) => [nameOf(each.cell), shown(each)]))
  const why = new Map(grid.leftOut.map((each) => [nameOf(each), each.why]))
  const names = [...new Set([...grid.cells, ...grid.leftOut].map(({ name }) => name))]
  const rows = names.flatMap((name) =>
    steps.map((step: Step) => {
      const keys = allTimes.map((times) => nameOf({ step, name, times }))
      const ends = keys.map((key) => byName.get(key) ?? (why.has(key) ? `left out: ${why.get(key)}` : 'not run'))
      return `| ${name} | ${step} | ${[...new Set(ends)].length === 1 && why.has(keys[0] ?? '') ? `${ends[0]} | |` : ends.join(' | ')} |`
    }),
  )
  return ['| fault | step | once | thrice | for ever |', '| --- | --- | --- | --- | --- |', ...rows, ''].join('\n')
}

export function figures(told: readonly Told[], seconds: number): string {
  const ends = told.map(({ ended }) => (ended ? String(ended.exitCode) : 'failed'))
  const counts = [...new Set(ends)].sort().map((end) => `${end}: ${ends.filter((each) => each === end).length}`)
  const slowest = told.toSorted((a, b) => (b.ended?.seconds ?? 0) - (a.ended?.seconds ?? 0))[0]
  const slow = slowest ? `${nameOf(slowest.cell)} (${slowest.ended?.seconds.toFixed(1)} s)` : 'none'
  return `faults: ${told.length} cells run, ${grid.leftOut.length} left out; ends by exit code ${counts.join(', ')}; slowest ${slow}; ${Math.round(seconds)} s in all`
}
