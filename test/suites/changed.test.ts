/**
 * A file that changes while it is being sent, in thirteen ways: the server has the bytes of one state that the file
 * really had, or the upload is not completed. `SHORT=1` tries each once, through the command; the long form goes on
 * with random instants and places. A run that failed is had again with its SEED.
 */
import assert from 'node:assert/strict'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { UploadError, upload } from '../../src/index.js'
import type { RecordedRequest, Sandbox, SandboxRequest } from '../../src/sandbox/index.js'
import { type Chance, chanceOf, seed } from '../helpers/chance.js'
import { pngBytes, sha256, tempFolder, testFile } from '../helpers/files.js'
import { command, MiB, sandboxFor } from '../helpers/scene.js'
import {
  append,
  type Change,
  chmod,
  hardLink,
  mmapWrite,
  noMmap,
  renameOver,
  rewrite,
  rewriteSecretly,
  swapLink,
  touch,
  truncate,
  unlink,
} from './changes.js'

const runs = process.env.SHORT === '1' ? 1 : 20
const parts = 3
const size = (parts - 1) * 5 * MiB + 1000
const figures = { runs: 0, refused: 0, whole: 0, mixed: 0, startedAt: performance.now() }

after(() => {
  const seconds = Math.round((performance.now() - figures.startedAt) / 1000)
  const { runs, refused, whole, mixed } = figures
  console.log(`changed: ${runs} runs, ${refused} refused, ${whole} whole, ${mixed} mixed, seed ${seed}, ${seconds} s`)
})

interface Scene {
  folder: string
  path: string
  /** The SHA-256 of each state that the file has had. */
  states: string[]
  chance: Chance
}

/** Its pages are clean and its times are older than any change: on some file systems the clock is a coarse one. */
async function atRest(path: string): Promise<void> {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
  await sleep(20)
}

/** `stream` names what chance it has: the same seed draws the same for it, whatever else is run. */
async function sceneOf(t: TestContext, stream: string): Promise<Scene> {
  const folder = await tempFolder(t)
  const { path, sha256 } = await testFile(folder, 'hero.png', pngBytes(size))
  await atRest(path)
  return { folder, path, states: [sha256], chance: chanceOf(stream) }
}

function make(change: Change, { path, states, chance }: Scene): void {
  change(path, chance)
  if (existsSync(path)) states.push(sha256(readFileSync(path)))
}

interface Ended {
  code: number | null
  /** The sentence of its failure, and the details that `--verbose` tells. */
  said: string
}

interface Wish {
  concurrency: number
  verify: boolean
}

async function byCommand(sandbox: Sandbox, { path, folder }: Scene, { concurrency, verify }: Wish): Promise<Ended> {
  const how = ['--part-size', '5MiB', '--concurrency', String(concurrency), ...(verify ? [] : ['--no-verify'])]
  const env = { XDG_STATE_HOME: join(folder, 'state') }
  const { code, stderr } = await command(sandbox, [path, '--verbose', ...how], { env })
  return { code, said: stderr }
}

async function byLibrary(
  { apiUrl, credentials }: Sandbox,
  { path, folder }: Scene,
  wish: Wish,
  onDetail: (message: string) => void = () => {},
): Promise<Ended> {
  const said: string[] = []
  try {
    await upload(path, {
      ...{ apiUrl, credentials, partSize: 5 * MiB, ...wish, stateFolder: join(folder, 'state') },
      onEvent: (event) => {
        if (event.event !== 'detail') return
        said.push(event.message)
        onDetail(event.message)
      },
    })
    return { code: 0, said: said.join('\n') }
  } catch (error) {
    assert.ok(error instanceof UploadError, String(error))
    return { code: error.exitCode, said: [...said, error.message].join('\n') }
  }
}

type End = 'refused' | 'whole'

/** Never mixed: what the server holds is asked, not what the tool says. */
function judge(sandbox: Sandbox, { states }: Scene, { code, said }: Ended): End {
  const completed = sandbox.uploads().filter(({ status }) => status !== 'pending')
  figures.runs++
  if (code === 3) {
    assert.deepEqual(completed, [], said)
    assert.deepEqual(callsOf(sandbox, 'complete'), [], said)
    figures.refused++
    return 'refused'
  }
  assert.equal(code, 0, said)
  assert.equal(completed.length, 1)
  const isWhole = states.includes(completed[0]?.sha256 ?? '')
  figures[isWhole ? 'whole' : 'mixed']++
  assert.ok(isWhole, `mixed bytes were completed; ${said}`)
  return 'whole'
}

