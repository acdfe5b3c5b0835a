/** Uploads again and again in this one process, and answers on stdout what it held meanwhile. Run with `--expose-gc`. */
import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, UploadError, type UploadOptions, type UploadResult, upload } from '../../src/index.js'
import { pngBytes, testFile } from '../helpers/files.js'
import { MiB } from '../helpers/scene.js'

export interface Sample {
  uploads: number
  heapUsed: number
  /** Buffers live outside of the heap. */
  external: number
  resources: string[]
  /** Those too that keep no process alive, and so are no active resource. */
  timers: number
  /** Null where the system does not show them. */
  fds: number | null
}

export interface Soaked {
  /** Before the first upload. */
  before: Sample
  samples: Sample[]
  warnings: string[]
  /** How often it ended so: `ok`, or the error's code. */
  ends: Record<string, number>
  /** Those that ended well with no bytes sent: an address, a plan. */
  withoutBytes: number
  /** The SHA-256 of each, by the name under which it was sent. */
  files: Record<string, string>
}

export interface Soak {
  folder: string
  uploads: number
  warmUp: number
  every: number
}

const soak: Soak = JSON.parse(process.argv[2] ?? '')
const tiny = await testFile(soak.folder, 'tiny.png', pngBytes(5000))
const broken = await testFile(soak.folder, 'broken.png', pngBytes(5000))
const large = await testFile(soak.folder, 'large.png', pngBytes(5 * MiB + 1000))

/** One for all uploads, as a service has one: whoever listens to it and never stops is seen here. */
const shutdown = new AbortController()

const usual: UploadOptions = {
  apiUrl: process.env.SCENARIO_BASE_URL,
  stateFolder: join(soak.folder, 'state'),
  signal: shutdown.signal,
  wait: false,
  retryFor: 0,
  onEvent: () => {},
}

type Turn = readonly ['ok' | ErrorCode, () => Promise<UploadResult>]

const picture: Turn = ['ok', () => upload(tiny.path, usual)]
const twoParts: Turn = ['ok', () => upload(large.path, { ...usual, partSize: 5 * MiB })]

/** Mostly tiny pictures; all else comes once or twice in twenty. */
const turns: readonly Turn[] = [
  ...Array.from({ length: 9 }, () => picture),
  twoParts,
  twoParts,
  ['ok', () => upload(tiny.path, { ...usual, signal: undefined, wait: true, until: 'validated' })],
  ['ok', () => upload('-', { ...usual, name: 'piped.png', stdin: Readable.from([tiny.bytes]) })],
  ['ok', () => withoutBytes(upload('https://example.com/cat.png', { ...usual, kind: 'image' }))],
  ['ok', () => withoutBytes(upload(tiny.path, { ...usual, dryRun: true }))],
  ['ERR_FILE_MISSING', () => upload(join(soak.folder, 'nowhere.png'), usual)],
  ['ERR_CREDENTIALS_REFUSED', () => upload(tiny.path, { ...usual, credentials: { key: 'wrong', secret: 'wrong' } })],
  ['ERR_NETWORK', () => upload(tiny.path, { ...usual, apiUrl: 'http://127.0.0.1:1/v1' })],
  ['ERR_INTERRUPTED', () => interrupted(broken.path)],
  // Goes on with the one before.
  ['ok', () => upload(broken.path, usual)],
]

function withoutBytes(work: Promise<UploadResult>): Promise<UploadResult> {
  soaked.withoutBytes++
  return work
}

/** Ended by its caller as soon as its bytes are on their way. */
function interrupted(path: string): Promise<UploadResult> {
  const caller = new AbortController()
  return upload(path, {
    ...usual,
    signal: caller.signal,
    onEvent: (event) => event.event === 'phase' && event.phase === 'sending' && caller.abort(),
  })
}

const timers = new Set<number>()
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable()

type Handles = Pick<Sample, 'resources' | 'timers' | 'fds'>

function handles(): Handles {
  const fds = existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : null
  return { resources: process.getActiveResourcesInfo().sort(), timers: timers.size, fds }
}

const countsOf = ({ resources, timers, fds }: Handles) => JSON.stringify([resources.length, timers, fds])

/** What is let go of may need a moment to be gone: a connection closes, a callback runs. What is held stays for longer. */
async function sample(uploads: number, before?: Handles): Promise<Sample> {
  await sleep(100)
  assert.ok(globalThis.gc, 'run it with --expose-gc')
  globalThis.gc()
  for (let look = 0; look < 20 && before && countsOf(handles()) !== countsOf(before); look++) await sleep(100)
  await sleep(10)
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return { uploads, heapUsed, external, ...handles() }
}

const endOf = (work: Promise<UploadResult>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => (error instanceof UploadError ? error.code : String(error)),
  )

const soaked: Soaked = {
  ...{ before: await sample(0), samples: [], warnings: [], ends: {}, withoutBytes: 0 },
  files: Object.fromEntries(
    [tiny, broken, large, { ...tiny, path: 'piped.png' }].map(({ path, sha256 }) => [basename(path), sha256]),
  ),
}
process.on('warning', ({ name, message }) => soaked.warnings.push(`${name}: ${message}`))
for (let done = 0; done < soak.uploads; ) {
  const [expected, begin] = turns[done % turns.length] ?? picture
  const end = await endOf(begin())
  assert.equal(end, expected, `upload ${done}`)
  soaked.ends[end] = (soaked.ends[end] ?? 0) + 1
  done++
  if (done >= soak.warmUp && (done - soak.warmUp) % soak.every === 0)
    soaked.samples.push(await sample(done, soaked.before))
}
process.stdout.write(JSON.stringify(soaked))
