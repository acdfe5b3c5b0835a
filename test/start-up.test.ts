/**
 * What a run of the command loads: every file costs milliseconds before the first word.
 *
 * Scenes: the version · the help · an upload · what an upload loads once it is asked for · an update in the middle of a run.
 */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { envOf, type RunOptions, run } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { type Loading, loading } from './helpers/loaded.js'
import { assertAnswer } from './helpers/scene.js'
import { fakeScenario, json, uploadId } from './helpers/servers.js'
import { namesIn, stateFolder } from './helpers/state-folder.js'

const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)
const own = Object.keys(dependencies)

/** Of the packages, those that are imported by us and not by one of them. */
const ours = ({ packages }: Loading) => packages.filter((name) => own.includes(name))

describe('--version', () => {
  for (const word of ['--version', '-V']) {
    it(`loads the way to it and nothing else (${word})`, async () => {
      const run = await loading([word])
      assert.equal(run.code, 0, run.stderr)
      assert.deepEqual(run.files, ['bin/scenario-upload.js', 'src/cli/io.ts', 'src/cli/main.ts', 'src/wire/version.ts'])
    })
  }
})

describe('--help', () => {
  it('loads the parser and what the table of options needs, and no other package', async () => {
    const run = await loading(['--help'])
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(run.packages, ['commander'])
    const others = run.files.filter(
      (file) => !/^(?:bin|node_modules|src\/(?:cli|core))\/|^src\/(?:errors|wire\/version)\.ts$/.test(file),
    )
    assert.deepEqual(others, [])
    assert.ok(run.scripts.length <= 12, `${run.scripts.length} files: ${run.scripts.join(' ')}`)
  })
})

/** What none of them loads who does not ask for it. */
const askedFor = [
  'src/doctor/',
  'src/sandbox/',
  'src/cli/open-sandbox.ts',
  'src/cli/render/bar',
  'src/cli/render/json.ts',
  'src/cli/render/quiet.ts',
  'src/cli/github/output.ts',
  'src/cli/github/summary.ts',
  'src/engine/follow.ts',
  'src/engine/register.ts',
  'src/sources/gate.ts',
  'src/sources/spool.ts',
  'src/sources/walk.ts',
  'src/state/manifest',
  'src/state/unfinished.ts',
  'src/wire/tunnel-agent.ts',
]

async function upload(t: TestContext, name: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const folder = await tempFolder(t)
  const { path } = await testFile(folder, name, pngBytes(5000))
  const fake = await fakeScenario(t)
  const run = await loading([path, '--kind', 'image', ...args], { env: { ...envOf(fake), ...env }, cwd: folder })
  assertAnswer(run, 'asset_test1\n')
  return run
}

describe('an upload', () => {
  it('loads of the packages only the parser, the HTTP client and the limiter', async (t) => {
    assert.deepEqual(ours(await upload(t, 'hero.png')), ['commander', 'got', 'p-limit'])
  })

  it('loads nothing that is there for other wishes', async (t) => {
    const { files, scripts } = await upload(t, 'hero.png')
    assert.ok(files.includes('src/engine/run.ts'), 'it was looked at')
    assert.deepEqual(
      files.filter((file) => askedFor.some((start) => file.startsWith(start))),
      [],
    )
    assert.ok(scripts.length <= 40, `${scripts.length} files: ${scripts.join(' ')}`)
  })

  const wishes: readonly [wish: string, name: string, args: string[], loads: string][] = [
    ['a media type that the vendor does not list', 'hero.bmp', ['--content-type', 'image/png'], 'mime-types'],
    ['patterns', 'hero.png', ['--include', '*.png'], 'picomatch'],
  ]
  for (const [wish, name, args, loads] of wishes) {
    it(`loads ${loads} for ${wish}`, async (t) => {
      assert.ok((await upload(t, name, args)).packages.includes(loads))
    })
  }

  it('loads the manifest where one is kept', async (t) => {
    const folder = await tempFolder(t)
    const { files } = await upload(t, 'hero.png', ['--manifest', join(folder, 'done.jsonl')])
    assert.ok(files.includes('src/state/manifest.ts'))
  })

  it('loads no proxy agent for an API on this machine, whatever the environment says', async (t) => {
    const { packages } = await upload(t, 'hero.png', [], { HTTPS_PROXY: 'http://127.0.0.1:9' })
    assert.ok(!packages.includes('hpagent'))
  })
})

/** A copy of the command, whose bundle is gone by the time the server is asked about an upload's end. */
async function updated(t: TestContext) {
  const folder = await tempFolder(t)
  const root = new URL('..', import.meta.url)
  for (const part of ['bin', 'dist/command', 'package.json'])
    cpSync(new URL(part, root), join(folder, 'command', part), { recursive: true })
  const looks = { isOver: true, isUpdated: false }
  const fake = await fakeScenario(t, {
    look: (response) => {
      if (looks.isUpdated) rmSync(join(folder, 'command/dist'), { recursive: true, force: true })
      const end = looks.isOver ? { status: 'imported', entityId: 'asset_test1' } : { status: 'validating' }
      json(response, 200, { upload: { id: uploadId, ...end } })
    },
  })
  for (const name of ['hero.png', 'wood.png']) await testFile(folder, name, pngBytes(500))
  const copy = join(folder, 'command/bin/scenario-upload.js')
  return {
    ...{ folder, looks },
    runs: (args: readonly string[], { env, ...options }: RunOptions = {}) =>
      run(args, { copy, cwd: folder, env: { ...envOf(fake), XDG_STATE_HOME: folder, ...env }, ...options }),
  }
}

describe('an update that replaces the files of the command in the middle of a run', () => {
  it('takes nothing from its end: the summary in GitHub Actions', async (t) => {
    const { folder, looks, runs } = await updated(t)
    looks.isUpdated = true
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'SUMMARY') }
    assertAnswer(await runs(['hero.png'], { env }), 'asset_test1\n')
    assert.match(readFileSync(join(folder, 'SUMMARY'), 'utf8'), /asset_test1/)
  })

  it('takes nothing from its end: what is remembered of an upload that was waited for is forgotten', async (t) => {
    const { folder, looks, runs } = await updated(t)
    const kept = () => namesIn(stateFolder(folder)).filter((name) => name.endsWith('.json'))
    looks.isOver = false
    assert.equal((await runs(['hero.png', '--timeout', '1s'])).code, 8)
    assert.equal(kept().length, 1)
    Object.assign(looks, { isOver: true, isUpdated: true })
    assertAnswer(await runs(['wait', uploadId]), 'asset_test1\n')
    assert.deepEqual(kept(), [])
  })

  it('takes nothing from its end: what the manifest has', async (t) => {
    const { looks, runs } = await updated(t)
    assertAnswer(await runs(['hero.png', '--manifest', 'done.jsonl']), 'asset_test1\n')
    looks.isUpdated = true
    const ended = await runs(['hero.png', 'wood.png', '--manifest', 'done.jsonl'])
    assertAnswer(ended, 'asset_test1\nasset_test1\n')
    assert.doesNotMatch(ended.stderr, /✖/)
  })
})
