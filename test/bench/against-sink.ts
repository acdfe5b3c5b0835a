/** Each load against the bucket that keeps nothing: what is timed is the client. */
import { contenders, reference } from './contenders.js'
import { inFolder } from './files.js'
import { type Load, loads, shortLoads } from './loads.js'
import { race, ratioOf, type Standing, spentBy } from './race.js'
import { type Outcome, type Section, type SectionOptions, type Table, together } from './section.js'
import { runnerOf, type Stage, setStage } from './stage.js'

/** The system counts in steps of 10 ms, which is a third of what curl takes for a picture. */
const enoughForCpu = 1024 ** 3

export const againstSink: Section = {
  name: 'sink',
  run: async ({ short, say }) => {
    const outcomes: Outcome[] = []
    for (const load of short ? shortLoads : loads) outcomes.push(await onLoad(load, { short, say }))
    return together(outcomes)
  },
}

const onLoad = (load: Load, { say }: SectionOptions): Promise<Outcome> =>
  inFolder(async (folder) => {
    say(`${load.name}: writing the files`)
    const stage = await setStage(load, folder)
    const runners = contenders.map((contender) => runnerOf(contender, stage))
    const standings = await race(runners, load.rounds, (words) => say(`${load.name}: ${words}`))
    await stage.close()
    return { tables: [tableOf(load, stage, standings)], figures: figuresOf(load, standings) }
  })

function tableOf(load: Load, { sink }: Stage, standings: readonly Standing[]): Table {
  const GiB = (load.files * load.size) / 1024 ** 3
  return {
    title: `${load.name}, TLS, medians of ${load.rounds} rounds (bucket in ${sink.madeOf})`,
    columns: ['', 'wall s', '÷ curl', 'CPU s/GiB', '÷ curl', 'peak MiB'],
    rows: standings.map((standing) => {
      const [spent, ratio] = [spentBy(standing), ratioOf(standing, referenceIn(standings))]
      const wall = [(spent.wallMs / 1000).toFixed(2), ratio.wallMs.toFixed(2)]
      const cpu = [(spent.cpuMs / 1000 / GiB).toFixed(2), ratio.cpuMs.toFixed(2)]
      return [standing.name, ...wall, ...cpu, spent.peakMiB.toFixed(0)]
    }),
  }
}

/** Of our own only: the others are there to be held against. */
function figuresOf(load: Load, standings: readonly Standing[]): Record<string, number> {
  const own = standings.filter(({ name }) => name.startsWith('scenario-upload'))
  const entries = own.flatMap((standing) => {
    const { wallMs, cpuMs } = ratioOf(standing, referenceIn(standings))
    const figure = (of: string, value: number) =>
      [`${load.name}: ${of}, ${standing.name} ÷ ${reference}`, value] as const
    return [figure('wall', wallMs), ...(load.size < enoughForCpu ? [] : [figure('CPU', cpuMs)])]
  })
  return Object.fromEntries(entries)
}

function referenceIn(standings: readonly Standing[]): Standing {
  const found = standings.find(({ name }) => name === reference)
  if (!found) throw new Error(`${reference} is not among the contenders`)
  return found
}
