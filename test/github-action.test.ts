/**
 * The action for workflows, run as the runner does it: its inputs as variables, its script in bash, its outputs in a file.
 *
 * Scenes: what it uploads and hands on · which words the command gets · which command it runs · failures · secrets ·
 * a workflow that is cancelled · what its description and its README say.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { bin, envOf } from './helpers/command.js'
import { pngBytes, sha256, tempFolder } from './helpers/files.js'
import { linesOf, promised, reached, sandboxFor } from './helpers/scene.js'
import { fakeScenario } from './helpers/servers.js'
import { action, runAction, runSteps, type Step, type Workspace, writeNpx, writeProgram } from './helpers/workflow.js'

const folderOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const actionFolder = folderOf('../.github/actions/upload')
const script = join(actionFolder, 'upload.sh')
const readme = readFileSync(join(actionFolder, 'README.md'), 'utf8')
const manifest: { version: string } = JSON.parse(readFileSync(folderOf('../package.json'), 'utf8'))
const has = (program: string) => spawnSync(program, ['--version']).error === undefined
const skip = has('bash') ? false : 'bash is not installed here'

/** A checkout with two pictures, one of which has blanks in its name, and `scenario-upload` installed. */
async function checkout(t: TestContext, env: Record<string, string>): Promise<Workspace & { bins: string }> {
  const folder = await tempFolder(t)
  const bins = join(folder, 'bins')
  mkdirSync(bins)
  mkdirSync(join(folder, 'textures'))
  symlinkSync(bin, join(bins, 'scenario-upload'))
  writeFileSync(join(folder, 'hero.png'), pngBytes(600))
  writeFileSync(join(folder, 'textures', 'old  wood.png'), pngBytes(700))
  writeFileSync(join(folder, 'empty.png'), '')
  const path = `${bins}${delimiter}${process.env.PATH}`
  return { folder, bins, env: { ...env, PATH: path, XDG_STATE_HOME: join(folder, 'state') } }
}

async function stage(t: TestContext) {
  const sandbox = await sandboxFor(t)
  return { sandbox, at: await checkout(t, envOf(sandbox)) }
}

/** What the command was given, instead of its work. */
async function wordsFor(t: TestContext, inputs: Record<string, string>, env: Record<string, string> = {}) {
  const at = await checkout(t, env)
  const told = join(at.folder, 'told')
  writeProgram(at.bins, 'recorder', `printf '%s\\n' "$@" >"${told}"; env >"${told}.env"; echo '{"uploads":[]}'`)
  symlinkSync(join(at.bins, 'recorder'), join(at.bins, 'npx'))
  const ran = await runAction({ version: '1.2.3', source: 'hero.png', ...inputs }, at)
  assert.equal(ran.code, 0, ran.stderr)
  return { words: linesOf(readFileSync(told, 'utf8')), env: readFileSync(`${told}.env`, 'utf8') }
}