const callsOf = (sandbox: Sandbox, call: RecordedRequest['call']) =>
  sandbox.requests().filter((request) => request.call === call)

interface Instant {
  call: 'create' | 'put' | 'complete'
  partNumber?: number
  /** Milliseconds after the request came; it is answered later than that. */
  afterMs: number
}

const secondPart: Instant = { call: 'put', partNumber: 2, afterMs: 0 }

function anyInstant(chance: Chance): Instant {
  const call = chance.pick(['create', 'put', 'put', 'put', 'complete'] as const)
  return call === 'put'
    ? { call, partNumber: 1 + chance.below(parts), afterMs: chance.below(40) }
    : { call, afterMs: 0 }
}

/** A sandbox that makes the change at that instant, once. */
function sandboxAt(t: TestContext, { call, partNumber, afterMs }: Instant, change: () => void): Promise<Sandbox> {
  const left = [change]
  const isNow = (request: SandboxRequest) => request.call === call && request.partNumber === partNumber
  return sandboxFor(t, {
    fault: (request) => {
      const now = isNow(request) ? left.pop() : undefined
      if (!now) return undefined
      if (afterMs === 0) now()
      else setTimeout(now, afterMs)
      return { kind: 'delay', ms: afterMs + 20 }
    },
  })
}

interface Way {
  name: string
  change: Change
  end: End
  says: RegExp
  /** A link stands before the file. */
  linked?: true
}

const iso = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
const sentence = (how: string) => new RegExp(`changed while it was being sent: ${how}$`, 'm')
const mtime = `its mtime went from ${iso} to ${iso}`
const mtimeMoved = sentence(mtime)
/** The system moves one after the other: who looks just then sees only one of them. */
const sizeMoved = sentence(`(its size went from ${size} to \\d+ bytes(, ${mtime})?|${mtime})`)
const replaced = /changed while it was being sent: another file took its name/
const readAgain = /was touched: its parts are read again/

const ways: readonly Way[] = [
  { name: 'is cut off', change: truncate, end: 'refused', says: sizeMoved },
  { name: 'grows', change: append, end: 'refused', says: sizeMoved },
  { name: 'is rewritten in place', change: rewrite, end: 'refused', says: mtimeMoved },
  { name: 'has another renamed over it', change: renameOver, end: 'refused', says: replaced },
  { name: 'is deleted', change: unlink, end: 'whole', says: readAgain },
  { name: 'is written to through a map', change: mmapWrite, end: 'refused', says: mtimeMoved },
  { name: 'is touched', change: touch, end: 'refused', says: mtimeMoved },
  { name: 'gets another mode', change: chmod, end: 'whole', says: readAgain },
  { name: 'is a link that is pointed elsewhere', change: swapLink, end: 'refused', says: replaced, linked: true },
  { name: 'gets a second link', change: hardLink, end: 'whole', says: readAgain },
]

/** The link has the file's name, and the file another. */
function putLink({ path }: Scene): void {
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
}

/** Where it cannot be tried, the scene says why, and nothing is claimed. */
async function cannot(t: TestContext, { change }: Way, { folder, chance }: Scene): Promise<boolean> {
  if (change !== mmapWrite) return false
  const { path } = await testFile(folder, 'probe', pngBytes(MiB))
  await atRest(path)
  const why = noMmap(path, chance)
  if (why) t.skip(why)
  return why !== null
}

/** The first through the command, at a known instant; the others as chance has it. */
async function tryWay(t: TestContext, way: Way, run: number, verify: boolean): Promise<void> {
  const first = run === 1
  const scene = await sceneOf(t, `${way.name} ${run} ${verify}`)
  if (way.linked) putLink(scene)
  if (await cannot(t, way, scene)) return
  const at = first ? secondPart : anyInstant(scene.chance)
  const sandbox = await sandboxAt(t, at, () => make(way.change, scene))
  const wish = { concurrency: first ? 1 : 1 + scene.chance.below(parts), verify }
  const ended = await (first ? byCommand : byLibrary)(sandbox, scene, wish)
  const end = judge(sandbox, scene, ended)
  // After the last look at the file, what happens to it is no matter any more.
  if (at.call === 'complete') return assert.equal(end, 'whole')
  assert.equal(end, verify ? way.end : 'refused', ended.said)
  assert.match(ended.said, verify ? way.says : /no MD5s were kept to compare/)
}

for (const way of ways) {
  describe(`a file that ${way.name} while it is being sent`, () => {
    for (let run = 1; run <= runs; run++) {
      const title = way.end === 'refused' ? 'is never completed' : 'goes through, in the state in which it was found'
      it(`${title} (${run})`, (t) => tryWay(t, way, run, true))
      if (way.end === 'refused') continue
      it(`is taken for changed with --no-verify (${run})`, (t) => tryWay(t, way, run, false))
    }
  })
}

