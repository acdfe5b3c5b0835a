/** What the contenders of one load play on: its files, the bucket, the API, and the plan that they all go by. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeAuthority } from '../helpers/authority.js'
import { partUrls, startApi } from './api.js'
import type { Contender } from './contenders.js'
import { repeatedFile, sparseFile } from './files.js'
import type { Load } from './loads.js'
import type { Runner } from './race.js'
import { type Sink, startSink } from './sink.js'

/** One request: a range of a file, and where it goes. */
interface PlannedPart {
  path: string
  start: number
  /** Exclusive. */
  end: number
  url: string
  /** The same bytes as a file of its own, for who cannot send a range. */
  alone: string
}

export interface Stage {
  load: Load
  sink: Sink
  apiUrl: string
  /** The authority behind the bucket's certificate. */
  caFile: string
  files: readonly string[]
  parts: readonly PlannedPart[]
  /** The path of a file that says the same. */
  plan: string
  close(): Promise<void>
}

const MiB = 1024 ** 2
export const credentials = { key: 'key_of_the_bench', secret: 'secret_of_the_bench' }

interface StageOptions {
  /** Where the bucket is to be reached, for its own address; default: there. */
  way?: (url: string) => Promise<string>
  /** Whether each part is wanted as a file of its own, too; default true. */
  asFiles?: boolean
}

export async function setStage(load: Load, folder: string, { way, asFiles = true }: StageOptions = {}): Promise<Stage> {
  const block = load.sparse ? Buffer.alloc(MiB) : randomBytes(MiB)
  const blockPath = await written(join(folder, 'block'), block)
  const authority = makeAuthority(folder)
  if (!authority) throw new Error('openssl is missing, which makes the certificate')
  const certificate = { cert: join(folder, 'good.pem'), key: join(folder, 'good-key.pem') }
  const sink = await startSink({ folder, block: blockPath, certificate })
  const url = way ? await way(sink.url) : sink.url
  const api = await startApi(url)
  const paths = Array.from({ length: load.files }, (_, index) => join(folder, `file-${index}.bin`))
  for (const path of paths) await fill(path, load, block)
  const parts = planOf(load, paths, url)
  if (asFiles) await fillEach(parts, load, block)
  const { partSize, concurrency } = load
  const plan = { rpm: 10_000, files: paths, parts, apiUrl: api.url, credentials, partSize, concurrency }
  return {
    ...{ load, sink, apiUrl: api.url, caFile: authority.file, files: paths, parts },
    plan: await written(join(folder, 'plan.json'), JSON.stringify(plan)),
    close: async () => {
      await api.close()
      await sink.close()
    },
  }
}

async function written(path: string, content: string | Buffer): Promise<string> {
  await writeFile(path, content)
  return path
}

const fill = (path: string, { size, sparse }: Pick<Load, 'size' | 'sparse'>, block: Buffer) =>
  sparse ? sparseFile(path, size) : repeatedFile(path, size, block)

function planOf({ size, partSize }: Load, paths: readonly string[], bucketUrl: string): PlannedPart[] {
  const count = Math.ceil(size / partSize)
  return paths.flatMap((path, nth) =>
    partUrls(bucketUrl, `raw_${nth}`, count).map(({ number, url }) => {
      const [start, end] = [(number - 1) * partSize, Math.min(size, number * partSize)]
      return { path, start, end, url, alone: count === 1 ? path : `${path}.${number}` }
    }),
  )
}

/** Each begins at a multiple of the block, as the whole does. */
async function fillEach(parts: readonly PlannedPart[], { sparse }: Load, block: Buffer): Promise<void> {
  for (const { path, start, end, alone } of parts) {
    if (alone !== path) await fill(alone, { size: end - start, sparse }, block)
  }
}

/** A contender on this stage, which must have sent all of it. */
export const runnerOf = ({ name, command }: Contender, stage: Stage): Runner => ({
  name,
  command: () => command(stage),
  check: async () => {
    const { bytes, puts } = await stage.sink.count()
    const { files, size } = stage.load
    if (bytes === files * size && puts === stage.parts.length) return
    throw new Error(`${name} sent ${bytes} bytes in ${puts} parts, not ${files * size} in ${stage.parts.length}`)
  },
})
