/** What memory does while much is sent: the peak of the whole process, beside that of one small file. */
import { oursWith } from './contenders.js'
import { inFolder } from './files.js'
import type { Load } from './loads.js'
import { measure } from './measure.js'
import type { Section } from './section.js'
import { setStage } from './stage.js'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

type Sent = Omit<Load, 'rounds' | 'sparse'> & {
  /** Measured by the gate, too. */
  brief: boolean
}

const one = { files: 1, concurrency: 4, brief: false }
const baseline: Sent = { ...one, name: 'one file of 1 MiB', size: MiB, partSize: 8 * MiB, brief: true }

const loads: readonly Sent[] = [
  baseline,
  {
    ...{ ...one, name: '8 parts of 64 MiB at once, of 4 GiB', size: 4 * GiB, concurrency: 8, brief: true },
    ...{ partSize: 64 * MiB, partOption: '64MiB' },
  },
  { ...one, name: '8 GiB', size: 8 * GiB, partSize: 9 * MiB },
  { ...one, name: '64 GiB', size: 64 * GiB, partSize: 66 * MiB },
  { ...one, name: '10,000 parts, of 49 GiB', size: 10_000 * 5 * MiB, partSize: 5 * MiB, partOption: '5MiB' },
  { ...one, name: '10,000 files of 1 KiB', size: 1024, files: 10_000, partSize: 8 * MiB },
]

export const flat: Section = {
  name: 'memory',
  run: async ({ short, say }) => {
    const peaks: [name: string, peakMiB: number][] = []
    for (const sent of loads.filter(({ brief }) => brief || !short)) {
      say(`memory: ${sent.name}`)
      peaks.push([sent.name, await peakOf(sent)])
    }
    const [first = 0] = peaks.map(([, peakMiB]) => peakMiB)
    const table = {
      title: 'Peak memory, each part verified, TLS',
      columns: ['', 'peak MiB', `over ${baseline.name}`],
      rows: peaks.map(([name, peakMiB]) => [name, peakMiB.toFixed(0), (peakMiB - first).toFixed(0)]),
    }
    return { tables: [table], figures: Object.fromEntries(peaks.map(([name, peak]) => [`peak MiB, ${name}`, peak])) }
  },
}

const peakOf = (sent: Sent): Promise<number> =>
  inFolder(async (folder) => {
    const stage = await setStage({ ...sent, sparse: true, rounds: 1 }, folder, { asFiles: false })
    const command = await oursWith(String(sent.concurrency)).command(stage)
    const { peakMiB } = await measure(command).finally(stage.close)
    return peakMiB
  })
