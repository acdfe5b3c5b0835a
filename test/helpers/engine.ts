/** What the engine works with, made by hand: a clock that jumps, an API and a bucket that do as a test says. */
import { createHash, randomBytes } from 'node:crypto'
import { planParts } from '../../src/core/parts.js'
import type { Context, Nature, Said, Settings } from '../../src/engine/context.js'
import { createImports } from '../../src/engine/imports.js'
import { createPatience } from '../../src/engine/patience.js'
import { steeredLanes } from '../../src/engine/steering.js'
import { createThrottle } from '../../src/engine/throttle.js'
import { UploadError } from '../../src/errors.js'
import { createDigest, noDigest } from '../../src/hash/digest.js'
import type { ScenarioClient } from '../../src/scenario/client.js'
import type { PartUrl, RemoteUpload } from '../../src/scenario/schema.js'
import type { ByteReader, ByteSource } from '../../src/sources/source.js'
import { type Notebook, noResume, type Page } from '../../src/state/memory.js'
import type { KeptPart, UploadRecord } from '../../src/state/record.js'
import type { Bucket, PartPut, PartReply } from '../../src/storage/bucket.js'

export const MiB = 1024 ** 2

export interface Clock extends Nature {
  /** Every pause that was asked for, in order. */
  slept: number[]
}

/** Time passes only where all wait for it, and then at once. */
export function clock(random: () => number = () => 0.5): Clock {
  const state = { now: 1000, ticking: false }
  const sleepers: { at: number; wake: () => void }[] = []
  const slept: number[] = []
  const tick = () => {
    sleepers.sort((a, b) => a.at - b.at)
    const next = sleepers.shift()
    state.ticking = next !== undefined
    if (!next) return
    state.now = Math.max(state.now, next.at)
    next.wake()
    // All that follows from the waking comes first; two rounds, since some of it waits for a round itself.
    setImmediate(() => setImmediate(tick))
  }
  return {
    slept,
    now: () => state.now,
    random,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        slept.push(ms)
        const sleeper = {
          at: state.now + ms,
          wake: () => {
            signal.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        const onAbort = () => {
          const at = sleepers.indexOf(sleeper)
          if (at >= 0) sleepers.splice(at, 1)
          reject(signal.reason)
        }
        sleepers.push(sleeper)
        signal.addEventListener('abort', onAbort, { once: true })
        if (state.ticking) return
        state.ticking = true
        setImmediate(() => setImmediate(tick))
      }),
  }
}

export interface Stage {
  context: Context
  clock: Clock
  said: Said[]
  controller: AbortController
}

const unasked = (call: string) => async () => {
  throw new Error(`nobody expected ${call}`)
}

interface Props {
  client?: Partial<ScenarioClient>
  bucket?: Partial<Bucket>
  settings?: Partial<Settings>
  clock?: Clock
}

export function stage({ client, bucket, settings: own, clock: time = clock() }: Props = {}): Stage {
  const said: Said[] = []
  const controller = new AbortController()
  const settings: Settings = {
    concurrency: 4,
    jobs: 4,
    failFast: false,
    rpm: 100,
    limitRate: Number.POSITIVE_INFINITY,
    verify: true,
    wait: true,
    until: undefined,
    timeoutMs: 15 * 60_000,
    retryForMs: 10 * 60_000,
    stallMs: 30_000,
    resume: false,
    ...own,
  }
  const context: Context = {
    client: {
      create: unasked('create'),
      complete: unasked('complete'),
      get: unasked('get'),
      close: () => {},
      ...client,
    },
    bucket: { putPart: unasked('putPart'), close: () => {}, ...bucket },
    startDigest: () => (settings.verify ? createDigest('md5') : noDigest),
    settings,
    nature: time,
    ...steeredLanes(settings.concurrency, time, (message) => said.push({ event: 'detail', message })),
    throttle: createThrottle(time),
    imports: createImports(time),
    created: () => {},
    handedOver: () => {},
    serverClock: { now: time.now },
    place: { apiUrl: 'https://api.test/v1', project: null },
    memory: noResume,
    patience: createPatience(time.now),
    whenDelivered: () => {},
    signal: controller.signal,
    say: (event) => {
      said.push(event)
    },
  }
  return { context, clock: time, said, controller }
}

