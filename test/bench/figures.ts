/** The figures that are kept in the repository, and what has come of them since. */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

export type Form = 'long' | 'short'
export type Figures = Readonly<Record<string, number>>

/** Where and on what they were measured. */
interface Kept {
  machine: string
  figures: Figures
}

const file = new URL('figures.json', import.meta.url)
/** A ratio this much over what is kept has become worse: noise alone seldom makes a quarter. */
const mostGrowth = 1.25

export function keptFigures(): Partial<Record<Form, Kept>> {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Those of the form that were not measured this time stay. */
export function keep(form: Form, figures: Figures): void {
  const all = keptFigures()
  const rounded = Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(3))])
  const kept = { machine: machine(), figures: { ...all[form]?.figures, ...Object.fromEntries(rounded) } }
  writeFileSync(file, `${JSON.stringify({ ...all, [form]: kept }, null, 2)}\n`)
}

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${availableParallelism()} cores (${model}), ${memory} GiB, ${process.platform}, Node ${process.versions.node}`
}

export interface Worse {
  name: string
  now: number
  kept: number
}

/** Those that have grown by more than a quarter. One that is not kept cannot have. */
export function worse(figures: Figures, kept: Figures): Worse[] {
  return Object.entries(figures).flatMap(([name, now]) => {
    const before = kept[name]
    return before !== undefined && now > before * mostGrowth ? [{ name, now, kept: before }] : []
  })
}
