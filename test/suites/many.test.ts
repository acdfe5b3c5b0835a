/**
 * Thousands of files in one run: what each costs in memory, and that the answers keep their order.
 *
 * 10,000 files; `SHORT=1` takes 1,500.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/index.js'
import { pngBytes, tempFolder, testFile } from '../helpers/files.js'
import { command, linesOf } from '../helpers/scene.js'

const few = 500
const many = process.env.SHORT ? 1500 : 10_000
/** What is known of a file and how it ended; all else is let go of. */
const mostKbAFile = 8

/** Writes the peak of the process's memory, in kB, where the variable says. */
const peak = `data:text/javascript,import{writeFileSync}from"node:fs";process.on("exit",()=>writeFileSync(process.env.PEAK_FILE,String(process.resourceUsage().maxRSS)))`

async function upload(t: TestContext, count: number) {
  const sandbox = await startSandbox({ validateMs: 1, importMs: 1 })
  const folder = await tempFolder(t)
  const peakFile = join(folder, 'peak')
  const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(5, '0')}.png`)
  for (const name of names) await testFile(folder, name, pngBytes(200))
  const env = { NODE_OPTIONS: `--import=${peak}`, PEAK_FILE: peakFile, XDG_STATE_HOME: join(folder, 'state') }
  const ended = await command(sandbox, [...names, '--rpm', '10000'], { cwd: folder, env, timeoutMs: 1_800_000 })
  assert.equal(ended.code, 0, ended.stderr.slice(-2000))
  const idOf = new Map(sandbox.uploads().map(({ fileName, entityId }) => [fileName, entityId]))
  assert.deepEqual(
    linesOf(ended.stdout),
    names.map((name) => idOf.get(name)),
  )
  await sandbox.close()
  return { kb: Number(await readFile(peakFile, 'utf8')), lines: linesOf(ended.stderr).length }
}

it(`${many} files take no more than ${mostKbAFile} kB each`, { timeout: 3_600_000 }, async (t) => {
  const [small, large] = [await upload(t, few), await upload(t, many)]
  const each = (large.kb - small.kb) / (many - few)
  t.diagnostic(
    `peak ${Math.round(small.kb / 1024)} MiB for ${few}, ${Math.round(large.kb / 1024)} MiB for ${many}: ${each.toFixed(1)} kB each`,
  )
  assert.ok(each <= mostKbAFile, `${each} kB each`)
  assert.ok(large.lines < many + 20, `${large.lines} lines of log`)
})