export function remote(status: string, more: Partial<RemoteUpload> = {}): RemoteUpload {
  return {
    id: 'upload_1',
    status,
    entityId: null,
    errorMessage: null,
    kind: null,
    source: null,
    fileName: null,
    contentType: null,
    fileSize: null,
    partsCount: null,
    parts: null,
    ...more,
  }
}

/** A file in memory, 5 MiB a part and the rest. */
export interface MadeFile {
  source: ByteSource
  bytes: ByteReader
  parts: PartUrl[]
  content: Buffer
  /** Of each part, its range's opens. */
  opened: number[]
}

export function madeFile(count: number, reader: Partial<ByteReader> = {}): MadeFile {
  const content = randomBytes((count - 1) * 5 * MiB + 1000)
  const opened = Array.from({ length: count }, () => 0)
  const bytes: ByteReader = {
    open: (range, onChunk) => {
      const index = Math.floor(range.start / (5 * MiB))
      opened[index] = (opened[index] ?? 0) + 1
      return chunks(content.subarray(range.start, range.end), onChunk)
    },
    check: async () => 'same',
    settle: async () => {},
    close: async () => {},
    ...reader,
  }
  const source: ByteSource = {
    flow: 'bytes',
    type: 'file',
    shown: 'hero.png',
    fileName: 'hero.png',
    contentType: 'image/png',
    kind: 'image',
    plan: planParts(content.length, { partSize: 5 * MiB }),
    assetOptions: {},
    open: async () => bytes,
    origin: null,
    discard: async () => {},
  }
  const parts = Array.from({ length: count }, (_, i) => ({ number: i + 1, url: `https://b/${i + 1}`, expires: null }))
  return { source, bytes, parts, content, opened }
}

async function* chunks(bytes: Buffer, onChunk: (chunk: Uint8Array) => unknown): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MiB) {
    const chunk = bytes.subarray(at, at + MiB)
    await onChunk(chunk)
    yield chunk
  }
}

/** Takes a part as a good bucket does. */
export async function take(put: PartPut): Promise<PartReply & { bytes: Buffer }> {
  const taken: Buffer[] = []
  const count = () => taken.reduce((sum, { length }) => sum + length, 0)
  for await (const chunk of put.open()) {
    put.signal.throwIfAborted()
    taken.push(Buffer.from(chunk))
    put.onSent(count())
  }
  const bytes = Buffer.concat(taken)
  return { etag: createHash('md5').update(bytes).digest('hex'), encrypted: false, bytes }
}

export const partOf = ({ url }: Pick<PartPut, 'url'>) => Number(url.split('/').at(-1))

export const network = () => new UploadError('ERR_NETWORK', 'the connection broke')

/** What an earlier run left, in memory; it tells what becomes of it. */
export interface MadeNotebook {
  notebook: Notebook
  began: Page[]
  added: KeptPart[]
  /** `release` and `forget`, in order. */
  calls: string[]
}

export function madeNotebook(record: UploadRecord | null = null, own: Partial<Notebook> = {}): MadeNotebook {
  const began: Page[] = []
  const added: KeptPart[] = []
  const calls: string[] = []
  const notebook: Notebook = {
    record,
    changed: null,
    keeps: true,
    begin: async (page) => void began.push(page),
    add: async (part) => void added.push(part),
    release: async () => void calls.push('release'),
    forget: async () => void calls.push('forget'),
  }
  // As they are: one may be a getter, whose answer changes.
  Object.defineProperties(notebook, Object.getOwnPropertyDescriptors(own))
  return { notebook, began, added, calls }
}
