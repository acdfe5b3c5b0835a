/** Lets contenders run in turn, several rounds, and holds what each round took against its reference. */
import { type Command, measure, median, type Spent } from './measure.js'

export interface Runner {
  name: string
  command(): Command | Promise<Command>
  /** Throws where not all has come of what was to be sent. */
  check?(): Promise<void>
}

/** One of them, over all rounds. */
export interface Standing {
  name: string
  /** Medians. */
  spent: Spent
  /** Medians of each round's ratio to the first runner: what slows a whole round slows both. */
  ratio: Spent
}

/** The first runner is the reference. */
export async function race(runners: readonly Runner[], rounds: number, onRun = (_: string) => {}): Promise<Standing[]> {
  const table = runners.map(({ name }) => ({ name, runs: [] as Spent[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { name, command, check }] of runners.entries()) {
      onRun(`round ${round} of ${rounds}: ${name}`)
      table[index]?.runs.push(await measure(await command()))
      await check?.()
    }
  }
  const reference = table[0]?.runs ?? []
  return table.map(({ name, runs }) => ({
    name,
    spent: over(runs),
    ratio: over(runs.map((run, round) => ratioOf(run, reference[round]))),
  }))
}

function each(valueIn: (field: keyof Spent) => number): Spent {
  const [wallMs, cpuMs, peakMiB] = [valueIn('wallMs'), valueIn('cpuMs'), valueIn('peakMiB')]
  return { wallMs, cpuMs, peakMiB }
}

const over = (runs: readonly Spent[]) => each((field) => median(runs.map((run) => run[field])))

function ratioOf(run: Spent, reference: Spent | undefined): Spent {
  if (!reference) throw new Error('a round without its reference')
  // A process may be over before the system's account has moved: that is no division by zero.
  return each((field) => run[field] / Math.max(reference[field], 1))
}
