/**
 * How long the command takes from its start to its end, beside a Node that does nothing: the version, the help, a small
 * picture to servers that answer at once.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Authority, makeAuthority } from '../helpers/authority.js'
import { bin, cleanEnv, envOf } from '../helpers/command.js'
import { pngBytes, testFile } from '../helpers/files.js'
import { type InstantScenario, instantScenario, roundTripsBeyond } from '../helpers/instant.js'
import { median } from './measure.js'
import type { Outcome, Section } from './section.js'

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

export const startUp: Section = {
  name: 'start-up',
  run: ({ short, say }) =>
    scoped(async (scope) => {
      const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-start-up-'))
      scope.after(() => rm(folder, { recursive: true, force: true }))
      const { path } = await testFile(folder, 'small.png', pngBytes(4_000_000))
      const uploadTo = (name: string, at: InstantScenario, env: NodeJS.ProcessEnv = {}): Candidate => ({
        ...{ name, args: [bin, path, '--kind', 'image'] },
        env: { ...envOf(at), HOME: folder, ...env },
      })
      const uploads = [uploadTo('upload', await instantScenario(scope)), ...(await overTls(scope, folder, uploadTo))]
      const rounds = short ? 11 : 31
      const times = await timesOf([bare, ...fronts, ...uploads], rounds, say)
      const counted = await instantScenario(scope)
      await wallMs(uploadTo('counted', counted))
      return outcomeOf(times, rounds, roundTripsBeyond(counted))
    }),
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

/** Each round runs all of them in turn, so that a busy moment of the machine is everybody's. */
async function timesOf(candidates: readonly Candidate[], rounds: number, say: (line: string) => void): Promise<Times> {
  const times = new Map(candidates.map(({ name }) => [name, [] as number[]]))
  for (let round = 1; round <= rounds; round++) {
    say(`start-up: round ${round} of ${rounds}`)
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

function outcomeOf(times: Times, rounds: number, roundTrips: number): Outcome {
  const bareMs = times.get(bare.name) ?? []
  const rows = [...times].map(([name, ms]) => ({
    ...{ name, ms: median(ms) },
    ratio: median(ms.map((each, round) => each / (bareMs[round] ?? 0))),
  }))
  const table = {
    title: `From start to end, medians of ${rounds} rounds; a small picture takes ${roundTrips} round trips beyond the ideal`,
    columns: ['', 'wall ms', `÷ ${bare.name}`],
    rows: rows.map(({ name, ms, ratio }) => [name, ms.toFixed(0), ratio.toFixed(2)]),
  }
  const own = rows.filter(({ name }) => name !== bare.name)
  const ratios = own.map(({ name, ratio }) => [`start-up: ${name} ÷ ${bare.name}`, ratio])
  return { tables: [table], figures: { ...Object.fromEntries(ratios), 'round trips beyond the ideal': roundTrips } }
}