const anyChange = [truncate, append, rewrite, renameOver, touch] as const

describe('a file that changes between two parts', () => {
  for (let run = 1; run <= runs; run++) {
    it(`is not sent any further (${run})`, async (t) => {
      const scene = await sceneOf(t, `between parts ${run}`)
      const sandbox = await sandboxFor(t)
      const last = 1 + scene.chance.below(parts - 1)
      const change = scene.chance.pick(anyChange)
      const ended = await byLibrary(sandbox, scene, { concurrency: 1, verify: true }, (message) => {
        if (message === `part ${last} of ${parts} is in the storage`) make(change, scene)
      })
      assert.equal(judge(sandbox, scene, ended), 'refused')
      assert.equal(callsOf(sandbox, 'put').length, last)
    })
  }
})

describe('a file that changes during its last part', () => {
  for (let run = 1; run <= runs; run++) {
    it(`is never completed (${run})`, async (t) => {
      const scene = await sceneOf(t, `last part ${run}`)
      const change = run === 1 ? rewrite : scene.chance.pick(anyChange)
      const afterMs = run === 1 ? 0 : scene.chance.below(40)
      const at: Instant = { call: 'put', partNumber: parts, afterMs }
      const sandbox = await sandboxAt(t, at, () => make(change, scene))
      const ended = await (run === 1 ? byCommand : byLibrary)(sandbox, scene, { concurrency: 1, verify: true })
      assert.equal(judge(sandbox, scene, ended), 'refused')
      assert.equal(callsOf(sandbox, 'put').length, parts)
    })
  }
})

/** What the second run does: sends all of the file as it is now, or only what the server does not have. */
const meanwhile: readonly (readonly [change: Change, then: 'afresh' | 'goes on', says: RegExp])[] = [
  [rewrite, 'afresh', /its mtime went from .* to .*\): beginning afresh/],
  [append, 'afresh', new RegExp(`its size went from ${size} to \\d+ bytes.*: beginning afresh`)],
  [truncate, 'afresh', new RegExp(`its size went from ${size} to \\d+ bytes.*: beginning afresh`)],
  [renameOver, 'afresh', /its mtime went from .* to .*\): beginning afresh/],
  [rewriteSecretly(1000, 5 * MiB), 'afresh', /part 1 has other bytes now\): beginning afresh/],
  [rewriteSecretly(size - 100, 100), 'goes on', /read again, to see that they are the same/],
  [chmod, 'goes on', /read again, to see that they are the same/],
]

describe('a file that changes between a kill and the next run', () => {
  for (let run = 1; run <= runs; run++) {
    it(`is sent as it is now (${run})`, async (t) => {
      const scene = await sceneOf(t, `kill ${run}`)
      const [change, then, says] = meanwhile[(run - 1) % meanwhile.length] ?? meanwhile[0] ?? assert.fail()
      const sent = 1 + scene.chance.below(parts - 1)
      const sandbox = await killedAfter(t, scene, sent)
      make(change, scene)
      const before = callsOf(sandbox, 'put').length
      const ended = await byCommand(sandbox, scene, { concurrency: 1, verify: true })
      assert.equal(judge(sandbox, scene, ended), 'whole')
      assert.match(ended.said, says)
      assert.equal(sandbox.uploads().find(({ status }) => status !== 'pending')?.sha256, scene.states.at(-1))
      const missing = then === 'afresh' ? Math.ceil(statSync(scene.path).size / (5 * MiB)) : parts - sent
      assert.equal(callsOf(sandbox, 'put').length - before, missing, ended.said)
    })
  }
})

/** A run that was killed when its next part had begun. */
async function killedAfter(t: TestContext, { path, folder }: Scene, sent: number): Promise<Sandbox> {
  const running: { kill: (() => void) | undefined } = { kill: undefined }
  const sandbox = await sandboxFor(t, {
    fault: ({ call, partNumber }) => {
      if (call !== 'put' || partNumber !== sent + 1 || !running.kill) return undefined
      running.kill()
      running.kill = undefined
      return { kind: 'silent' }
    },
  })
  const ended = await command(sandbox, [path, '--part-size', '5MiB', '--concurrency', '1'], {
    env: { XDG_STATE_HOME: join(folder, 'state') },
    onStart: (child) => {
      running.kill = () => child.kill('SIGKILL')
    },
  })
  assert.equal(ended.signal, 'SIGKILL', ended.stderr)
  return sandbox
}
