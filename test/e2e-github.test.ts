/**
 * In GitHub Actions: failures are annotations of the run, the step's summary has a table, the ids are an output of the step.
 *
 * Scenes: annotations · the summary · the output · logs into which nothing foreign can write a command.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { envOf, type Run, type RunOptions, run } from './helpers/command.js'
import { pngBytes, tempFolder } from './helpers/files.js'
import { command, documentOf, endBy, eventsOf, linesOf, sandboxFor, start } from './helpers/scene.js'
import { type FakeAnswers, fakeScenario, json } from './helpers/servers.js'
import { outputsIn } from './helpers/workflow.js'

const inActions = { CI: 'true', GITHUB_ACTIONS: 'true' }
const keyless = { SCENARIO_SDK_API_KEY: '', SCENARIO_SDK_API_SECRET: '' }

/** A step of a job: a folder with two pictures and the files of GitHub's, and an API that behaves in all but `answers`. */
async function step(t: TestContext, answers: FakeAnswers = {}) {
  const folder = await tempFolder(t)
  for (const name of ['hero.png', 'wood.png']) writeFileSync(join(folder, name), pngBytes(500))
  const fake = await fakeScenario(t, answers)
  const paths = { output: join(folder, 'OUTPUT'), summary: join(folder, 'SUMMARY') }
  const files = { GITHUB_OUTPUT: paths.output, GITHUB_STEP_SUMMARY: paths.summary }
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
  return {
    ...{ folder, fake, paths },
    runs: (args: readonly string[], { env, ...options }: RunOptions = {}) =>
      command(fake, args, { cwd: folder, env: { ...inActions, ...files, ...env }, ...options }),
    output: () => read(paths.output),
    summary: () => read(paths.summary),
  }
}

const annotationsIn = ({ stderr }: Run) => linesOf(stderr).filter((line) => line.startsWith('::'))

