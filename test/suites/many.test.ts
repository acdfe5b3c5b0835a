/**
 * Many files in one run, as a folder of assets is published: what they cost in calls of the API, time, log and memory.
 *
 * 200 files whose imports take five seconds each, at the pace that the API documents, which takes about seven minutes;
 * 10,000 files for the memory. `SHORT=1` takes 40 and 1,500.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.js'
import type { RunOptions } from '../helpers/command.js'
import { pngBytes, tempFolder, testFile } from '../helpers/files.js'
import { command, linesOf } from '../helpers/scene.js'

const short = process.env.SHORT === '1'

interface Folder {
  folder: string
  names: string[]
}

async function folderOf(t: TestContext, count: number): Promise<Folder> {
  const folder = await tempFolder(t)
  await mkdir(join(folder, 'art'))
  const names = Array.from({ length: count }, (_, index) => `art/${String(index).padStart(5, '0')}.png`)
  for (const name of names) await testFile(folder, name, pngBytes(200))
  return { folder, names }
}

async function publish(
  sandbox: Sandbox,
  { folder, names }: Folder,
  words: readonly string[],
  { env }: RunOptions = {},
) {
  const startedAt = performance.now()
  const state = { XDG_STATE_HOME: join(folder, 'state') }
  const options = { cwd: folder, env: { ...state, ...env }, timeoutMs: 1_800_000 }
  const ended = await command(sandbox, ['-r', 'art', ...words], options)
  assert.equal(ended.code, 0, ended.stderr.slice(-2000))
  const idOf = new Map(sandbox.uploads().map(({ fileName, entityId }) => [`art/${fileName}`, entityId]))
  const expected = names.map((name) => idOf.get(name) ?? assert.fail(`${name} is not there`))
  assert.deepEqual(linesOf(ended.stdout), expected)
  return { seconds: (performance.now() - startedAt) / 1000, log: linesOf(ended.stderr), ended }
}

async function sandboxOf(t: TestContext, options: SandboxOptions): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return sandbox
}

const published = short ? 40 : 200
/** Alone, each would be asked for some nine times. The few that find out for the others weigh more among few. */
const mostCallsAFile = short ? 4 : 3.5

it(`${published} files are published at the API's pace, and not twice`, { timeout: 1_800_000 }, async (t) => {
  const sandbox = await sandboxOf(t, { validateMs: 1000, importMs: 4000 })
  const folder = await folderOf(t, published)
  const words = ['--manifest', 'uploads.jsonl']
  const { seconds, log } = await publish(sandbox, folder, words, { env: { CI: 'true' } })
  const calls = sandbox.requests().filter(({ door }) => door === 'api')
  // What goes out within a minute arrives within less where the machine stood still for a while after the first.
  const minuteMs = 57_000
  const minute = calls.map(({ at }) => calls.filter((other) => other.at >= at && other.at < at + minuteMs).length)
  // A hundred calls in each minute, and the last import.
  const ideal = 60 * Math.floor((calls.length - 1) / 100) + 5
  t.diagnostic(
    `${published} files: ${(calls.length / published).toFixed(2)} calls a file, at most ${Math.max(...minute)} a minute, ` +
      `${seconds.toFixed(0)} s (${(seconds / ideal).toFixed(2)} of the ideal), ${log.length} lines of log`,
  )
  assert.ok(calls.length / published <= mostCallsAFile, `${calls.length} calls`)
  assert.ok(Math.max(...minute) <= 100, `${Math.max(...minute)} calls in a minute`)
  // Room for a busy machine, and none for another minute.
  assert.ok(seconds <= 1.1 * ideal + 35, `${seconds} s, where ${ideal} s are the ideal`)
  assert.ok(log.length <= published + 10, log.join('\n'))

  const before = sandbox.requests().length
  const again = await publish(sandbox, folder, words, { env: { CI: 'true' } })
  t.diagnostic(`the same once more: ${sandbox.requests().length - before} requests, ${again.seconds.toFixed(1)} s`)
  assert.equal(sandbox.requests().length, before)
})

const [few, many] = short ? [300, 1500] : [300, 10_000]
/** What is known of a file and how it ended is held until all have; the code that is compiled meanwhile is in it, too. */
const mostKbAFile = 5

interface Held {
  /** Bytes of heap that were alive when all had ended. */
  held: number
  done: number
  peak: number
}

async function heldBy(t: TestContext, count: number): Promise<Held> {
  const { apiUrl, credentials } = await sandboxOf(t, { validateMs: 1, importMs: 1 })
  const { folder } = await folderOf(t, count)
  const options = { apiUrl, credentials, rpm: 10_000, stateFolder: join(folder, 'state') }
  const child = fileURLToPath(new URL('../helpers/heap-child.ts', import.meta.url))
  const args = ['--expose-gc', '--import', 'tsx', child, join(folder, 'art'), JSON.stringify(options)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const held: Held = JSON.parse(stdout)
  assert.equal(held.done, count)
  return held
}

it(`${many} files in one run hold no more than ${mostKbAFile} kB each`, { timeout: 3_600_000 }, async (t) => {
  const [small, large] = [await heldBy(t, few), await heldBy(t, many)]
  const each = (large.held - small.held) / (many - few) / 1024
  const mib = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`
  t.diagnostic(`${each.toFixed(1)} kB each; peak ${mib(small.peak)} for ${few}, ${mib(large.peak)} for ${many} files`)
  assert.ok(each <= mostKbAFile, `${each} kB each`)
})
