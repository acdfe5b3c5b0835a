/**
 * How long the command takes from its start to its end, beside a Node that does nothing: the version, the help, a small
 * picture to servers that answer at once. Alone, after a build: `node --import tsx test/bench/start-up.ts [rounds]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Authority, makeAuthority } from '../helpers/authority.js'
import { bin, cleanEnv, envOf } from '../helpers/command.js'
import { pngBytes, testFile } from '../helpers/files.js'
import { type InstantScenario, instantScenario, roundTripsBeyond } from '../helpers/instant.js'

export interface StartUpRow {
  name: string
  /** Of the wall clock; null for what is no time. */
  medianMs: number | null
  /** To the bare Node of the same rounds; of the round trips, how many there were beyond the ideal. */
  ratio: number
}

interface Candidate {
  name: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
}

/** What a test has in its place: what is opened is closed again at the end. */
interface Scope {
  after(action: () => unknown): void
}

const bare: Candidate = { name: 'bare node', args: ['-e', '0'] }
const fronts: readonly Candidate[] = [
  { name: '--version', args: [bin, '--version'] },
  { name: '--help', args: [bin, '--help'] },
]

/** Each round runs all of them in turn, so that a busy moment of the machine is everybody's. */
export function measureStartUp(rounds: number): Promise<StartUpRow[]> {
  return scoped(async (scope) => {
    const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-start-up-'))
    scope.after(() => rm(folder, { recursive: true, force: true }))
    const { path } = await testFile(folder, 'small.png', pngBytes(4_000_000))
    const uploadTo = (name: string, at: InstantScenario, env: NodeJS.ProcessEnv = {}): Candidate => ({
      ...{ name, args: [bin, path, '--kind', 'image'] },
      env: { ...envOf(at), HOME: folder, ...env },
    })
    const uploads = [uploadTo('upload', await instantScenario(scope)), ...(await overTls(scope, folder, uploadTo))]
    const times = await timesOf([bare, ...fronts, ...uploads], rounds)
    const counted = await instantScenario(scope)
    await wallMs(uploadTo('counted', counted))
    const trips = { name: 'round trips beyond the ideal', medianMs: null, ratio: roundTripsBeyond(counted) }
    return [...rowsOf(times), trips]
  })
}

async function scoped<Value>(work: (scope: Scope) => Promise<Value>): Promise<Value> {
  const actions: (() => unknown)[] = []
  try {
    return await work({ after: (action) => void actions.push(action) })
  } finally {
    for (const action of actions.reverse()) await action()
  }
}

/** An authority of its own has Node read all others at its start, as it would at the first connection otherwise. */
async function overTls(
  scope: Scope,
  folder: string,
  uploadTo: (name: string, at: InstantScenario, env: NodeJS.ProcessEnv) => Candidate,
): Promise<Candidate[]> {
  const authority: Authority | null = makeAuthority(folder)
  if (!authority) return []
  const there = await instantScenario(scope, { pair: authority.good })
  return [uploadTo('upload over TLS', there, { NODE_EXTRA_CA_CERTS: authority.file })]
}

type Times = ReadonlyMap<string, readonly number[]>

async function timesOf(candidates: readonly Candidate[], rounds: number): Promise<Times> {
  const times = new Map(candidates.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const each of candidates) times.get(each.name)?.push(await wallMs(each))
  }
  return times
}

/** What it says goes into pipes, as in a script. */
async function wallMs({ name, args, env }: Candidate): Promise<number> {
  // It would cost each start as much as Node itself.
  const all = { ...cleanEnv(), NODE_EXTRA_CA_CERTS: undefined, ...env }
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { env: all, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit').then(([code]) => ({ code, tookMs: performance.now() - startedAt }))
  const [{ code, tookMs }, said] = await Promise.all([ended, text(child.stderr), text(child.stdout)])
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${said}`)
  return tookMs
}

function rowsOf(times: Times): StartUpRow[] {
  const bareMs = median(times.get(bare.name) ?? [])
  return [...times].map(([name, ms]) => ({ name, medianMs: median(ms), ratio: median(ms) / bareMs }))
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, medianMs, ratio } of await measureStartUp(Number(process.argv[2] ?? 15))) {
    const time = medianMs === null ? '' : `${Math.round(medianMs)} ms`
    console.log(`${name.padEnd(30)}${time.padStart(8)}${ratio.toFixed(2).padStart(8)}`)
  }
}
