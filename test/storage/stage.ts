/** What a scene plays on: the engine, a relay before it, an API that signs for the relay, and a folder for files. */
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, type TestContext } from 'node:test'
import { type Api, type ApiOptions, startApi } from './api.js'
import { type Bucket, openBucket } from './bucket.js'
import { type Run, type Running, startCommand } from './command.js'
import { type Engine, startEngine } from './engine.js'
import { type Relay, type RelayOptions, startRelay } from './relay.js'

export const MiB = 1024 * 1024

export interface Stage {
  readonly folder: string
  readonly stateHome: string
  readonly bucket: Bucket
  readonly relay: Relay
  readonly api: Api
  start(args: readonly string[], stdin?: Readable): Running
  /** The same, until it ends by itself. */
  run(args: readonly string[], stdin?: Readable): Promise<Run>
}

export interface SourceFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
}

const shared: { engine?: Promise<Engine> } = {}
after(async () => {
  const engine = await shared.engine?.catch(() => undefined) // each scene has said why it did not start
  await engine?.stop()
})

/** One engine serves all scenes of a test file. */
function sharedEngine(): Promise<Engine> {
  shared.engine ??= startEngine()
  return shared.engine
}

export async function setStage(t: TestContext, options: ApiOptions & RelayOptions = {}): Promise<Stage> {
  const engine = await sharedEngine()
  const folder = await mkdtemp(join(tmpdir(), 'scenario-storage-'))
  t.after(() => rm(folder, { recursive: true }))
  const relay = await startRelay(engine, options)
  t.after(() => relay.close())
  const bucket = await openBucket(engine, relay.address)
  const api = await startApi(bucket, options)
  t.after(() => api.close())
  const stateHome = join(folder, 'state')
  const start = (args: readonly string[], stdin?: Readable) =>
    startCommand(args, { apiUrl: api.url, stateHome, ...(stdin && { stdin }) })
  return { folder, stateHome, bucket, relay, api, start, run: (...words) => start(...words).ended }
}

/** The first bytes are what the name promises, lest the rest, which is random, looks like something else. */
const beginnings: Partial<Record<string, Buffer>> = {
  '.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  '.safetensors': Buffer.from('\x02\0\0\0\0\0\0\0{}', 'latin1'),
}

export async function writeSource(stage: Stage, name: string, size: number): Promise<SourceFile> {
  const path = join(stage.folder, name)
  const hash = createHash('sha256')
  const chunks = function* () {
    for (let offset = 0; offset < size; offset += MiB) {
      const chunk = randomBytes(Math.min(MiB, size - offset))
      if (offset === 0) beginnings[extname(name)]?.copy(chunk)
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(chunks, createWriteStream(path))
  return { path, size, sha256: hash.digest('hex') }
}
