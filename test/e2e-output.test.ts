/**
 * What the command says: the answer on stdout, the conversation on stderr, and the exit code.
 *
 * Scenes: the document · the plan of a dry run · events · quiet · plain lines · names that mean harm · web addresses with
 * secrets · colours · a stdout that takes nothing · signals · words that look like others · the sandbox.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { bin, envOf, type Run, run } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import {
  assertAnswer,
  assertFailure,
  command,
  control,
  documentOf,
  endBy,
  eventsOf,
  linesOf,
  MiB,
  promised,
  type SaidEvent,
  sandboxFor,
  spooling,
  start,
} from './helpers/scene.js'
import { credentials, type FakeAnswers, fakeScenario, goodPut, json, uploadId } from './helpers/servers.js'
import { soonMs } from './helpers/soon.js'

async function stage(t: TestContext, size = 500) {
  const folder = await tempFolder(t)
  return { fake: await fakeScenario(t), folder, file: await testFile(folder, 'hero.png', pngBytes(size)) }
}

const good = {
  source: 'hero.png',
  type: 'file',
  ok: true,
  uploadId,
  entityId: 'asset_test1',
  kind: 'image',
  status: 'imported',
  fileName: 'hero.png',
  contentType: 'image/png',
  bytes: 500,
  parts: 1,
  resumedParts: 0,
  retries: 0,
  verified: 'md5',
  skipped: false,
  error: null,
}

/** The document as it was written, with the one figure that no test can know taken out. */
function exactly({ stdout }: Run): unknown {
  return JSON.parse(stdout, (key, value: unknown) => {
    if (key !== 'durationMs' || value === null) return value
    assert.ok(Number.isInteger(value) && Number(value) >= 0, `durationMs is ${value}`)
    return 'some'
  })
}

