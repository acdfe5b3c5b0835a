/**
 * Uploads that are killed with SIGKILL at random instants, up to five times each, and then run to their end.
 *
 * SHORT=1 takes 25 of them instead of 500; KILL_SEED replays the draws of an earlier run, and KILL_ONLY one upload of it.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import pLimit from 'p-limit'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js'
import type { Run } from '../helpers/command.js'
import { pngBytes, type TestFile, tempFolder, testFile } from '../helpers/files.js'
import { type Phase, phaseOf, phases, sentForNothing } from '../helpers/kills.js'
import { command, documentOf, MiB } from '../helpers/scene.js'
import { assertNothingSecret, namesIn, stateFiles, stateFolder } from '../helpers/state-folder.js'

const short = process.env.SHORT === '1'
const seed = Number(process.env.KILL_SEED || randomInt(2 ** 31))
const numbers = process.env.KILL_ONLY
  ? [Number(process.env.KILL_ONLY)]
  : Array.from({ length: short ? 25 : 500 }, (_, index) => index)
const atOnce = 2

/** The last part is short wherever there are several: that is how files are. */
const shapes = [
  { size: 300_000, parts: 1 },
  { size: 13 * MiB, parts: 2 },
  { size: 24 * MiB, parts: 5 },
  { size: 36 * MiB + 1, parts: 8 },
] as const

type Chance = (least: number, most: number) => number

/** Mulberry32: the same seed draws the same whole numbers, both ends included. */
function chanceFrom(start: number): Chance {
  const state = { now: start }
  return (least, most) => {
    state.now = (state.now + 0x6d2b79f5) | 0
    const first = Math.imul(state.now ^ (state.now >>> 15), 1 | state.now)
    const second = (first + Math.imul(first ^ (first >>> 7), 61 | first)) ^ first
    return least + Math.floor((((second ^ (second >>> 14)) >>> 0) / 2 ** 32) * (most - least + 1))
  }
}

interface Scene {
  chance: Chance
  file: TestFile
  parts: number
  concurrency: number
  home: string
  sandbox: Sandbox
  /** Calls this at every request. */
  watch: { onRequest: () => void }
  /** The place of each run's first request. */
  begins: number[]
  fell: Phase[]
  /** State files that were read at the kills. */
  read: number
}

/** A sandbox for itself, slow enough for every step to last, and a state folder for itself. */
async function withScene(number: number, files: readonly TestFile[], act: (scene: Scene) => Promise<Figures>) {
  const chance = chanceFrom(seed + number * 7919)
  const at = chance(0, shapes.length - 1)
  const [shape, file] = [shapes[at], files[at]]
  assert.ok(shape && file)
  const watch = { onRequest: () => {} }
  const ms = chance(1, 60)
  const fault = () => {
    watch.onRequest()
    return { kind: 'delay', ms } as const
  }
  const sandbox = await startSandbox({ fault, validateMs: chance(1, 400), importMs: 1 })
  const home = await mkdtemp(join(tmpdir(), 'scenario-upload-kill-'))
  const concurrency = chance(1, 4)
  const drawn = { chance, file, parts: shape.parts, concurrency }
  try {
    return await act({ ...drawn, home, sandbox, watch, begins: [], fell: [], read: 0 })
  } finally {
    await sandbox.close()
    await rm(home, { recursive: true, force: true })
  }
}

/** One run of the command, the same each time; `onStart` may kill it. */
function uploading({ file, concurrency, home, sandbox, begins }: Scene, onStart: (child: ChildProcess) => void) {
  begins.push(sandbox.requests().length)
  const args = [file.path, '--part-size', '5MiB', '--concurrency', String(concurrency), '--json']
  return command(sandbox, args, { env: { XDG_STATE_HOME: home }, timeoutMs: 180_000, onStart })
}

/** Kills it some milliseconds after its start, one of the requests that are still to come, or its answer. Null: it was quicker. */
async function killed(scene: Scene): Promise<Run | null> {
  const { chance, parts, sandbox, watch, fell, begins } = scene
  const there = Math.max(0, ...sandbox.uploads().map((upload) => upload.parts.length))
  const nth = chance(0, parts - there + 4)
  const delayMs = nth === 0 ? chance(0, 700) : chance(0, chance(0, 1) === 0 ? 25 : 200)
  const state: { seen: number; phase: Phase | null } = { seen: 0, phase: null }
  const ended = await uploading(scene, (child) => {
    const kill = () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      state.phase = phaseOf(sandbox, sandbox.requests().slice(begins.at(-1)))
      child.kill('SIGKILL')
    }
    if (nth === 0) setTimeout(kill, delayMs)
    if (nth > parts - there + 3) child.stdout?.once('data', () => setTimeout(kill, delayMs / 10))
    watch.onRequest = () => {
      if (++state.seen === nth) setTimeout(kill, delayMs)
    }
  })
  watch.onRequest = () => {}
  if (ended.signal !== 'SIGKILL') return fine(ended, scene)
  assert.ok(state.phase, 'it hung, and was killed for that')
  fell.push(ended.stdout === '' ? state.phase : 'answered')
  return ended
}

