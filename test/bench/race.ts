/** Lets contenders run in turn, several rounds, and holds what each round took against another's. */
import { type Command, measure, median, type Spent } from './measure.js'

export interface Runner {
  name: string
  command(): Command | Promise<Command>
  /** Throws where not all has come of what was to be sent. */
  check?(): Promise<void>
}

/** One of them, round by round. */
export interface Standing {
  name: string
  runs: readonly Spent[]
}

export async function race(runners: readonly Runner[], rounds: number, onRun = (_: string) => {}): Promise<Standing[]> {
  const standings = runners.map((runner) => ({ runner, runs: [] as Spent[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const { runner, runs } of standings) {
      onRun(`round ${round} of ${rounds}: ${runner.name}`)
      runs.push(await measure(await runner.command()))
      await runner.check?.()
    }
  }
  return standings.map(({ runner, runs }) => ({ name: runner.name, runs }))
}

/** Its medians. */
export const spentBy = ({ runs }: Standing): Spent => overRuns((field) => runs.map((run) => run[field]))

/** The medians of each round's ratio: what slows a whole round slows both. */
export const ratioOf = (standing: Standing, reference: Standing): Spent =>
  overRuns((field) => standing.runs.map((run, round) => run[field] / againstOf(reference, round, field)))

function overRuns(values: (field: keyof Spent) => number[]): Spent {
  const [wallMs, cpuMs, peakMiB] = [median(values('wallMs')), median(values('cpuMs')), median(values('peakMiB'))]
  return { wallMs, cpuMs, peakMiB }
}

/** A short process may be over before the system's account, in steps of 10 ms, has moved. */
const againstOf = ({ runs }: Standing, round: number, field: keyof Spent) => Math.max(10, runs[round]?.[field] ?? 0)
