/**
 * What a run of the command loads: every file costs milliseconds before the first word.
 *
 * Scenes: the version · the help · an upload · what an upload loads once it is asked for.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { type Loading, loading } from './helpers/loaded.js'
import { assertAnswer } from './helpers/scene.js'
import { fakeScenario } from './helpers/servers.js'

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
      assert.deepEqual(run.files, ['bin/scenario-upload.js', 'dist/cli/io.js', 'dist/cli/main.js'])
    })
  }
})

describe('--help', () => {
  it('loads the parser and what the table of options needs, and no other package', async () => {
    const run = await loading(['--help'])
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(run.packages, ['commander'])
    const others = run.files.filter(
      (file) => !/^(?:bin|node_modules|dist\/(?:cli|core))\/|^dist\/errors\.js$/.test(file),
    )
    assert.deepEqual(others, [])
    assert.ok(run.files.length <= 22, `${run.files.length} files: ${run.files.join(' ')}`)
  })
})

/** What none of them loads who does not ask for it. */
const askedFor = [
  'dist/doctor/',
  'dist/sandbox/',
  'dist/cli/open-sandbox.js',
  'dist/cli/render/bar',
  'dist/cli/render/json.js',
  'dist/cli/render/quiet.js',
  'dist/cli/github/output.js',
  'dist/cli/github/summary.js',
  'dist/engine/follow.js',
  'dist/engine/register.js',
  'dist/sources/gate.js',
  'dist/sources/spool.js',
  'dist/sources/walk.js',
  'dist/state/manifest',
  'dist/state/unfinished.js',
  'dist/wire/tunnel-agent.js',
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
    const { files } = await upload(t, 'hero.png')
    assert.ok(files.includes('dist/engine/run.js'), 'it was looked at')
    assert.deepEqual(
      files.filter((file) => askedFor.some((start) => file.startsWith(start))),
      [],
    )
    const count = files.filter((file) => file.startsWith('dist/')).length
    assert.ok(count <= 150, `${count} files of our own`)
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
    assert.ok(files.includes('dist/state/manifest.js'))
  })

  it('loads no proxy agent for an API on this machine, whatever the environment says', async (t) => {
    const { packages } = await upload(t, 'hero.png', [], { HTTPS_PROXY: 'http://127.0.0.1:9' })
    assert.ok(!packages.includes('hpagent'))
  })
})