describe('the action', { concurrency: 2, skip }, () => {
  it('uploads each line of its source, and hands on the ids in the order given', async (t) => {
    const { sandbox, at } = await stage(t)
    const ran = await runAction({ source: 'textures/old  wood.png\r\n\nhero.png\n' }, at)
    assert.equal(ran.code, 0, ran.stderr)
    const sums = new Map(sandbox.uploads().map(({ entityId, sha256 }) => [entityId, sha256]))
    const ids = linesOf(ran.outputs.ids ?? '')
    const sent = ['textures/old  wood.png', 'hero.png'].map((name) => sha256(readFileSync(join(at.folder, name))))
    assert.deepEqual(
      ids.map((id) => sums.get(id)),
      sent,
    )
    assert.equal(ran.outputs.id, ids[0])
    assert.deepEqual(linesOf(ran.stdout), ids)
    const { uploads } = JSON.parse(ran.outputs.json ?? '')
    assert.deepEqual(
      uploads.map(({ entityId }: { entityId: string }) => entityId),
      ids,
    )
    assert.match(ran.summary, /^\| `hero\.png` \| ✔ `imported` \|/m)
  })

  it('takes no source for an option, a command, a pattern of the shell or code', async (t) => {
    const { sandbox, at } = await stage(t)
    const names = ['--help', 'status', '*.png', '$(touch owned).png', '`id`;".png', "'; exit 0; '.png"]
    for (const name of names) writeFileSync(join(at.folder, name), pngBytes(300))
    const ran = await runAction({ source: names.join('\n'), kind: 'image' }, at)
    assert.equal(ran.code, 0, ran.stderr)
    assert.deepEqual(
      sandbox
        .uploads()
        .map(({ fileName }) => fileName)
        .sort(),
      names.toSorted(),
    )
    assert.ok(!readdirSync(at.folder).includes('owned'))
  })

  describe('gives the command', { concurrency: 2 }, () => {
    it('each input as one word, whatever is in it', async (t) => {
      const inputs = {
        source: '-x\na  b.png',
        kind: 'image',
        collection: 'c1\nc2',
        until: 'validated',
        timeout: '30 m',
        manifest: 'a list.jsonl',
        project: 'p1',
        options: '--retry-for=1h\n--name\ntwo words\n',
      }
      const { words } = await wordsFor(t, inputs)
      const given = ['--kind=image', '--until=validated', '--timeout=30 m', '--manifest=a list.jsonl', '--project=p1']
      const lines = ['--collection=c1', '--collection=c2', '--retry-for=1h', '--name', 'two words']
      assert.deepEqual(words.slice(2), ['--json', '--github-output', 'ids', ...given, ...lines, '--', '-x', 'a  b.png'])
    })

    it('nothing that was not given, but to wait for the id', async (t) => {
      const { words } = await wordsFor(t, {})
      assert.deepEqual(words.slice(2), ['--json', '--github-output', 'ids', '--until=imported', '--', 'hero.png'])
    })

    it('the credentials by the environment: those given, else those that are there', async (t) => {
      const there = { SCENARIO_SDK_API_KEY: 'key_there', SCENARIO_SDK_API_SECRET: 'secret_there' }
      const inputs = { 'api-key': 'key_given', 'api-secret': 'secret_given' }
      const given = await wordsFor(t, inputs, there)
      assert.match(given.env, /^SCENARIO_SDK_API_KEY=key_given$/m)
      assert.match(given.env, /^SCENARIO_SDK_API_SECRET=secret_given$/m)
      assert.equal(given.env.match(/_given/g)?.length, 2)
      assert.doesNotMatch(given.words.join(), /_given/)
      const kept = await wordsFor(t, {}, there)
      assert.match(kept.env, /^SCENARIO_SDK_API_KEY=key_there$/m)
      assert.match(kept.env, /^SCENARIO_SDK_API_SECRET=secret_there$/m)
    })
  })

  describe('runs the command', { concurrency: 2 }, () => {
    it('of the version that is given, by npx, though one is installed', async (t) => {
      const { at } = await stage(t)
      const log = writeNpx(at.bins)
      const ran = await runAction({ source: 'hero.png', version: '9.8.7' }, at)
      assert.equal(ran.code, 0, ran.stderr)
      assert.deepEqual(log(), ['scenario-upload@9.8.7'])
      assert.match(ran.outputs.id ?? '', /^asset_/)
    })

    it('of its own version, by npx, where none is installed', async (t) => {
      const { at } = await stage(t)
      const log = writeNpx(at.bins)
      // Nothing but what the script needs: an installed one elsewhere in the PATH must not be found.
      const bare = join(at.folder, 'bare')
      mkdirSync(bare)
      symlinkSync(join(at.bins, 'npx'), join(bare, 'npx'))
      for (const name of ['bash', 'cat', 'dirname', 'env', 'mktemp', 'rm', 'wc']) {
        symlinkSync(
          spawnSync('bash', ['-c', `command -v ${name}`])
            .stdout.toString()
            .trim(),
          join(bare, name),
        )
      }
      symlinkSync(process.execPath, join(bare, 'node'))
      const ran = await runAction({ source: 'hero.png' }, { ...at, env: { ...at.env, PATH: bare } })
      assert.equal(ran.code, 0, ran.stderr)
      assert.deepEqual(log(), [`scenario-upload@${manifest.version}`])
    })
  })

  describe('that fails', { concurrency: 2 }, () => {
    it('ends with the exit code, and still hands on the ids that there are', async (t) => {
      const { at } = await stage(t)
      const some = await runAction({ source: 'empty.png\nhero.png' }, at)
      assert.equal(some.code, 1)
      assert.match(some.outputs.id ?? '', /^asset_\w+$/)
      assert.equal(some.outputs.ids, some.outputs.id)
      assert.equal(JSON.parse(some.outputs.json ?? '').uploads[0].error.code, 'ERR_FILE_EMPTY')
      assert.match(some.stderr, /^::error title=scenario-upload%3A ERR_FILE_EMPTY::/m)
      const none = await runAction({ source: 'empty.png' }, at)
      assert.deepEqual([none.code, none.outputs.id, none.outputs.ids], [3, '', ''])
    })

    it('ends with 2 for words that make no sense, and without a source', async (t) => {
      const { at } = await stage(t)
      assert.equal((await runAction({ source: 'hero.png', kind: 'picture' }, at)).code, 2)
      const ran = await runAction({ source: '\n' }, at)
      assert.equal(ran.code, 2)
      assert.deepEqual([ran.outputs.id, ran.outputs.ids], ['', ''])
    })

    it('ends with 2, and says why, for options that make the command print something else', async (t) => {
      const { sandbox, at } = await stage(t)
      for (const options of ['--help', '--version']) {
        const ran = await runAction({ source: 'hero.png', options }, at)
        assert.deepEqual([ran.code, ran.stdout, ran.outputs.id], [2, '', ''])
        assert.match(ran.stderr, /^::error title=scenario-upload::.* no document .* → Leave .*--help.*\n$/)
      }
      assert.equal(sandbox.uploads().length, 0)
    })

    it('keeps the exit code of a command that failed, whatever it printed', async (t) => {
      const { at } = await stage(t)
      writeProgram(at.bins, 'npx', 'echo "no document"; exit 7')
      const ran = await runAction({ source: 'hero.png', version: '1.0.0' }, at)
      assert.equal(ran.code, 7)
      assert.match(ran.stderr, /^::error title=scenario-upload::[^\n]*\n$/)
    })

    it('to start the command at all ends with what the shell says', async (t) => {
      const { at } = await stage(t)
      writeProgram(at.bins, 'npx', 'echo "no network" >&2; exit 7')
      const ran = await runAction({ source: 'hero.png', version: '1.0.0' }, at)
      assert.deepEqual([ran.code, ran.outputs.id, ran.outputs.json], [7, '', ''])
    })
  })

  it('leaves a document out that is too long to hand on, and says so', async (t) => {
    const at = await checkout(t, {})
    const upload = '{"ok":true,"entityId":"asset_1"}'
    writeProgram(at.bins, 'npx', `printf '{"uploads":[${upload}],"x":"%0600000d"}\\n' 0`)
    const ran = await runAction({ source: 'hero.png', version: '1.0.0' }, at)
    assert.deepEqual([ran.code, ran.outputs.id, ran.outputs.json], [0, 'asset_1', ''])
    assert.match(ran.stderr, /^note: the document is too long for the output json/m)
  })

  it('shows no secret, given by input or by the environment, and keeps none', async (t) => {
    const { sandbox, at } = await stage(t)
    const { key, secret } = sandbox.credentials
    const asInputs = { 'api-key': key, 'api-secret': secret }
    const { SCENARIO_SDK_API_KEY: _, SCENARIO_SDK_API_SECRET: __, ...bare } = at.env
    const runs = [
      await runAction({ source: 'hero.png', options: '--debug' }, at),
      await runAction({ source: 'hero.png', options: '--debug', ...asInputs }, { ...at, env: bare }),
      await runAction({ source: 'hero.png\nempty.png', 'api-key': key }, { ...at, env: bare }),
    ]
    assert.deepEqual(
      runs.map(({ code }) => code),
      [0, 0, 4],
    )
    for (const ran of runs) for (const word of [key, secret]) assert.ok(!JSON.stringify(ran).includes(word))
  })

  /** A shell that comes back from telling the command only once that has ended. */
  const late =
    '() { builtin kill "$@" || return; while [ "$2" = TERM ] && builtin kill -s 0 "$3"; do sleep 0.1; done 2>&-; }'
  for (const [when, env] of [
    ['', {}],
    [', though that ends before the script looks after it', { 'BASH_FUNC_kill%%': late }],
  ] as const) {
    it(`hands a cancelled workflow on to the command, which says how to go on${when}`, async (t) => {
      const asked = promised()
      const fake = await fakeScenario(t, { create: () => asked.keep() })
      const at = await checkout(t, { ...envOf(fake), ...env })
      const begun = promised<number>()
      const running = runAction({ source: 'hero.png' }, { ...at, onStart: begun.keep })
      const pid = await begun.promise
      await reached(asked.promise, running)
      // The runner tells the one process that it knows.
      process.kill(pid, 'SIGINT')
      const ran = await running
      assert.equal(ran.code, 143, ran.stderr)
      assert.match(ran.stderr, /^✖ .*SIGTERM.*\n {2}→ Run the same command again/m)
      assert.equal(JSON.parse(ran.outputs.json ?? '').uploads[0].error.code, 'ERR_TERMINATED')
    })
  }

  it('runs as its README has it', async (t) => {
    const { sandbox, at } = await stage(t)
    const { SCENARIO_SDK_API_KEY, SCENARIO_SDK_API_SECRET, ...env } = at.env
    const secrets = {
      SCENARIO_SDK_API_KEY: `${SCENARIO_SDK_API_KEY}`,
      SCENARIO_SDK_API_SECRET: `${SCENARIO_SDK_API_SECRET}`,
    }
    symlinkSync('old  wood.png', join(at.folder, 'textures', 'old wood.png'))
    const steps: Step[] = parse(/^```yaml\n(.*?)^```/ms.exec(readme)?.[1] ?? '')
    const ran = await runSteps(steps, { ...at, env, secrets })
    assert.equal(ran.code, 0, ran.stderr)
    assert.equal(sandbox.uploads().length, 2)
    // Said by the action, and by the step after it.
    assert.equal(ran.stdout, `${ran.outputs.ids}\n`.repeat(2))
  })

  describe('as it is described', () => {
    const { inputs, outputs, runs } = action

    it('is composite, its steps in bash, and no text of others is pasted into a script', () => {
      assert.equal(runs.using, 'composite')
      for (const step of runs.steps) {
        assert.equal(step.shell, 'bash')
        assert.ok(step.run !== undefined && !step.run.includes('${{'))
      }
    })

    it('reads every input that it has, and no other', () => {
      const read = runs.steps.flatMap(
        ({ env = {} }) =>
          Object.values(env)
            .join()
            .match(/(?<=inputs\.)[\w-]+/g) ?? [],
      )
      assert.deepEqual(read.sort(), Object.keys(inputs).sort())
      const variables = runs.steps.flatMap(({ env = {} }) => Object.keys(env))
      const used = new Set(readFileSync(script, 'utf8').match(/INPUT_[A-Z_]+\b/g))
      assert.deepEqual([...used].filter((name) => name !== 'INPUT_').sort(), variables.sort())
    })

    it('has the inputs and outputs of its README', () => {
      const rows = linesOf(readme).filter((line) => line.startsWith('| `'))
      const named = rows.flatMap((row) => row.split('|')[1]?.match(/[\w-]+/g) ?? [])
      assert.deepEqual(named.sort(), [...Object.keys(inputs), ...Object.keys(outputs)].sort())
      assert.match(readme, new RegExp(`upload@v${manifest.version.replaceAll('.', '\\.')}\\n`))
    })

    it('is a script that shellcheck finds nothing in', (t) => {
      if (!has('shellcheck')) return t.skip('shellcheck is not installed here')
      assert.equal(spawnSync('shellcheck', [script]).stdout.toString(), '')
    })
  })
})