describe('in GitHub Actions', { concurrency: 2 }, () => {
  describe('a failure is an annotation', { concurrency: 4 }, () => {
    it('beside the usual lines, with what happened and what to do', async (t) => {
      const { runs } = await step(t)
      const ended = await runs(['hero.png', 'nowhere.png'])
      assert.equal(ended.code, 1)
      assert.match(ended.stderr, /^✖ nowhere\.png.*\n {2}→ Check the path\.$/m)
      assert.deepEqual(annotationsIn(ended), [
        '::error title=scenario-upload%3A ERR_FILE_MISSING::nowhere.png: no such file → Check the path.',
      ])
    })

    const voices = [['--quiet'], ['--json'], ['--progress', 'none'], ['--verbose', '--debug'], ['--dry-run']]
    for (const args of voices) {
      it(`with ${args.join(' ')} too`, async (t) => {
        const { runs } = await step(t)
        assert.equal(annotationsIn(await runs(['nowhere.png', ...args])).length, 1)
      })
    }

    it('where it was found before any upload', async (t) => {
      const { runs } = await step(t)
      const [usage = '', ...more] = annotationsIn(await runs(['hero.png', '--kidn', 'image']))
      assert.match(usage, /^::error title=scenario-upload%3A ERR_USAGE::.*--kidn.*Did you mean `--kind`/)
      assert.deepEqual(more, [])
      const refused = await runs(['hero.png'], { env: keyless })
      assert.match(annotationsIn(refused).join(), /^::error title=scenario-upload%3A ERR_CREDENTIALS_MISSING::/)
    })

    it('where a signal ended it', async (t) => {
      const { fake, folder } = await step(t, { create: () => {} })
      const started = start(t, ['hero.png'], { cwd: folder, env: { ...envOf(fake), ...inActions } })
      await started.says(/creating/)
      const ended = await endBy(started, 'SIGINT')
      assert.equal(ended.code, 130)
      assert.match(annotationsIn(ended).join(), /^::error title=scenario-upload%3A ERR_INTERRUPTED::.*interrupted/)
    })

    it('where another command met it', async (t) => {
      const look: FakeAnswers['look'] = (response) => json(response, 404, { message: 'no such upload' })
      const { runs } = await step(t, { look })
      assert.match(annotationsIn(await runs(['wait', 'upload_1'])).join(), /ERR_UPLOAD_UNKNOWN::/)
    })

    it('with the name of its source, though its letters stand in the words of the server', async (t) => {
      const message = 'the quota of the team is used up'
      const { runs, folder } = await step(t, { create: (response) => json(response, 400, { message }) })
      for (const name of ['e', 't']) writeFileSync(join(folder, name), pngBytes(50))
      const ended = await runs(['e', 't'])
      assert.match(annotationsIn(ended).join('\n'), /::e: the API .*\n.*::t: the API /)
      assert.match(ended.stderr, /^✖ e: the API /m)
      assert.match(ended.stderr, /^✖ t: the API /m)
    })

    it('once, and not for each source that was never tried', async (t) => {
      const { runs } = await step(t, { create: (response) => json(response, 401, { message: 'no' }) })
      const ended = await runs(['hero.png', 'wood.png'])
      assert.equal(ended.code, 4)
      assert.match(annotationsIn(ended).join(), /^[^,]*ERR_CREDENTIALS_REFUSED::/)
      assert.equal(annotationsIn(ended).length, 1)
    })

    it('up to ten, of which the last has the count of what is left', async (t) => {
      const { runs } = await step(t)
      const ended = await runs(Array.from({ length: 30 }, (_, i) => `nowhere-${i}.png`))
      const annotations = annotationsIn(ended)
      assert.equal(annotations.length, 10)
      assert.match(annotations[9] ?? '', /::21 more failed; the log names them all$/)
    })

    it('and none where all went well, nor in events, nor elsewhere', async (t) => {
      const { runs } = await step(t)
      assert.deepEqual(annotationsIn(await runs(['hero.png'])), [])
      for (const args of [['nowhere.png'], ['hero.png', '--kidn=x']]) {
        const events = await runs([...args, '--progress', 'json'])
        assert.equal(eventsOf(events).at(-1)?.event, 'error')
        for (const GITHUB_ACTIONS of ['', 'false']) {
          assert.deepEqual(annotationsIn(await runs(args, { env: { GITHUB_ACTIONS } })), [])
        }
      }
    })
  })

  describe('the summary of the step', { concurrency: 4 }, () => {
    it('is a table of how each source ended, after what the step has said before', async (t) => {
      const { runs, paths, summary } = await step(t)
      writeFileSync(paths.summary, 'before\n')
      const ended = await runs(['hero.png', 'nowhere.png', '--progress', 'json', '--quiet'])
      assert.equal(ended.code, 1)
      assert.match(summary(), /^before\n\n### scenario-upload\n\n\| source \| result \| id \| size \| duration \|\n/)
      assert.match(summary(), /^\| `hero\.png` \| ✔ `imported` \| `asset_test1` \| 500 B \| \d.* \|$/m)
      assert.match(summary(), /^\| `nowhere\.png` \| ✖ `.*no such file.*` \|/m)
      assert.match(summary(), /\n\ntotal: 1 of 2 done, 1 failed, 500 B\n$/)
    })

    it('says where it was a sandbox', async (t) => {
      const { runs, summary } = await step(t)
      const env = { SCENARIO_BASE_URL: '', ...keyless }
      assert.equal((await runs(['hero.png', '--sandbox'], { env })).code, 0)
      assert.match(summary(), /^### scenario-upload \(sandbox: nothing reached Scenario\)$/m)
    })

    it('has nothing of a plan, nor of what ended before any upload, nor of a run elsewhere', async (t) => {
      const { runs, summary } = await step(t)
      await runs(['hero.png', '--dry-run'])
      await runs(['hero.png'], { env: keyless })
      await runs(['hero.png'], { env: { GITHUB_ACTIONS: undefined } })
      assert.equal((await runs(['hero.png'], { env: { GITHUB_STEP_SUMMARY: '' } })).code, 0)
      assert.equal(summary(), '')
    })

    it('that cannot be written is said, and no failure', async (t) => {
      const { runs, folder } = await step(t)
      const env = { GITHUB_STEP_SUMMARY: folder }
      const ended = await runs(['hero.png'], { env })
      assert.equal(ended.code, 0)
      assert.equal(ended.stdout, 'asset_test1\n')
      assert.match(ended.stderr, /^the step summary could not be written \(EISDIR\)$/m)
      const events = eventsOf(await runs(['hero.png', '--progress', 'json'], { env }))
      assert.match(String(events.at(-1)?.message), /^the step summary could not be written/)
    })
  })

  describe('--github-output', { concurrency: 4 }, () => {
    it('writes the id of one source', async (t) => {
      const { runs, output } = await step(t)
      assert.equal((await runs(['hero.png', '--github-output', 'hero'])).code, 0)
      assert.equal(output(), 'hero=asset_test1\n')
    })

    it('writes the ids of several as stdout has them, those that failed left out', async (t) => {
      const { runs, output, paths } = await step(t)
      writeFileSync(paths.output, 'before=1\n')
      const ended = await runs(['hero.png', 'nowhere.png', 'wood.png', '--github-output', 'ids'])
      assert.equal(ended.code, 1)
      assert.deepEqual(outputsIn(output()), { before: '1', ids: ended.stdout.trimEnd() })
      assert.equal(linesOf(ended.stdout).length, 2)
      assert.match(output(), /^ids<<\S{20,}$/m)
    })

    it('writes them beside a document too, and outside of GitHub', async (t) => {
      const { runs, output } = await step(t)
      const env = { GITHUB_ACTIONS: undefined }
      assert.equal((await runs(['hero.png', 'wood.png', '--json', '--github-output=ids'], { env })).code, 0)
      assert.deepEqual(outputsIn(output()), { ids: 'asset_test1\nasset_test1' })
    })

    it('writes nothing of a plan, nor of what ended before any upload', async (t) => {
      const { runs, output } = await step(t)
      assert.equal((await runs(['hero.png', '--dry-run', '--github-output=ids'])).code, 0)
      assert.equal((await runs(['hero.png', '--github-output=ids'], { env: keyless })).code, 4)
      assert.equal(output(), '')
    })

    const wrong: readonly [title: string, name: string, env: Record<string, string>][] = [
      ['a name that is none', 'two words', {}],
      ['no file to write to', 'ids', { GITHUB_OUTPUT: '' }],
    ]
    for (const [title, name, env] of wrong) {
      it(`is a usage error before any request: ${title}`, async (t) => {
        const { runs, fake } = await step(t)
        const ended = await runs(['hero.png', '--github-output', name], { env })
        assert.equal(ended.code, 2)
        assert.match(ended.stderr, /^✖ --github-output /)
        assert.equal(fake.api.length, 0)
      })
    }

    for (const args of [[], ['--json'], ['--quiet']]) {
      it(`that cannot be written ends 1, with the ids on stderr: ${args.join(' ') || 'no option'}`, async (t) => {
        if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here')
        const { runs } = await step(t)
        const env = { GITHUB_OUTPUT: '/dev/full' }
        const ended = await runs(['hero.png', '--github-output', 'ids', ...args], { env })
        assert.equal(ended.code, 1)
        assert.match(ended.stderr, /^✖ the file of GITHUB_OUTPUT could not be written \(ENOSPC\)\n {2}→ /m)
        assert.equal(linesOf(ended.stderr).at(-1), 'asset_test1')
        assert.match(annotationsIn(ended).join(), /^::error title=scenario-upload%3A ERR_GITHUB_OUTPUT::/)
        if (!args.includes('--json')) return assert.equal(ended.stdout, 'asset_test1\n')
        const { ok, error, uploads } = documentOf(ended)
        assert.deepEqual([ok, error?.code, uploads[0]?.ok], [false, 'ERR_GITHUB_OUTPUT', true])
      })
    }

    it('that cannot be written loses no upload: the same command has its id without sending it again', async (t) => {
      if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here')
      const { folder } = await step(t)
      const sandbox = await sandboxFor(t)
      const env = { ...inActions, XDG_STATE_HOME: folder, GITHUB_OUTPUT: '/dev/full' }
      const args = ['hero.png', '--github-output', 'ids']
      const first = await command(sandbox, args, { cwd: folder, env })
      assert.equal(first.code, 1)
      const again = await command(sandbox, args, { cwd: folder, env: { ...env, GITHUB_OUTPUT: join(folder, 'out') } })
      assert.equal(again.code, 0, again.stderr)
      assert.deepEqual([again.stdout, sandbox.uploads().length], [first.stdout, 1])
    })
  })

  describe('a log', { concurrency: 4 }, () => {
    /** All that a runner would take for a command, on either stream. */
    const commandsIn = ({ stdout, stderr }: Run) =>
      [...stdout.split(/[\r\n]/), ...stderr.split(/[\r\n]/)].filter((line) => /^\s*::|##\w*\[/.test(line))
    const ours = /^::error title=scenario-upload%3A ERR_\w+::/
    const voices = [[], ['-q'], ['--verbose', '--debug'], ['--json'], ['--progress', 'json'], ['--dry-run']]
    const names = [
      ...['::error::x.png', '\n::set-output name=ids::y.png', ' \r\n::stop-commands::z.png', '##[error]a.png'],
      '##vso[task.setvariable variable=X]b.png',
    ]

    for (const name of names) {
      it(`holds no command of a file's name: ${JSON.stringify(name)}`, async (t) => {
        const { runs, folder, summary } = await step(t)
        writeFileSync(join(folder, name), pngBytes(50))
        for (const args of voices) {
          const well = await runs([name, ...args])
          assert.equal(well.code, 0, well.stderr)
          assert.deepEqual(commandsIn(well), [])
          if (args.includes('--json')) assert.equal(documentOf(well).upload.source, name)
          const missing = await runs([`${name}.gone`, 'hero.png', ...args])
          for (const line of commandsIn(missing)) assert.match(line, ours)
          assert.ok(commandsIn(missing).length <= 1)
        }
        assert.doesNotMatch(summary(), /^\s*::/m)
      })
    }

    const words = 'no\r\n::error::a\n##[error]b ##vso[task.prependpath]d\u2028::debug::c'
    const refusals: readonly [where: string, answers: FakeAnswers][] = [
      ['a refusal', { create: (response) => json(response, 400, { message: words, traceId: '::error::t' }) }],
      ['a refusal that has nothing else', { create: (response) => json(response, 400, { message: '::error::x' }) }],
      ['an import', { look: (response) => json(response, 200, { upload: { status: 'failed', errorMessage: words } }) }],
      ['the storage', { put: (response) => response.writeHead(400).end(`<Error><Code>\n::error::x</Code></Error>`) }],
    ]
    for (const [where, answers] of refusals) {
      it(`holds no command of a server's words: ${where}`, async (t) => {
        const { runs, summary } = await step(t, answers)
        for (const args of voices) {
          for (const line of commandsIn(await runs(['hero.png', '--no-resume', ...args]))) assert.match(line, ours)
        }
        assert.doesNotMatch(summary(), /^\s*::/m)
      })
    }

    it('holds no command of an id: such a one is none', async (t) => {
      const upload = { status: 'imported', entityId: '::stop-commands::x' }
      const { runs, output } = await step(t, { look: (response) => json(response, 200, { upload }) })
      const ended = await runs(['hero.png', '--github-output', 'id'])
      assert.deepEqual([ended.code, ended.stdout, output()], [1, '', 'id=\n'])
      for (const line of commandsIn(ended)) assert.match(line, ours)
      assert.equal((await runs(['wait', '::error::x'])).code, 2)
    })

    it('holds no command of what was begun here and not finished', async (t) => {
      const { runs, folder } = await step(t, { complete: (response) => json(response, 401, { message: 'no' }) })
      const name = '::error::x.png'
      writeFileSync(join(folder, name), pngBytes(50))
      const env = { XDG_STATE_HOME: folder }
      assert.equal((await runs([name], { env })).code, 4)
      const list = await run(['status'], { env: { ...inActions, ...env } })
      assert.match(list.stdout, /^upload_test1\t.*error::x\.png/)
      assert.deepEqual(commandsIn(list), [])
    })
  })
})
