/** The README cannot drift: its tables are the code's, and its commands and examples run. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { access, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { errorTable } from '../src/errors.js'
import { startSandbox } from '../src/sandbox/index.js'
import { bin, cleanEnv, envOf } from './helpers/command.js'
import { asPrinted } from './helpers/doctor.js'
import { pngBytes, tempFolder } from './helpers/files.js'
import { onTerminal } from './helpers/pty.js'
import { readme, withTables } from './helpers/readme.js'
import { type Job, runJob, runScript, writeNpx } from './helpers/workflow.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = readme()
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

test('the option and error tables are those of the code (`npm run readme` writes them)', () => {
  assert.equal(text, withTables(text))
})

test('the set-up commands are scripts of the package', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const [setUp = ''] = blocks('console')
  const named = [...setUp.matchAll(/npm run (\S+)|npm (test)/g)].map(([, script, tested]) => script ?? tested)
  assert.deepEqual(named, ['demo', 'test'])
  for (const name of named) assert.ok(scripts[name ?? ''], `package.json has no script ${name}`)
})

test('each suite that is named is a script of the package, and each long one is named', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const named = new Set([...text.matchAll(/`(?:npm run )?(test:\w+)`/g)].map(([, name]) => name ?? ''))
  const there = Object.keys(scripts).filter((name) => name.startsWith('test:'))
  assert.deepEqual([...named].sort(), there.sort())
})

test('its pictures are there, small, and have no script, which would not be shown', async () => {
  const pictures = [...text.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, path = '']) => path)
  assert.equal(pictures.length, 2)
  for (const path of pictures) {
    const drawing = await readFile(join(root, path), 'utf8')
    assert.ok(drawing.startsWith('<svg ') && drawing.length < 30_000, path)
    assert.doesNotMatch(drawing, /<script|foreignObject|href/)
    assert.match(drawing, /total: 3 of 3 done/)
  }
})

test('each test that is named is there', async () => {
  for (const [, path = ''] of text.matchAll(/\]\((test\/[^)]+)\)/g)) await access(join(root, path))
})

/** A folder with what the examples name, and `scenario-upload` in the PATH. */
async function stage(t: Parameters<typeof tempFolder>[0]): Promise<{ folder: string; path: string }> {
  const folder = await tempFolder(t)
  const bins = join(folder, 'bins')
  await mkdir(join(folder, 'textures'))
  await mkdir(bins)
  await symlink(bin, join(bins, 'scenario-upload'))
  writeNpx(bins)
  await writeFile(join(folder, 'hero.png'), pngBytes(100_000))
  await writeFile(join(folder, 'theme.mp3'), Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\0'), Buffer.alloc(5000)]))
  await writeFile(join(folder, 'castle.glb'), Buffer.concat([Buffer.from('glTF\x02\0\0\0'), Buffer.alloc(5000)]))
  await writeFile(join(folder, 'dataset.zip'), Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(5000)]))
  await writeFile(join(folder, 'textures', 'wood.png'), pngBytes(5000))
  return { folder, path: `${bins}${delimiter}${process.env.PATH}` }
}

interface Shell {
  folder: string
  path: string
  env: Record<string, string>
}

function shell(script: string, { folder, path, env }: Shell) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...cleanEnv(env), PATH: path },
  })
  child.stdin.end()
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const seen = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      seen.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      seen.stderr += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...seen }))
  })
}

const has = (program: string) => spawnSync(program, ['--version']).error === undefined

for (const script of blocks('sh')) {
  const [first = ''] = script.split('\n')
  const missing = ['bash', 'jq', 'tar'].find(
    (program) => (program === 'bash' || script.includes(program)) && !has(program),
  )
  const skip = missing === undefined ? false : `${missing} is not installed here`
  test(`it runs as written: ${first}`, { skip }, async (t) => {
    const sandbox = await startSandbox({ validateMs: 20, importMs: 20 })
    t.after(() => sandbox.close())
    const { code, stdout, stderr } = await shell(script, { ...(await stage(t)), env: envOf(sandbox) })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^(the model is )?(asset|model)_\w+( textures\/wood\.png)?$/m)
  })
}

test('the doctor prints what is shown, and each check that is explained', async (t) => {
  const folder = await tempFolder(t)
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const env = { ...envOf(sandbox), XDG_STATE_HOME: join(folder, 'state'), TMPDIR: folder, NODE_EXTRA_CA_CERTS: '' }
  const terminal = onTerminal(t, ['doctor'], { cols: 120, env })
  assert.equal(await terminal.ended, 0)
  const printed = asPrinted(`${terminal.frame().lines.join('\n')}\n`, folder)
  const [, shown] = /^```\n\$ scenario-upload doctor\n(.*?)^```/ms.exec(text) ?? []
  assert.equal(shown, printed)
  const made = [...printed.matchAll(/^[✔✖] (\w+):/gm)].map(([, name]) => name)
  const [, table = ''] = /^\| check \|(.*?)\n\n/ms.exec(text) ?? []
  assert.deepEqual(
    [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name),
    made,
  )
})

