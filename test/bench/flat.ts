/**
 * What memory does while much is sent: the peak of the whole process, beside that of one small file.
 *
 *     node --import tsx test/bench/flat.ts              after a build
 *     node --import tsx test/bench/flat.ts "64 GiB"     the rows with that in their names
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contenders } from './contenders.js'
import type { Load } from './loads.js'
import { measure } from './measure.js'
import { setStage } from './stage.js'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

interface Row {
  name: string
  peakMiB: number
  baselineMiB: number
}

type Sent = Pick<Load, 'name' | 'size'> & Partial<Load> & { verify?: boolean }

const inLargeParts = { size: 4 * GiB, partSize: 64 * MiB, partOption: '64MiB', concurrency: 8 }

const rows: readonly Sent[] = [
  { name: '8 parts of 64 MiB at once', ...inLargeParts },
  { name: '8 parts of 64 MiB at once, --no-verify', ...inLargeParts, verify: false },
  { name: '8 GiB', size: 8 * GiB, partSize: 9 * MiB },
  { name: '64 GiB', size: 64 * GiB, partSize: 66 * MiB },
  { name: '10,000 files of 1 KiB', size: 1024, files: 10_000 },
  { name: '10,000 parts', size: 10_000 * 5 * MiB, partSize: 5 * MiB, partOption: '5MiB' },
]

async function peakOf({ verify = true, ...sent }: Sent): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-flat-'))
  const load: Load = { files: 1, sparse: true, partSize: 8 * MiB, concurrency: 4, rounds: 1, ...sent }
  try {
    const stage = await setStage(load, folder)
    const name = verify ? 'scenario-upload' : 'scenario-upload --no-verify'
    const command = await contenders.find((contender) => contender.name === name)?.command(stage)
    if (!command) throw new Error(`${name} is no contender`)
    const { peakMiB } = await measure({ ...command, args: [...command.args, '--rpm', '10000'] }).finally(stage.close)
    return peakMiB
  } finally {
    await rm(folder, { recursive: true })
  }
}

const wanted = process.argv.slice(2)
const baselineMiB = await peakOf({ name: 'one file', size: MiB })
for (const sent of rows.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))) {
  const row: Row = { name: sent.name, peakMiB: await peakOf(sent), baselineMiB }
  console.log(JSON.stringify(row))
}