describe('what the command says', { concurrency: 2 }, () => {
  describe('the document of `--json`', { concurrency: 4 }, () => {
    it('is one line on stdout, with every field', async (t) => {
      const { fake, folder } = await stage(t)
      const ended = await command(fake, ['hero.png', '--json'], { cwd: folder })
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(linesOf(ended.stdout).length, 1)
      assert.deepEqual(exactly(ended), {
        schemaVersion: 1,
        ok: true,
        uploads: [{ ...good, durationMs: 'some' }],
        error: null,
      })
    })

    it('of a failure has the same fields, and the error in them', async (t) => {
      const { folder } = await stage(t)
      const fake = await fakeScenario(t, {
        create: (response) => json(response, 422, { message: 'no room', traceId: 'trace-1' }),
      })
      const ended = await command(fake, ['hero.png', '--json'], { cwd: folder })
      assert.equal(ended.code, 6)
      const { error, ...upload } = documentOf(ended).upload
      assert.deepEqual({ ...upload, durationMs: null }, { ...blank(good), ok: false, durationMs: null })
      assert.deepEqual(Object.keys(error ?? {}).sort(), [
        'code',
        'exitCode',
        'hint',
        'message',
        'requestId',
        'retryable',
      ])
      assert.deepEqual(
        { ...error, message: '', hint: '' },
        { code: 'ERR_API_REFUSED', message: '', hint: '', exitCode: 6, retryable: false, requestId: 'trace-1' },
      )
      assert.match(error?.message ?? '', /no room/)
      assert.deepEqual([documentOf(ended).ok, documentOf(ended).error], [false, null])
    })

    /** What is known before the API has answered. */
    function blank({ error: _, ...upload }: typeof good) {
      return { ...upload, uploadId: null, entityId: null, status: null, verified: null }
    }

    it('of a usage error has no uploads, and the error at the top', async (t) => {
      const { fake } = await stage(t)
      const ended = await command(fake, ['hero.png', '--json', '--kidn', 'image'])
      assert.equal(ended.code, 2)
      const document = documentOf(ended)
      assert.deepEqual(Object.keys(document).sort(), ['error', 'ok', 'schemaVersion', 'uploads'])
      assert.deepEqual([document.schemaVersion, document.ok, document.uploads], [1, false, []])
      assert.deepEqual(
        { ...document.error, message: '', hint: '' },
        { code: 'ERR_USAGE', message: '', hint: '', exitCode: 2, retryable: false, requestId: null },
      )
    })

    it('of several sources is `ok` only where the exit code is 0', async (t) => {
      const { fake, folder } = await stage(t)
      const ended = await command(fake, ['hero.png', 'nowhere.png', '--json'], { cwd: folder })
      assert.equal(ended.code, 1)
      const { ok, uploads } = documentOf(ended)
      assert.equal(ok, false)
      assert.deepEqual(
        uploads.map((upload) => [upload.source, upload.ok, upload.error?.code ?? null]),
        [
          ['hero.png', true, null],
          ['nowhere.png', false, 'ERR_FILE_MISSING'],
        ],
      )
      const keys = Object.keys({ ...good, durationMs: 0 }).sort()
      for (const upload of uploads) assert.deepEqual(Object.keys(upload).sort(), keys)
    })

    it('says where it was a sandbox, and only there', async (t) => {
      const { fake, folder } = await stage(t)
      const own = await run(['hero.png', '--sandbox', '--json'], { cwd: folder })
      assert.equal(own.code, 0, own.stderr)
      assert.equal(documentOf(own).sandbox, true)
      assert.match(own.stderr, /sandbox/)
      const other = await command(await sandboxFor(t), ['hero.png', '--json'], { cwd: folder })
      assert.equal(documentOf(other).sandbox, true)
      const real = await command(fake, ['hero.png', '--json'], { cwd: folder })
      assert.ok(!('sandbox' in documentOf(real)))
    })
  })

  describe('`--sandbox`', { concurrency: 4 }, () => {
    it('needs no credentials, shows none of the real ones, and says on stderr that it is one', async (t) => {
      const { fake, folder } = await stage(t)
      const bare = await run(['hero.png', '--sandbox'], { cwd: folder })
      assert.equal(bare.code, 0, bare.stderr)
      assert.match(bare.stdout, /^asset_\w+\n$/)
      assert.match(bare.stderr, /sandbox/)
      const ended = await command(fake, ['hero.png', '--sandbox'], { cwd: folder })
      assert.equal(ended.code, 0, ended.stderr)
      assert.deepEqual(fake.api, [])
    })
  })

  describe('a dry run', { concurrency: 4 }, () => {
    it('makes no request, needs no credentials, and leaves stdout empty', async (t) => {
      const { fake, folder } = await stage(t)
      const env = { SCENARIO_SDK_API_KEY: '', SCENARIO_SDK_API_SECRET: '' }
      const ended = await command(fake, ['hero.png', 'hf:owner/name', '--dry-run'], { cwd: folder, env })
      assertAnswer(ended, '')
      assert.match(ended.stderr, /would upload hero\.png.*1 part.*image\/png/)
      assert.match(ended.stderr, /would upload hf:owner\/name/)
      assert.deepEqual(fake.api, [])
    })

    it('of several ends with what they come to, as nothing is done yet', async (t) => {
      const { fake, folder } = await stage(t)
      writeFileSync(join(folder, 'wood.png'), pngBytes(1500))
      const ended = await command(fake, ['hero.png', 'wood.png', 'hero.png', '--dry-run'], { cwd: folder })
      assert.equal(ended.code, 0)
      assert.equal(linesOf(ended.stderr).at(-1), 'total: 2 would be uploaded, 2.0 kB')
    })

    it('has its plan in the document', async (t) => {
      const { fake, folder } = await stage(t, 12 * MiB)
      const ended = await command(fake, ['hero.png', '--dry-run', '--json', '--parts', '2'], { cwd: folder })
      assert.equal(ended.code, 0, ended.stderr)
      assert.deepEqual(exactly(ended), {
        schemaVersion: 1,
        ok: true,
        uploads: [
          {
            ...good,
            uploadId: null,
            entityId: null,
            status: null,
            bytes: 12 * MiB,
            parts: 2,
            retries: null,
            durationMs: null,
            verified: null,
            skipped: false,
          },
        ],
        error: null,
      })
      assert.deepEqual(fake.api, [])
    })

    it('ends as a real one would where a source cannot be sent', async (t) => {
      const { fake, folder } = await stage(t)
      assertFailure(await command(fake, ['nowhere.png', '--dry-run'], { cwd: folder }), 3, /nowhere\.png/)
      const ended = await command(fake, ['hero.png', 'nowhere.png', '--dry-run', '--json'], { cwd: folder })
      assert.equal(ended.code, 1)
      assert.equal(documentOf(ended).ok, false)
    })

    it('reads standard input to its end, to know how it would be split', async (t) => {
      const { fake } = await stage(t)
      const ended = await command(fake, ['-', '--name', 'a.png', '--dry-run', '--json'], { input: pngBytes(77) })
      assert.equal(documentOf(ended).upload.bytes, 77)
      assert.deepEqual(fake.api, [])
    })
  })

  describe('events on stderr', { concurrency: 4 }, () => {
    const total = 20 * MiB
    /** Four parts, slow enough for several events each; when the storage answered which is noted by the fake's `puts`. */
    async function watched(t: TestContext): Promise<Run> {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(total))
      const sandbox = await sandboxFor(t, {
        fault: ({ call, partNumber, attempt }) => {
          if (call === 'put' && partNumber === 2 && attempt === 1) return { kind: 'reset', afterBytes: 4 * MiB }
          return call === 'put' ? { kind: 'delay', ms: 150 } : undefined
        },
      })
      return command(sandbox, [file.path, '--parts', '4', '-c', '2', '--progress', 'json'])
    }

    it('are one JSON object a line, in the order of the story', async (t) => {
      const ended = await watched(t)
      assert.equal(ended.code, 0, ended.stderr)
      const events = eventsOf(ended)
      const phases = events.filter(({ event }) => event === 'phase').map(({ phase }) => phase)
      assert.deepEqual(phases, ['creating', 'sending', 'finishing', 'validating'])
      const known = ['phase', 'progress', 'retry', 'note', 'done', 'error']
      for (const event of events) assert.ok(known.includes(event.event), JSON.stringify(event))
      const done = events.at(-1)
      assert.equal(done?.event, 'done')
      assert.equal(`${done?.entityId}\n`, ended.stdout)
      assert.equal(events.filter(({ event }) => event === 'retry').length, 1)
    })

    it('have the bytes acknowledged, which never go back, and are all only after the last part', async (t) => {
      const events = eventsOf(await watched(t))
      const progress = events.filter(({ event }) => event === 'progress')
      const figure = (event: SaidEvent, name: string) => {
        assert.equal(typeof event[name], 'number', JSON.stringify(event))
        return Number(event[name])
      }
      assert.ok(progress.length >= 5, `${progress.length} events`)
      const bytes = progress.map((event) => figure(event, 'bytes'))
      assert.deepEqual(
        bytes,
        bytes.toSorted((a, b) => a - b),
      )
      for (const each of bytes) assert.equal(each % (5 * MiB), 0, 'only whole parts are acknowledged')
      assert.equal(bytes.indexOf(total), bytes.length - 1)
      for (const event of progress) {
        assert.equal(figure(event, 'total'), total)
        assert.ok(figure(event, 'inFlight') >= 0 && figure(event, 'bytes') + figure(event, 'inFlight') <= total)
      }
      assert.ok(progress.some((event) => figure(event, 'inFlight') > 0))
      const last = events.findLastIndex(({ event }) => event === 'progress')
      assert.ok(last < events.findIndex(({ phase }) => phase === 'finishing'))
    })

    it('do not say 100 % as long as the last part is not answered', async (t) => {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(3 * MiB))
      const [arrived, told] = [promised(), promised()]
      const fake = await fakeScenario(t, {
        put: async (response, received, nth) => {
          arrived.keep()
          await told.promise
          goodPut(response, received, nth)
        },
      })
      // Held back, lest all of it is handed over before there is a word of any.
      const args = [file.path, '--limit-rate', '4MB', '--progress', 'json']
      const started = start(t, args, { env: envOf(fake) })
      await started.reaches(arrived.promise)
      await started.says(/"inFlight":[1-9]/)
      assert.equal(started.child.exitCode, null)
      await assert.rejects(
        Promise.race([started.says(new RegExp(`"bytes":${3 * MiB}`)), never(300)]),
        /nothing was said/,
      )
      told.keep()
      const ended = await started.ended
      assert.equal(ended.code, 0, ended.stderr)
      assert.match(ended.stderr, new RegExp(`"bytes":${3 * MiB}`))
    })

    const never = (ms: number) =>
      new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('nothing was said')), ms)
      })

    it('of a failure have the fields of the error', async (t) => {
      const { fake, folder } = await stage(t)
      for (const args of [['nowhere.png'], ['hero.png', '--kidn']]) {
        const ended = await command(fake, [...args, '--progress', 'json'], { cwd: folder })
        const [error, ...rest] = eventsOf(ended)
        assert.deepEqual(rest, [])
        assert.equal(error?.event, 'error')
        assert.deepEqual([error.exitCode, error.retryable, error.requestId], [ended.code, false, null])
        for (const field of ['code', 'message', 'hint']) assert.equal(typeof error[field], 'string')
      }
    })

    it('are JSON to the last line with --debug too', async (t) => {
      const { fake, folder } = await stage(t)
      const ended = await command(fake, ['nowhere.png', '--progress', 'json', '--debug', '--verbose'], { cwd: folder })
      assert.ok(eventsOf(ended).length >= 2)
    })
  })

  describe('`--quiet`', { concurrency: 4 }, () => {
    it('says nothing on stderr where all goes well', async (t) => {
      const { fake, folder } = await stage(t)
      const ended = await command(fake, ['hero.png', '-q'], { cwd: folder })
      assertAnswer(ended, 'asset_test1\n')
      assert.equal(ended.stderr, '')
      const sandboxed = await run(['hero.png', '--quiet', '--sandbox'], { cwd: folder })
      assert.equal(sandboxed.code, 0)
      assert.equal(sandboxed.stderr, '')
    })

    it('still says what went wrong', async (t) => {
      const { fake, folder } = await stage(t)
      assertFailure(await command(fake, ['nowhere.png', '-q'], { cwd: folder }), 3, /nowhere\.png/)
    })
  })

  describe('plain lines', { concurrency: 4 }, () => {
    it('are at most twelve, with a mark at 25, 50 and 75 % and a line a phase', async (t) => {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(64 * MiB))
      const sandbox = await sandboxFor(t, {
        fault: ({ call, attempt, partNumber = 0 }) =>
          call === 'put' && attempt === 1 && partNumber % 3 === 0 ? { kind: 'reply', status: 500 } : undefined,
      })
      // One part at a time: of several that end at once, the figure may leap over a mark.
      const ended = await command(sandbox, [file.path, '--parts', '12', '--concurrency', '1'])
      assert.equal(ended.code, 0, ended.stderr)
      const lines = linesOf(ended.stderr)
      assert.ok(lines.length <= 12, ended.stderr)
      for (const mark of [25, 50, 75]) {
        assert.equal(lines.filter((line) => line.startsWith(`sent ${mark} %`)).length, 1, ended.stderr)
      }
      for (const phase of ['creating', 'sending', 'finishing', 'validating']) {
        assert.equal(lines.filter((line) => line.startsWith(phase)).length, 1, ended.stderr)
      }
      assert.match(lines.at(-1) ?? '', /^✔ .*hero\.png: imported, .*67\.1 MB in .*\/s/)
      assert.doesNotMatch(ended.stderr, control)
    })

    it('are the same where CI is set, and where `--progress plain` asks for them', async (t) => {
      const { fake, folder } = await stage(t)
      const phase = /^creating/m
      assert.match((await command(fake, ['hero.png'], { cwd: folder, env: { CI: 'true' } })).stderr, phase)
      assert.match((await command(fake, ['hero.png', '--progress', 'plain'], { cwd: folder })).stderr, phase)
      const none = await command(fake, ['hero.png', '--progress', 'none'], { cwd: folder })
      assertAnswer(none, 'asset_test1\n')
      assert.doesNotMatch(none.stderr, phase)
    })

    it('of several files are one as each ends, and the total', async (t) => {
      const folder = await tempFolder(t)
      const names = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png']
      for (const name of names) writeFileSync(join(folder, name), pngBytes(50))
      const fake = await fakeScenario(t)
      const { stderr, code } = await command(fake, names, { cwd: folder })
      assert.equal(code, 0)
      for (const name of names) {
        assert.equal(
          linesOf(stderr).filter((line) => line.includes(name)).length,
          1,
          `${name} has one line:\n${stderr}`,
        )
      }
      const last = linesOf(stderr).at(-1) ?? ''
      assert.ok(/\b5\b/.test(last) && !last.includes('.png'), `no line for the total:\n${stderr}`)
    })
  })

  describe('a name that means harm', { concurrency: 4 }, () => {
    const names = [
      '::error title=x::hidden.png',
      'two\nlines\n::warning::.png',
      'back\rspace\u0008\u0007.png',
      'clear\u001b[2J\u001b]0;title\u0007.png',
      'turn\u202egpj\u2066.png',
      'c1\u009b31mred\u2028next\u0085.png',
      '##[command]x.png',
      '##vso[task.setvariable variable=X]y.png',
    ]
    for (const name of names) {
      it(`is made safe on stderr, and kept in JSON: ${JSON.stringify(name)}`, async (t) => {
        const folder = await tempFolder(t)
        writeFileSync(join(folder, name), pngBytes(50))
        const fake = await fakeScenario(t)
        const ended = await command(fake, [name, '--json', '--verbose'], { cwd: folder })
        assert.equal(ended.code, 0, ended.stderr)
        assert.equal(JSON.parse(String(fake.api[0]?.body)).fileName, name)
        assert.deepEqual([documentOf(ended).upload.source, documentOf(ended).upload.fileName], [name, name])
        const missing = await command(fake, [`${name}.gone`, '--debug'], { cwd: folder })
        assert.equal(missing.code, 3)
        for (const { stderr } of [ended, missing]) {
          assert.doesNotMatch(stderr, control)
          assert.doesNotMatch(stderr, /[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
          assert.doesNotMatch(stderr, /^\s*::|##\w*\[/m)
          for (const line of linesOf(stderr)) assert.ok(!line.startsWith(name.slice(0, 3)), line)
        }
      })
    }

    it('is kept in events too', async (t) => {
      const name = 'two\nlines.png'
      const folder = await tempFolder(t)
      writeFileSync(join(folder, name), pngBytes(50))
      const ended = await command(await fakeScenario(t), [name, '--progress', 'json'], { cwd: folder })
      for (const event of eventsOf(ended)) assert.equal(event.source, name)
    })
  })

  describe('a web address with secrets in it', { concurrency: 4 }, () => {
    const written = 'https://user:hunter2@example.com/a/hero.png?token=hunter3&x=1#hunter4'
    const shown = 'https://example.com/a/hero.png?…'

    it('is shown without its userinfo and query, everywhere; the server gets it whole', async (t) => {
      const fake = await fakeScenario(t)
      const lines = await command(fake, [written, '--verbose', '--debug'])
      assert.equal(lines.code, 0, lines.stderr)
      assert.ok(lines.stderr.includes(shown), lines.stderr)
      const document = await command(fake, ['--url', written, '--json', '--progress', 'json'])
      assert.equal(documentOf(document).upload.source, shown)
      for (const event of eventsOf(document)) assert.equal(event.source, shown)
      const plan = await command(fake, [written, '--dry-run', '--json'])
      assert.equal(documentOf(plan).upload.source, shown)
      for (const { stdout, stderr } of [lines, document, plan]) assert.doesNotMatch(stdout + stderr, /hunter|token/)
      assert.match(
        JSON.parse(String(fake.api[0]?.body)).url,
        /user:hunter2@example\.com\/a\/hero\.png\?token=hunter3&x=1/,
      )
    })

    it('of Civitai keeps the version of the model, which is no secret', async (t) => {
      const fake = await fakeScenario(t)
      const source = 'https://civitai.com/models/370194/slug?modelVersionId=413566'
      assert.equal(documentOf(await command(fake, [source, '--json'])).upload.source, source)
      const more = await command(fake, [`${source}&token=hunter2`, '--json'])
      assert.match(documentOf(more).upload.source, /modelVersionId=413566/)
      assert.doesNotMatch(more.stdout + more.stderr, /hunter2/)
    })

    const forms: [form: string, words: string][] = [
      ['without its scheme', 'cannot fetch example.com/a/hero.png?token=hunter3&x=1'],
      ['as a path', 'GET /a/hero.png?token=hunter3&x=1 gave 403'],
      ['as its query alone', 'bad query token=hunter3'],
      ['as its userinfo alone', 'user:hunter2 is not known, hunter2'],
      ['percent-encoded', `cannot fetch ${encodeURIComponent(written)}`],
      ['as JSON escapes it', written.replaceAll('/', '\\/')],
    ]
    for (const [form, words] of forms) {
      it(`is hidden where the server repeats it ${form}: in its refusal, and of a failed import`, async (t) => {
        const refusing: FakeAnswers = { create: (response) => json(response, 400, { message: words }) }
        const failing: FakeAnswers = {
          look: (response) => json(response, 200, { upload: { status: 'failed', errorMessage: words } }),
        }
        for (const [answers, exit] of [
          [refusing, 6],
          [failing, 1],
        ] as const) {
          const fake = await fakeScenario(t, answers)
          const cwd = await tempFolder(t)
          const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'SUMMARY'), XDG_STATE_HOME: cwd }
          for (const voice of [
            ['--json', '--debug'],
            ['--progress', 'json', '--manifest', 'm.jsonl'],
          ]) {
            const { code, stdout, stderr } = await command(fake, [written, ...voice], { cwd, env })
            assert.equal(code, exit, stderr)
            assert.doesNotMatch(stdout + stderr, /hunter/)
          }
          const kept = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
          assert.ok(kept.some(({ name }) => name === 'SUMMARY'))
          for (const { parentPath, name } of kept) {
            assert.doesNotMatch(readFileSync(join(parentPath, name), 'utf8'), /hunter/, name)
          }
        }
      })
    }

    it('is hidden as far as it looks like a query where no more is known than the id of the upload', async (t) => {
      const upload = {
        status: 'failed',
        originalFileName: 'hero.png?token=hunter3',
        errorMessage: 'no a/b.png?t=hunter3',
      }
      const fake = await fakeScenario(t, { look: (response) => json(response, 200, { upload }) })
      for (const name of ['status', 'wait']) {
        const ended = await command(fake, [name, 'upload_1', '--json'])
        assert.equal(documentOf(ended).upload.fileName, 'hero.png?…')
        assert.match(ended.stderr, /no a\/b\.png\?…/)
        assert.doesNotMatch(ended.stdout + ended.stderr, /hunter/)
      }
    })

    it('leaves ids and states as they are, whatever its query has in common with them', async (t) => {
      const fake = await fakeScenario(t)
      const ended = await command(fake, ['https://example.com/hero.png?a=imported&b=upload&c=asset_test1', '--json'])
      const { status, entityId } = documentOf(ended).upload
      assert.deepEqual([ended.code, status, entityId], [0, 'imported', 'asset_test1'], ended.stderr)
    })

    it('is hidden in a failure too', async (t) => {
      const fake = await fakeScenario(t, {
        create: (response, { body }) =>
          json(response, 400, { message: `cannot fetch ${JSON.parse(String(body)).url}` }),
      })
      const ended = await command(fake, [written, '--debug'])
      assertFailure({ ...ended, stderr: ended.stderr.replace(/^ERR_[\s\S]*/m, '') }, 6, /cannot fetch/)
      assert.doesNotMatch(ended.stderr, /hunter|token/)
    })
  })

  describe('colours on stderr', { concurrency: 4 }, () => {
    const rows: [what: string, args: string[], env: Record<string, string>, colored: boolean][] = [
      ['are left out where it is piped', [], {}, false],
      ['are there with `--color always`', ['--color', 'always'], {}, true],
      ['are there with `--color=always` and NO_COLOR', ['--color=always'], { NO_COLOR: '1' }, true],
      ['are there with FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
      ['are left out with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
      ['are left out with an empty FORCE_COLOR', [], { FORCE_COLOR: '' }, false],
      ['are left out with NO_COLOR', [], { NO_COLOR: '1' }, false],
      ['are left out with `--color never` and FORCE_COLOR', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
    ]
    for (const [what, args, env, colored] of rows) {
      it(`${what}; stdout never has any`, async (t) => {
        const { fake, folder } = await stage(t)
        const [well, ill] = await Promise.all([
          command(fake, ['hero.png', ...args], { cwd: folder, env }),
          command(fake, ['nowhere.png', ...args], { cwd: folder, env }),
        ])
        assert.equal(well.stdout, 'asset_test1\n')
        assert.equal(ill.stdout, '')
        for (const { stderr } of [well, ill]) assert.equal(stderr.includes('\u001b['), colored, JSON.stringify(stderr))
      })
    }
  })

  describe('a stdout that takes nothing', { concurrency: 4 }, () => {
    const onto = async (t: TestContext, args: string[], target = '/dev/full') => {
      const { fake, folder } = await stage(t)
      const stdio = ['ignore', openSync(target, 'w'), 'pipe'] as const
      return start(t, ['hero.png', ...args], { cwd: folder, env: envOf(fake), stdio: [...stdio] }).ended
    }
    for (const args of [[], ['--json'], ['--quiet'], ['--progress', 'json']]) {
      it(`because its disk is full ends 1, and the ids are on stderr: ${args.join(' ') || 'no option'}`, async (t) => {
        if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here')
        const { code, stderr } = await onto(t, args)
        assert.equal(code, 1, stderr)
        assert.match(stderr, /asset_test1/)
        assert.match(stderr, /ENOSPC/)
      })
    }

    for (const word of ['--help', '--version']) {
      it(`is said for ${word} too`, async (t) => {
        if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here')
        const { code, stderr } = await onto(t, [word])
        assert.equal(code, 1)
        assert.match(stderr, /^✖ standard output could not be written/)
      })
    }

    it('because its reader has gone away is no failure', async (t) => {
      const { fake, folder } = await stage(t)
      for (const args of [[], ['--json']]) {
        const started = start(t, ['hero.png', ...args], {
          cwd: folder,
          env: envOf(fake),
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        started.child.stdout?.destroy()
        const { code, stderr } = await started.ended
        assert.equal(code, 0, stderr)
        assert.doesNotMatch(stderr, /EPIPE|✖/)
      }
    })

    it('is no reason to end where it is stderr that nobody reads', async (t) => {
      const { fake, folder } = await stage(t)
      const started = start(t, ['hero.png'], { cwd: folder, env: envOf(fake) })
      started.child.stderr?.destroy()
      const { code, stdout } = await started.ended
      assert.deepEqual([code, stdout], [0, 'asset_test1\n'])
    })
  })

  describe('a signal', { concurrency: 3 }, () => {
    const signals = [
      ['SIGINT', 130, 'ERR_INTERRUPTED'],
      ['SIGTERM', 143, 'ERR_TERMINATED'],
      ['SIGHUP', 129, 'ERR_HANGUP'],
    ] as const

    /** A command that has come so far and no further. */
    const stops = {
      creating: async (t: TestContext, args: string[]) => {
        const asked = promised()
        const fake = await fakeScenario(t, { create: () => asked.keep() })
        const { folder } = await stage(t)
        const started = start(t, ['hero.png', ...args], { cwd: folder, env: envOf(fake) })
        await started.reaches(asked.promise)
        return started
      },
      sending: async (t: TestContext, args: string[]) => {
        const sent = promised()
        const fake = await fakeScenario(t, { put: () => sent.keep() })
        const { folder } = await stage(t)
        const started = start(t, ['hero.png', ...args], { cwd: folder, env: envOf(fake) })
        await started.reaches(sent.promise)
        return started
      },
      'waiting to try again': async (t: TestContext, args: string[]) => {
        const fake = await fakeScenario(t, {
          put: (response) => json(response, 503, {}, { 'retry-after': '60' }),
        })
        const { folder } = await stage(t)
        const started = start(t, ['hero.png', '--verbose', ...args], { cwd: folder, env: envOf(fake) })
        await started.says(/try 2/)
        return started
      },
      waiting: async (t: TestContext, args: string[]) => {
        const fake = await fakeScenario(t, {
          look: (response) => json(response, 200, { upload: { status: 'validating' } }),
        })
        const { folder } = await stage(t)
        const started = start(t, ['hero.png', ...args], { cwd: folder, env: envOf(fake) })
        await started.says(/^validating/m)
        return started
      },
      'reading standard input': async (t: TestContext, args: string[]) => {
        const fake = await fakeScenario(t)
        const { folder } = await stage(t)
        const env = { ...envOf(fake), TMPDIR: folder }
        const started = start(t, ['-', '--name', 'a.png', ...args], { cwd: folder, env })
        started.child.stdin?.write(pngBytes(1000))
        await spooling(started, folder)
        return started
      },
    } as const

    for (const [where, stop] of Object.entries(stops)) {
      for (const [signal, exit, code] of signals) {
        it(`${signal} while ${where} ends ${exit} at once, and the document says so`, async (t) => {
          if (where === 'reading standard input' && process.platform !== 'linux') return t.skip('only on Linux')
          const ended = await endBy(await stop(t, ['--json']), signal)
          assert.deepEqual([ended.code, ended.signal], [exit, null], ended.stderr)
          const { ok, upload } = documentOf(ended)
          assert.equal(ok, false)
          assert.deepEqual(
            [upload.ok, upload.error?.code, upload.error?.exitCode, upload.error?.retryable],
            [false, code, exit, true],
          )
          assert.match(ended.stderr, /^✖ /m)
          const created = where !== 'creating' && where !== 'reading standard input'
          assert.equal(upload.uploadId, created ? uploadId : null)
        })
      }
    }

    it('leaves stdout empty without `--json`, and nothing in TMPDIR', async (t) => {
      if (process.platform !== 'linux') return t.skip('only Linux shows the open files of a process')
      const folder = await tempFolder(t)
      const started = start(t, ['-', '--name', 'a.png'], { env: { ...envOf(await fakeScenario(t)), TMPDIR: folder } })
      started.child.stdin?.write(pngBytes(1000))
      await spooling(started, folder)
      const ended = await endBy(started, 'SIGINT')
      assertFailure(ended, 130, /interrupted/)
      assert.deepEqual(readdirSync(folder), [])
    })

    it('ends `wait` and a run in its own sandbox too', async (t) => {
      const asked = promised()
      const fake = await fakeScenario(t, { look: () => asked.keep() })
      const waiting = start(t, ['wait', 'upload_9', '--json'], { env: envOf(fake) })
      await waiting.reaches(asked.promise)
      const waited = await endBy(waiting, 'SIGTERM')
      assert.equal(waited.code, 143)
      assert.equal(documentOf(waited).upload.uploadId, 'upload_9')
      const folder = await tempFolder(t)
      writeFileSync(join(folder, 'big.png'), pngBytes(64 * MiB))
      // Far from its end, however late the signal comes.
      const own = start(t, ['big.png', '--sandbox', '--parts', '12', '-c', '1', '--limit-rate', '500kB'], {
        cwd: folder,
        env: { TMPDIR: folder },
      })
      await own.says(/^sending/m)
      assert.equal((await endBy(own, 'SIGINT')).code, 130)
      assert.deepEqual(readdirSync(folder), ['big.png'])
    })

    it('skips the sources that were not tried yet', async (t) => {
      const sent = promised()
      const fake = await fakeScenario(t, { put: () => sent.keep() })
      const { folder } = await stage(t)
      writeFileSync(join(folder, 'b.png'), pngBytes(50))
      const started = start(t, ['hero.png', 'b.png', '--jobs', '1', '--json'], { cwd: folder, env: envOf(fake) })
      await started.reaches(sent.promise)
      const ended = await endBy(started, 'SIGINT')
      assert.equal(ended.code, 130)
      assert.deepEqual(
        documentOf(ended).uploads.map(({ error }) => error?.code),
        ['ERR_INTERRUPTED', 'ERR_NOT_TRIED'],
      )
    })

    it('is its end even where something goes on that cannot be called off, as a lookup of a dead name server', async (t) => {
      const sent = promised()
      const fake = await fakeScenario(t, { put: () => sent.keep() })
      const { folder } = await stage(t)
      const lookup = 'data:text/javascript,setTimeout(()=>{},600_000)'
      const env = { ...envOf(fake), NODE_OPTIONS: `--import=${lookup}` }
      const started = start(t, ['hero.png', '--json'], { cwd: folder, env })
      await started.reaches(sent.promise)
      const ended = await endBy(started, 'SIGTERM', 20_000)
      assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM'])
      assert.equal(documentOf(ended).upload.error?.exitCode, 143)
    })

    it('that comes a second time ends it on the spot, though nobody has read the answer', async (t) => {
      const sent = promised()
      const fake = await fakeScenario(t, { put: () => sent.keep() })
      const { folder } = await stage(t)
      // Far more of a document than a pipe holds.
      const sources = Array.from({ length: 3000 }, () => 'hero.png')
      const { child, says, reaches } = start(t, [...sources, '--json'], { cwd: folder, env: envOf(fake) })
      const exited = promised<[code: number | null, signal: string | null]>()
      child.once('exit', (...ending) => exited.keep(ending))
      child.stdout?.pause()
      await reaches(sent.promise)
      child.kill('SIGINT')
      await says(/✖ .*interrupted/)
      const alive = await Promise.race([exited.promise, new Promise((resolve) => setTimeout(resolve, 500, 'alive'))])
      assert.equal(alive, 'alive', 'the first signal ended it without its document')
      child.kill('SIGINT')
      const ending = await Promise.race([
        exited.promise,
        new Promise((resolve) => setTimeout(resolve, soonMs, 'alive')),
      ])
      assert.deepEqual(ending, [130, null])
      child.stdout?.resume()
    })
  })

  describe('a word that looks like another', { concurrency: 4 }, () => {
    it('is a file after `--`, even one that begins with a dash', async (t) => {
      const { fake, folder } = await stage(t)
      writeFileSync(join(folder, '--hide.png'), pngBytes(50))
      const ended = await command(fake, ['--json', '--', '--hide.png', 'hero.png'], { cwd: folder })
      assert.equal(ended.code, 0, ended.stderr)
      assert.deepEqual(
        documentOf(ended).uploads.map(({ source }) => source),
        ['--hide.png', 'hero.png'],
      )
    })

    it('is a file after `--`, even one named like a sub-command', async (t) => {
      const { fake, folder } = await stage(t)
      writeFileSync(join(folder, 'status'), pngBytes(50))
      assertAnswer(await command(fake, ['--', 'status'], { cwd: folder }), 'asset_test1\n')
      assertAnswer(await command(fake, ['./status'], { cwd: folder }), 'asset_test1\n')
      assert.equal(JSON.parse(String(fake.api[0]?.body)).fileName, 'status')
    })

    it('is a sub-command without `./`', async (t) => {
      const { fake, folder } = await stage(t)
      mkdirSync(join(folder, 'status'))
      const ended = await command(fake, ['status', 'upload_9'], { cwd: folder })
      assertAnswer(ended, 'asset_test1\n')
      assert.equal(fake.api[0]?.path, '/v1/uploads/upload_9')
    })

    it('may stand before or after its options', async (t) => {
      const { fake } = await stage(t)
      const before = await command(fake, ['--json', 'status', 'upload_9'])
      const after = await command(fake, ['status', 'upload_9', '--json'])
      assert.deepEqual([before.code, after.code], [0, 0])
      assert.deepEqual(exactly(before), exactly(after))
    })
  })

  describe('help and version', { concurrency: 4 }, () => {
    it('are on stdout, end 0, and need nothing', async () => {
      const env = { SCENARIO_BASE_URL: 'nonsense' }
      for (const args of [['--help'], ['-h'], ['wait', '--help'], ['status', '-h'], ['sandbox', '--help']]) {
        const { code, stdout, stderr } = await run(args, { env })
        assert.deepEqual([code, stderr], [0, ''])
        assert.match(stdout, /^Usage: scenario-upload/)
      }
      for (const args of [['--version'], ['-V']]) {
        const { code, stdout, stderr } = await run(args, { env })
        assert.deepEqual([code, stderr], [0, ''])
        assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
      }
    })
  })

  describe('`sandbox`', { concurrency: 4 }, () => {
    const variables =
      /^export SCENARIO_BASE_URL=(\S+)\nexport SCENARIO_SDK_API_KEY=(\S+)\nexport SCENARIO_SDK_API_SECRET=(\S+)\n$/

    for (const [signal, exit] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      it(`prints what to export, takes an upload, and stays until ${signal}`, async (t) => {
        const folder = await tempFolder(t)
        const file = await testFile(folder, 'hero.png', pngBytes(500))
        const started = start(t, ['sandbox'], { env: { TMPDIR: folder } })
        const [, apiUrl = '', key = '', secret = ''] = await started.says(variables)
        assert.match(apiUrl, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
        const ended = await command({ apiUrl, credentials: { key, secret } }, [file.path, '--json'])
        assert.equal(ended.code, 0, ended.stderr)
        assert.equal(documentOf(ended).sandbox, true)
        assert.match(ended.stderr, /note: .*sandbox/)
        await started.says(new RegExp(file.sha256))
        assert.equal(started.child.exitCode, null)
        const stopped = await endBy(started, signal)
        assert.equal(stopped.code, exit)
        assert.match(stopped.stdout, variables)
        assert.match(stopped.stderr, /another terminal; Ctrl-C ends it$/m)
        assert.deepEqual(readdirSync(folder), ['hero.png'])
      })
    }

    const node = (script: string) => ['sandbox', '--', process.execPath, '-e', script]

    it('before a command passes its exit code on', async () => {
      assert.equal((await run(node('process.exitCode = 7'))).code, 7)
      assert.equal((await run(node(''))).code, 0)
      assert.equal((await run(node('process.kill(process.pid, "SIGTERM")'))).code, 143)
    })

    it('before a command gives it the sandbox in its environment, and none of the real credentials', async () => {
      const env = {
        SCENARIO_BASE_URL: 'https://api.example.com/v1',
        SCENARIO_SDK_API_KEY: 'real_key',
        SCENARIO_SDK_API_SECRET: 'real_secret',
        SCENARIO_API_KEY: 'real_key_2',
        SCENARIO_API_SECRET: 'real_secret_2',
        OTHER: 'kept',
      }
      const { stdout, code } = await run(node('console.log(JSON.stringify(process.env))'), { env })
      assert.equal(code, 0)
      const seen = JSON.parse(stdout)
      assert.match(seen.SCENARIO_BASE_URL, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
      assert.match(seen.SCENARIO_SDK_API_KEY, /^sandbox_/)
      assert.match(seen.SCENARIO_SDK_API_SECRET, /^sandbox_/)
      assert.deepEqual([seen.SCENARIO_API_KEY, seen.SCENARIO_API_SECRET, seen.OTHER], [undefined, undefined, 'kept'])
      assert.doesNotMatch(stdout, /real_/)
    })

    it('before a command hands it stdin, stdout and all its words', async () => {
      const script = 'process.stdin.on("data", (text) => process.stdout.write(process.argv.slice(1).join("|") + text))'
      const ended = await run([...node(script), '--', '--json', 'a b', '--'], { input: '!' })
      assert.equal(ended.stdout, '--json|a b|--!')
    })

    it('before this command makes it upload to the sandbox', async (t) => {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(500))
      const ended = await run(['sandbox', '--', process.execPath, bin, file.path, '--json'])
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(documentOf(ended).sandbox, true)
      assert.match(ended.stderr, new RegExp(file.sha256))
    })

    it('before a command that does not exist, or can be none, ends 1', async () => {
      assertFailure(await run(['sandbox', '--', 'no-such-command-here']), 1, /no-such-command-here/, /PATH/)
      const inFile = join(bin, 'x')
      assertFailure(await run(['sandbox', '--', inFile]), 1, /scenario-upload\.js\/x could not be .*ENOTDIR/, /PATH/)
    })

    it('before an empty command ends 2', async () => {
      assertFailure(await run(['sandbox', '--', '', 'x']), 2, /the command of sandbox is empty/, /after `--`/)
    })

    it('hands each signal on to its command, which ends when it likes to', async (t) => {
      const folder = await tempFolder(t)
      const say = 'const says = (word) => console.log(word); let heard = 0; setInterval(() => {}, 1000)'
      const hear = 'process.on("SIGTERM", () => (++heard === 3 ? process.exit(9) : says("heard " + heard)))'
      const started = start(t, node(`${say}; ${hear}; says("up")`), { env: { TMPDIR: folder } })
      await started.says(/up/)
      started.child.kill('SIGTERM')
      await started.says(/heard 1/)
      started.child.kill('SIGTERM')
      await started.says(/heard 2/)
      assert.equal((await endBy(started, 'SIGTERM')).code, 9)
      assert.deepEqual(readdirSync(folder), [])
    })

    it('hands a signal on that comes while its command starts', async (t) => {
      const folder = await tempFolder(t)
      const started = start(t, node('setTimeout(() => {}, 20_000)'), { env: { TMPDIR: folder } })
      await started.says(/nothing is kept/)
      assert.equal((await endBy(started, 'SIGTERM')).code, 143)
      assert.deepEqual(readdirSync(folder), [])
    })

    it('does not open its door to other keys', async (t) => {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(500))
      const started = start(t, ['sandbox'])
      const [, apiUrl = ''] = await started.says(variables)
      const ended = await command({ apiUrl, credentials }, [file.path, '--json'])
      assert.equal(ended.code, 4)
      assert.equal(documentOf(ended).upload.error?.code, 'ERR_CREDENTIALS_REFUSED')
    })
  })
})