/** One that was not killed ends well. */
function fine(ended: Run, scene: Scene): null {
  assert.equal(ended.code, 0, `${ended.signal} ${ended.stdout}${ended.stderr}`)
  checkAnswer(ended, scene)
  return null
}

function checkAnswer(ended: Run, { sandbox, file }: Scene): void {
  const { ok, upload } = documentOf(ended)
  const held = sandbox.uploads().filter(({ sha256 }) => sha256 !== null)
  assert.equal(held.length, 1, `completed: ${held.length}`)
  assert.equal(held[0]?.sha256, file.sha256)
  assert.deepEqual([ok, upload.error, upload.uploadId, upload.entityId], [true, null, held[0]?.id, held[0]?.entityId])
  assert.equal(upload.verified, 'md5')
}

interface Figures {
  kills: Phase[]
  twice: number[]
  orphans: number
  read: number
  resumed: boolean
}

/** The answer may be out at a kill: then nothing is left to be done, unless the state is still there. */
async function killAndFinish(scene: Scene): Promise<Figures> {
  const { chance, home, sandbox, concurrency, fell, begins } = scene
  for (const _ of Array.from({ length: chance(1, 5) })) {
    const ended = await killed(scene)
    if (!ended) return figures(scene)
    const files = stateFiles(home)
    scene.read += Object.keys(files).length
    assertNothingSecret(files, sandbox.credentials)
    if (ended.stdout === '') continue
    checkAnswer(ended, scene)
    if (namesIn(stateFolder(home)).length === 0) return figures(scene)
  }
  fine(await uploading(scene, () => {}), scene)
  return figures(scene)

  function figures({ read }: Scene): Figures {
    const requests = sandbox.requests()
    const [done, orphans] = [true, false].map((is) =>
      sandbox.uploads().filter(({ sha256 }) => is === (sha256 !== null)),
    )
    assert.deepEqual(namesIn(stateFolder(home)), [], 'left in the state folder')
    for (const { id, status } of orphans ?? []) {
      assert.equal(status, 'pending')
      // What was begun is kept before the first part is sent: no kill after that brings a new upload.
      assert.ok(
        !requests.some(({ call, uploadId }) => call === 'put' && uploadId === id),
        `parts were sent to orphan ${id}`,
      )
    }
    const twice = sentForNothing(requests, begins)
    const costs = twice.slice(0, fell.length)
    assert.ok(Math.max(0, ...costs) <= concurrency, `parts sent twice for each kill: ${costs}, ${concurrency} at once`)
    assert.deepEqual(
      twice.slice(fell.length),
      twice.slice(fell.length).map(() => 0),
      'sent twice without a kill',
    )
    const resumed = requests.some(
      ({ call, uploadId }, at) => call === 'get' && uploadId === done?.[0]?.id && begins.slice(1).includes(at),
    )
    return { kills: fell, twice: costs, orphans: orphans?.length ?? 0, read, resumed }
  }
}

it(`${numbers.length} uploads, killed at random instants (KILL_SEED=${seed}), end with the right bytes, once`, async (t) => {
  const begun = performance.now()
  const folder = await tempFolder(t)
  const files = await Promise.all(shapes.map(({ size }, at) => testFile(folder, `${at}.png`, pngBytes(size))))
  const limit = pLimit(atOnce)
  const failures: string[] = []
  const all = await Promise.all(
    numbers.map((number) =>
      limit(async () =>
        withScene(number, files, killAndFinish).catch((error: unknown) => {
          failures.push(`KILL_SEED=${seed} KILL_ONLY=${number}: ${error}`)
          return null
        }),
      ),
    ),
  )
  const ended = all.filter((each) => each !== null)
  const kills = ended.flatMap((each) => each.kills)
  const twice = ended.flatMap((each) => each.twice)
  const fell = phases.map((phase) => [phase, kills.filter((each) => each === phase).length] as const)
  const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0)
  t.diagnostic(
    `kill: ${ended.length} uploads, ${kills.length} kills (${fell.map((pair) => pair.join(' ')).join(', ')}), ` +
      `${sum(twice)} parts sent twice, at most ${Math.max(0, ...twice)} in one kill, ` +
      `${sum(ended.map(({ orphans }) => orphans))} orphans, ${Math.round((performance.now() - begun) / 1000)} s`,
  )
  assert.deepEqual(failures, [])
  if (process.env.KILL_ONLY) return
  // Without these the rest would prove nothing.
  assert.ok(kills.length >= numbers.length && sum(ended.map(({ read }) => read)) > kills.length / 2)
  assert.ok(ended.filter(({ resumed }) => resumed).length > numbers.length / 4)
  assert.deepEqual(short ? [] : fell.filter(([, count]) => count === 0), [], 'a phase in which no kill fell')
})