test('the recipe for a folder says what failed, and ends with the exit code', async (t) => {
  if (!has('jq')) return t.skip('jq is not installed here')
  const script = blocks('sh').find((each) => each.includes('textures/*.png')) ?? ''
  const sandbox = await startSandbox({ validateMs: 20, importMs: 20 })
  t.after(() => sandbox.close())
  const { folder, path } = await stage(t)
  await writeFile(join(folder, 'textures', 'empty.png'), '')
  const { code, stdout, stderr } = await shell(script, { folder, path, env: envOf(sandbox) })
  assert.equal(code, 1, stderr)
  assert.match(stdout, /^asset_\w+ textures\/wood\.png\n$/)
  assert.match(stderr, /^textures\/empty\.png: .*empty/m)
})

test('the action is named in the version of the package', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  assert.deepEqual(
    [...text.matchAll(/actions\/upload@v(\S+)/g)].map(([, named]) => named),
    [version],
  )
})

const [byAction = '', byCommand = '', gitlab = ''] = blocks('yaml')

for (const [title, workflow] of Object.entries({ action: byAction, command: byCommand })) {
  test(`the workflow with the ${title} runs as written`, async (t) => {
    const sandbox = await startSandbox({ validateMs: 20, importMs: 20 })
    t.after(() => sandbox.close())
    const { folder, path } = await stage(t)
    const { SCENARIO_BASE_URL = '', ...secrets } = envOf(sandbox)
    const { jobs }: { jobs: Record<string, Job> } = parse(workflow)
    const ran = await runJob(jobs.publish ?? assert.fail(), { folder, env: { PATH: path, SCENARIO_BASE_URL }, secrets })
    assert.equal(ran.code, 0, ran.stderr)
    const ids = sandbox.uploads().map(({ entityId }) => entityId)
    assert.deepEqual(ran.outputs.ids?.split('\n').sort(), ids.sort())
    assert.equal(ids.length, 2)
    assert.ok(ran.stdout.endsWith(`${ran.outputs.ids}\n`), 'the step after it has the ids')
    assert.match(ran.summary, /^\| `hero\.png` \|/m)
  })
}

test('the job of GitLab runs as written, and tries again what is temporary', async (t) => {
  const sandbox = await startSandbox({ validateMs: 20, importMs: 20 })
  t.after(() => sandbox.close())
  const { folder, path } = await stage(t)
  const { 'publish-assets': job } = parse(gitlab)
  const env = { ...envOf(sandbox), PATH: path, GITHUB_ACTIONS: '' }
  const ran = await runScript(job.script.join('\n'), 'bash', { folder, env })
  assert.equal(ran.code, 0, ran.stderr)
  const [kept] = job.artifacts.paths
  assert.match(await readFile(join(folder, kept), 'utf8'), /^(asset_\w+\n){2}$/)
  assert.match(ran.stdout, /^(asset_\w+\n){2}$/)
  assert.equal(job.retry.exit_codes, errorTable.ERR_NETWORK.exitCode)
})

test('the example of the library runs as written', async (t) => {
  const [example = ''] = blocks('ts')
  const sandbox = await startSandbox({ validateMs: 20, importMs: 20 })
  t.after(() => sandbox.close())
  const { folder, path } = await stage(t)
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'scenario-upload'))
  // The address is the one thing that an example of the real service cannot say.
  const local = example.replace("kind: 'image',", `kind: 'image', apiUrl: ${JSON.stringify(sandbox.apiUrl)},`)
  await writeFile(join(folder, 'example.mts'), local)
  const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const ran = await shell(`exec "${process.execPath}" "${tsx}" example.mts`, { folder, path, env: envOf(sandbox) })
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stdout, /^asset_\w+ md5$/m)
  assert.match(ran.stderr, /^100000 of 100000 bytes$/m)
})

test('what the guide for contributors names is there', async () => {
  const guide = await readFile(join(root, '.github', 'CONTRIBUTING.md'), 'utf8')
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const named = [...guide.matchAll(/`(?:SHORT=1 )?(?:npm run )?(test:\w+)`|npm run ([\w:]+)/g)]
  const suites = new Set(named.map(([, suite, script]) => suite ?? script ?? ''))
  for (const name of suites) assert.ok(scripts[name], name)
  for (const name of Object.keys(scripts).filter((each) => each.startsWith('test:'))) assert.ok(suites.has(name), name)
  for (const [, path = ''] of guide.matchAll(/\]\(\.\.\/([^)#]+)/g)) await readFile(join(root, path))
})
