/**
 * A folder that is published again and again: `--manifest` and `--force`.
 *
 * Scenes: the second run · what has changed · a moved checkout · what the server fetches, and standard input · ids that
 * come later · `--force`, `--dry-run`, `--sandbox` · runs that were killed, two at once, torn lines · manifests that are
 * none, or cannot be written · a file that is rewritten while it is sent.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type UploadEvent, upload, uploadMany } from '../src/index.js'
import type { RecordedRequest, Sandbox, SandboxOptions } from '../src/sandbox/index.js'
import { bin, cleanEnv, envOf, type Run, type RunOptions, run } from './helpers/command.js'
import { pngBytes, sha256, tempFolder } from './helpers/files.js'
import {
  assertAnswer,
  assertFailure,
  command,
  documentOf,
  eventsOf,
  linesOf,
  promised,
  sandboxFor,
  start,
} from './helpers/scene.js'
import { namesIn, stateFolder } from './helpers/state-folder.js'

interface Line {
  schemaVersion: number
  source: string
  path: string | null
  sha256: string
  size: number | null
  uploadId: string
  entityId: string | null
  api: string
  status: string
}

interface Scene {
  sandbox: Sandbox
  folder: string
  env: Record<string, string>
  /** The command in the folder, with its manifest. */
  publish: (words: readonly string[], options?: RunOptions) => Promise<Run>
  /** The same with `--json`. */
  json: (words: readonly string[]) => ReturnType<typeof documentsOf>
  text: () => string
  lines: () => Line[]
  /** The calls since this was asked for last, of the looks at an upload only the first. */
  calls: () => string[]
}

const documentsOf = async (ended: Promise<Run>) => documentOf(await ended)

async function sceneFor(t: TestContext, names: readonly string[], options: SandboxOptions = {}): Promise<Scene> {
  const sandbox = await sandboxFor(t, options)
  const folder = await tempFolder(t)
  for (const name of names) writeFileSync(join(folder, name), pngBytes(1000))
  const env = { ...envOf(sandbox), XDG_STATE_HOME: join(folder, 'state') }
  const text = () => readFileSync(join(folder, 'uploads.jsonl'), 'utf8')
  const state = { mark: 0 }
  const publish = (words: readonly string[], own: RunOptions = {}) =>
    run([...words, '--manifest', 'uploads.jsonl'], { cwd: folder, ...own, env: { ...env, ...own.env } })
  return {
    ...{ sandbox, folder, env, text, publish },
    json: (words) => documentsOf(publish([...words, '--json'])),
    lines: () => linesOf(text()).map((line) => JSON.parse(line)),
    calls: () => {
      const all = sandbox.requests().slice(state.mark)
      state.mark += all.length
      const isFirst = ({ uploadId }: RecordedRequest, index: number) =>
        all.findIndex((other) => other.call === 'get' && other.uploadId === uploadId) === index
      return all.filter((request, index) => request.call !== 'get' || isFirst(request, index)).map(({ call }) => call)
    },
  }
}

/** In the order of their names. */
const pathsOf = (lines: readonly Line[]) => lines.map(({ path }) => path ?? '').toSorted()

const digestsOf = (uploads: readonly { sha256: string | null }[]) => uploads.map((each) => each.sha256).toSorted()

const three = ['a.png', 'b.png', 'c.png']
const one = ['create', 'put', 'complete', 'get']

describe('the same folder once more', { concurrency: 3 }, () => {
  it('makes no request at all, needs no credentials, and prints the same ids', async (t) => {
    const { publish, calls, lines } = await sceneFor(t, three)
    const first = await publish(three)
    assert.equal(linesOf(first.stdout).length, 3)
    assert.deepEqual(calls().toSorted(), [...one, ...one, ...one].toSorted())
    assert.equal(lines().length, 3)
    const second = await publish(three, { env: { SCENARIO_SDK_API_KEY: '', SCENARIO_SDK_API_SECRET: '' } })
    assertAnswer(second, first.stdout)
    assert.deepEqual([calls(), lines().length], [[], 3])
    assert.deepEqual(
      linesOf(second.stderr).slice(0, 3).toSorted(),
      three.map((name) => `✔ ${name}: already uploaded`),
    )
    assert.match(
      linesOf(second.stderr).slice(3).join('\n'),
      /^total: 3 of 3 done \(3 already uploaded\), in [\d.]+ m?s$/,
    )
  })

  it('may hold its manifest, which is not uploaded', async (t) => {
    const { publish, calls, lines } = await sceneFor(t, three)
    const first = await publish(['-r', '.'])
    assert.equal(linesOf(first.stdout).length, 3, first.stderr)
    calls()
    assertAnswer(await publish(['-r', '.']), first.stdout)
    assertAnswer(await publish(['*']), first.stdout)
    assert.deepEqual([calls(), lines().length], [[], 3])
  })

  it('says of each that it was skipped, to programs too', async (t) => {
    const { publish, json, lines, sandbox } = await sceneFor(t, three)
    const before = await json(three)
    assert.deepEqual(
      before.uploads.map(({ skipped }) => skipped),
      [false, false, false],
    )
    const after = await json(three)
    assert.deepEqual(
      after.uploads.map(({ ok, skipped, uploadId, entityId, status, bytes }) => [
        ok,
        skipped,
        uploadId,
        entityId,
        status,
        bytes,
      ]),
      before.uploads.map(({ uploadId, entityId }) => [true, true, uploadId, entityId, 'imported', 1000]),
    )
    const events = eventsOf(await publish(['a.png', '--progress', 'json', '--verbose']))
    assert.deepEqual(
      events.map(({ event, phase, skipped }) => [event, phase ?? skipped]),
      [
        ['phase', 'checking'],
        ['detail', undefined],
        ['done', true],
      ],
    )
    assert.match(String(events[1]?.message), new RegExp(lines().find(({ path }) => path === 'a.png')?.sha256 ?? 'none'))
    assert.deepEqual(digestsOf(lines()), digestsOf(sandbox.uploads()))
  })

  it('sends what is new, and each of two files with the same content', async (t) => {
    const { folder, publish, calls, lines } = await sceneFor(t, ['a.png'])
    await publish(['a.png'])
    calls()
    cpSync(join(folder, 'a.png'), join(folder, 'copy.png'))
    const ended = await publish(['a.png', 'copy.png', './copy.png'])
    assert.deepEqual([ended.code, calls(), linesOf(ended.stdout).length], [0, one, 3])
    assert.deepEqual(
      lines().map(({ path }) => path),
      ['a.png', 'copy.png'],
    )
    assert.match(ended.stderr, /^total: 3 of 3 done \(1 already uploaded\), 1\.0 kB in [\d.]+ m?s$/m)
  })

  it('needs credentials as soon as anything is new', async (t) => {
    const { publish, calls } = await sceneFor(t, three)
    await publish(['a.png'])
    calls()
    const ended = await publish(three, { env: { SCENARIO_SDK_API_KEY: '', SCENARIO_SDK_API_SECRET: '' } })
    assertFailure(ended, 4, /API key|credentials/i)
    assert.deepEqual(calls(), [])
  })

  it('records nothing of what failed, and sends it again', async (t) => {
    const { publish, calls, lines } = await sceneFor(t, three, {
      fault: ({ call, attempt }) =>
        call === 'create' && attempt === 2 ? { kind: 'reply', status: 422, body: '{"message":"no"}' } : undefined,
    })
    assert.equal((await publish(three)).code, 1)
    assert.equal(lines().length, 2)
    calls()
    assert.equal((await publish(three)).code, 0)
    assert.deepEqual(calls(), one)
    assert.deepEqual(pathsOf(lines()), three)
  })
})

describe('what has changed', { concurrency: 3 }, () => {
  for (const [title, bytes] of [
    ['its content, though not its size', 1000],
    ['its size', 1001],
  ] as const) {
    it(`(${title}) is sent anew, and known again where it is changed back`, async (t) => {
      const { folder, publish, calls, lines } = await sceneFor(t, ['a.png'])
      const path = join(folder, 'a.png')
      const before = readFileSync(path)
      const first = await publish(['a.png'])
      writeFileSync(path, pngBytes(bytes))
      calls()
      const second = await publish(['a.png'])
      assert.notEqual(second.stdout, first.stdout)
      assert.deepEqual([calls(), lines().length, lines()[1]?.size], [one, 2, bytes])
      writeFileSync(path, before)
      assertAnswer(await publish(['a.png']), first.stdout)
      assert.deepEqual(calls(), [])
    })
  }

  for (const words of [
    ['--kind', 'asset'],
    ['--name', 'z.png'],
    ['--hide'],
    ['--collection', 'c1'],
    ['--project', 'p1'],
  ]) {
    it(`(${words.join(' ')}) is another upload`, async (t) => {
      const { publish, calls } = await sceneFor(t, ['a.png'])
      await publish(['a.png'])
      calls()
      for (const expected of [one, []]) {
        assert.equal((await publish(['a.png', ...words])).code, 0)
        assert.deepEqual(calls(), expected)
      }
    })
  }

  it('(only how it is split) is the same upload', async (t) => {
    const { publish, calls } = await sceneFor(t, ['a.png'])
    await publish(['a.png'])
    calls()
    await publish(['a.png', '--part-size', '6MiB', '--no-verify', '--concurrency', '1'])
    assert.deepEqual(calls(), [])
  })
})

describe('a checkout', { concurrency: 3 }, () => {
  it('that was copied elsewhere has nothing to send, however its files are written', async (t) => {
    const { folder, publish, calls } = await sceneFor(t, [])
    await mkdir(join(folder, 'repo', 'art'), { recursive: true })
    await mkdir(join(folder, 'repo', 'ci'))
    writeFileSync(join(folder, 'repo', 'art', 'a.png'), pngBytes(1000))
    const at = (name: string, words: string[]) =>
      publish([...words, '--manifest', join(folder, name, 'ci', 'm.jsonl')], { cwd: join(folder, name, 'art') })
    const first = await at('repo', ['a.png'])
    assert.equal(first.code, 0, first.stderr)
    cpSync(join(folder, 'repo'), join(folder, 'elsewhere'), { recursive: true })
    calls()
    for (const word of ['a.png', './a.png', '../art/a.png', join(folder, 'elsewhere', 'art', 'a.png')]) {
      assertAnswer(await at('elsewhere', [word]), first.stdout)
    }
    assert.deepEqual(calls(), [])
  })
})

describe('what is no file', { concurrency: 3 }, () => {
  const address = 'https://ann:pass@example.com/hero.png?token=secretsecret'
  const words = [address, 'hf:ann/model', 'civitai:370194']

  it('is fetched by the server once', async (t) => {
    const { publish, calls, lines, text, sandbox } = await sceneFor(t, [])
    const first = await publish(words)
    assert.equal(linesOf(first.stdout).length, 3, first.stderr)
    assert.deepEqual(calls().toSorted(), ['create', 'create', 'create', 'get', 'get', 'get'])
    assertAnswer(await publish(words), first.stdout)
    assert.deepEqual(calls(), [])
    assert.deepEqual(
      lines()
        .map(({ source }) => source)
        .toSorted(),
      ['civitai:370194', 'hf:ann/model', 'https://example.com/hero.png?…'],
    )
    for (const secret of ['secretsecret', 'ann:pass', ...Object.values(sandbox.credentials)]) {
      assert.ok(!text().includes(secret), secret)
    }
    await publish([address.replace('secretsecret', 'other')])
    assert.deepEqual(calls(), ['create', 'get'])
  })

  it('is read from standard input, and not sent where it has the same name and content', async (t) => {
    const { publish, calls } = await sceneFor(t, [])
    const [input, other] = [pngBytes(1000), pngBytes(1000)]
    const first = await publish(['-', '--name', 'x.png'], { input })
    calls()
    assertAnswer(await publish(['-', '--name', 'x.png'], { input }), first.stdout)
    assert.deepEqual(calls(), [])
    for (const [name, bytes] of [
      ['x.png', other],
      ['y.png', input],
    ] as const) {
      assert.equal((await publish(['-', '--name', name], { input: bytes })).code, 0)
      assert.deepEqual(calls(), one, name)
    }
  })
})

describe('an id that comes later', { concurrency: 3 }, () => {
  it('is waited for instead of another upload, and recorded then', async (t) => {
    const { publish, calls, lines, json } = await sceneFor(t, ['a.png'])
    const first = await publish(['a.png', '--no-wait'])
    assert.match(first.stdout, /^upload_\w+\n$/)
    assertAnswer(await publish(['a.png', '--no-wait']), first.stdout)
    assert.deepEqual(calls(), ['create', 'put', 'complete'])
    const { upload } = await json(['a.png'])
    assert.deepEqual([upload.ok, upload.skipped, `${upload.uploadId}\n`], [true, true, first.stdout])
    assert.match(upload.entityId ?? '', /^asset_/)
    assert.deepEqual([calls(), lines().map(({ entityId }) => entityId)], [['get'], [null, upload.entityId]])
    assertAnswer(await publish(['a.png']), `${upload.entityId}\n`)
    assert.deepEqual(calls(), [])
  })

  it('and never will leads to another upload, which is said', async (t) => {
    const { publish, calls, lines } = await sceneFor(t, ['a.png'], { end: 'failed' })
    await publish(['a.png', '--no-wait'])
    calls()
    const ended = await publish(['a.png'])
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^note: upload_\w+ is failed: beginning afresh$/m)
    assert.deepEqual([calls(), lines().length], [['get', ...one], 1])
  })
})

describe('--force', () => {
  it('sends all the same, and what it sent counts from then on', async (t) => {
    const { publish, calls, lines } = await sceneFor(t, ['a.png'])
    await publish(['a.png'])
    calls()
    const forced = await publish(['a.png', '--force'])
    assert.deepEqual([calls(), lines().length], [one, 2])
    assertAnswer(await publish(['a.png']), forced.stdout)
  })

  it('without a manifest is a usage error', async (t) => {
    const sandbox = await sandboxFor(t)
    assertFailure(await command(sandbox, ['a.png', '--force']), 2, /--force goes with --manifest/)
  })
})

describe('--dry-run', () => {
  it('says what would be skipped, asks nobody and makes no manifest', async (t) => {
    const { publish, calls, folder, json, text } = await sceneFor(t, three)
    const before = await publish([...three, '--dry-run'])
    assert.deepEqual([before.code, before.stdout, existsSync(join(folder, 'uploads.jsonl'))], [0, '', false])
    await publish(['a.png', 'b.png'])
    writeFileSync(join(folder, 'b.png'), pngBytes(1000))
    calls()
    const now = text()
    const { stderr, stdout } = await publish([...three, '--dry-run'])
    assert.equal(stdout, '')
    assert.match(stderr, /^would skip a\.png: already uploaded\nwould upload b\.png: .*\nwould upload c\.png: /m)
    assert.match(stderr, /^total: 2 would be uploaded, 1 already uploaded, 2\.0 kB$/m)
    const { uploads } = await json([...three, '--dry-run'])
    assert.deepEqual(
      uploads.map(({ skipped, uploadId }) => [skipped, uploadId]),
      [
        [true, null],
        [false, null],
        [false, null],
      ],
    )
    assert.deepEqual([calls(), text()], [[], now])
  })
})

describe('--sandbox', () => {
  it('is new each time: it knows nothing of what any other had, and no other knows of it', async (t) => {
    const { publish, lines, calls } = await sceneFor(t, ['a.png'])
    const runs = [await publish(['a.png', '--sandbox']), await publish(['a.png', '--sandbox'])]
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr)
    assert.notEqual(runs[0]?.stdout, runs[1]?.stdout)
    assert.equal(lines().length, 2)
    await publish(['a.png'])
    assert.deepEqual(calls(), one)
  })
})

describe('a run that is killed in the middle of several files', { concurrency: 2 }, () => {
  const names = Array.from({ length: 8 }, (_, index) => `${index}.png`)
  for (const cut of ['create', 'put', 'complete', 'get'] as const) {
    it(`at a ${cut}, and once more: each is recorded once, and nothing is sent that was recorded`, async (t) => {
      const { promise: reached, keep } = promised()
      const state = { seen: 0 }
      const { sandbox, folder, publish, lines, text, env } = await sceneFor(t, names, {
        fault: ({ call }) => {
          if (call !== cut) return undefined
          state.seen += 1
          if (state.seen !== 3) return undefined
          keep()
          return { kind: 'silent' }
        },
      })
      const first = start(t, [...names, '--manifest', 'uploads.jsonl'], { cwd: folder, env })
      await first.reaches(reached)
      await first.reaches(() => existsSync(join(folder, 'uploads.jsonl')) && linesOf(text()).length >= 2)
      first.child.kill('SIGKILL')
      await first.ended
      const recorded = new Set(lines().map(({ uploadId }) => uploadId))
      assert.ok(recorded.size >= 2 && recorded.size < names.length)
      const mark = sandbox.requests().length
      const second = await publish(names)
      assert.equal(second.code, 0, second.stderr)
      const about = sandbox
        .requests()
        .slice(mark)
        .filter(({ uploadId = '' }) => recorded.has(uploadId))
      assert.deepEqual(about, [], 'nobody asks about what was recorded')
      assert.deepEqual(pathsOf(lines()), names)
      const held = sandbox.uploads().filter(({ status }) => status !== 'pending')
      assert.deepEqual(digestsOf(held), digestsOf(lines()))
      assert.equal(linesOf(second.stdout).length, names.length)
      assert.deepEqual(namesIn(stateFolder(join(folder, 'state'))), [], 'nothing is left that a run would go on with')
    })
  }
})

describe('two runs at once', { concurrency: 2 }, () => {
  it('that publish fifty files each into one manifest lose no line and tear none', async (t) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}.png`)
    const { publish, lines, calls } = await sceneFor(t, names)
    const halves = [names.slice(0, 50), names.slice(50)]
    const ended = await Promise.all(halves.map((half) => publish([...half, '--no-wait'])))
    for (const { code, stderr } of ended) assert.equal(code, 0, stderr)
    assert.deepEqual(pathsOf(lines()), names.toSorted())
    calls()
    const again = await publish([...names, '--no-wait'])
    assertAnswer(again, ended.map(({ stdout }) => stdout).join(''))
    assert.deepEqual(calls(), [])
  })

  it('of the same files send each of them twice at most, and all is known then', async (t) => {
    const names = Array.from({ length: 10 }, (_, index) => `${index}.png`)
    const { publish, lines, calls } = await sceneFor(t, names)
    const words = [...names, '--no-wait', '--no-resume']
    const ended = await Promise.all([publish(words), publish(words.toReversed())])
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0],
    )
    const counts = names.map((name) => lines().filter(({ path }) => path === name).length)
    assert.ok(
      counts.every((count) => count >= 1 && count <= 2),
      String(counts),
    )
    calls()
    assert.equal((await publish(words)).code, 0)
    assert.deepEqual(calls(), [])
  })
})

describe('a torn last line', () => {
  it('is skipped with a note that names it, and the next one begins on its own', async (t) => {
    const { folder, publish, calls, text } = await sceneFor(t, three)
    const first = await publish(['a.png'])
    appendFileSync(join(folder, 'uploads.jsonl'), text().slice(0, 100))
    calls()
    const second = await publish(['a.png', 'b.png'])
    assert.deepEqual([second.code, calls(), linesOf(second.stdout)[0]], [0, one, first.stdout.trim()])
    const note = /^note: line 2 of uploads\.jsonl is no record: skipped$/gm
    assert.equal(second.stderr.match(note)?.length, 1, second.stderr)
    assert.equal(linesOf(text()).length, 3)
    assertAnswer(await publish(['a.png', 'b.png']), second.stdout)
  })
})

describe('a manifest that cannot be one ends all before any request', { concurrency: 3 }, () => {
  const rows: [title: string, path: string, sentence: RegExp][] = [
    ['in a folder that is not there', 'no/m.jsonl', /no\/m\.jsonl: its folder is not there/],
    ['that is a folder', '.', /is not a regular file/],
    ['that is a picture', 'b.png', /b\.png is no manifest/],
  ]
  for (const [title, path, sentence] of rows) {
    it(title, async (t) => {
      const { folder, sandbox, env } = await sceneFor(t, three)
      const picture = sha256(readFileSync(join(folder, 'b.png')))
      for (const words of [['a.png'], ['a.png', '--dry-run'], ['a.png', '--force']]) {
        assertFailure(await run([...words, '--manifest', path], { cwd: folder, env }), 3, sentence)
      }
      assert.deepEqual([sandbox.requests(), sha256(readFileSync(join(folder, 'b.png')))], [[], picture])
    })
  }

  it('where the working folder was removed, as for one file so for a folder of them', {
    skip: process.platform === 'win32' && 'there it cannot be',
  }, async (t) => {
    const { folder, env } = await sceneFor(t, three)
    const script = `mkdir gone; cd gone; rmdir ../gone; exec "${process.execPath}" "${bin}" -r "${folder}" --manifest m.jsonl`
    assertFailure(await shell(script, folder, env), 3, /m\.jsonl: its folder is not there/)
  })

  it('and before standard input is read', async (t) => {
    const { folder, env } = await sceneFor(t, [])
    const started = start(t, ['-', '--name', 'x.png', '--manifest', 'no/m.jsonl'], { cwd: folder, env })
    assertFailure(await started.ended, 3, /its folder is not there/)
  })
})

describe('a manifest on a disk that fills up', {
  skip: process.platform !== 'linux' && 'as Linux limits files',
}, () => {
  it('ends all with the id of what was uploaded, which the same command finds again', async (t) => {
    const { folder, env, publish, calls, text } = await sceneFor(t, three)
    await publish(['a.png', 'b.png'])
    calls()
    // The third line does not fit into so many blocks of 1024 bytes.
    const script = `ulimit -f 1; exec "${process.execPath}" "${bin}" c.png --manifest uploads.jsonl`
    const ended = await shell(script, folder, env)
    assertFailure(
      { ...ended, stdout: '' },
      3,
      /^c\.png is uploaded \(asset_\w+\), but the manifest uploads\.jsonl cannot be written \((EFBIG|ENOSPC)\)$/,
    )
    assert.deepEqual(calls(), one)
    assert.ok(text().length <= 1024)
    const again = await publish(three)
    assert.equal(again.code, 0, again.stderr)
    assert.deepEqual(calls(), ['get'], 'what is there is not sent again')
    const whole = linesOf(text()).flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []))
    assert.deepEqual(pathsOf(whole), three)
  })
})

function shell(script: string, cwd: string, env: Record<string, string>): Promise<Run> {
  const child = spawn('bash', ['-c', script], { cwd, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })
}

/** Runs before the command: what its manifest is written to cannot be closed. */
const breaksAtTheEnd = `
  import { open } from 'node:fs/promises'
  const one = await open(process.execPath)
  const handles = Object.getPrototypeOf(one)
  const { write } = handles
  await one.close()
  handles.write = function (...args) {
    const { close } = this
    this.close = () => close().then(() => { throw new Error('it broke') })
    return write.apply(this, args)
  }`

describe('what breaks after the answer was written', { concurrency: 2 }, () => {
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(breaksAtTheEnd)}` }

  it('is said, and is no success', async (t) => {
    const { publish } = await sceneFor(t, ['hero.png'])
    const ended = await publish(['hero.png', '--no-resume'], { env })
    assert.equal(ended.code, 70)
    assert.match(ended.stdout, /^asset_\S+\n$/)
    assert.match(ended.stderr, /^✖ .*it broke\n {2}→ /m)
  })

  it('leaves another failure its exit code', async (t) => {
    const { publish } = await sceneFor(t, ['hero.png'])
    const ended = await publish(['hero.png', 'nowhere.png', '--no-resume'], { env })
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^✖ .*it broke$/m)
  })

  it('is said beside a document, with which the exit code agrees', async (t) => {
    const { publish } = await sceneFor(t, ['hero.png'])
    const ended = await publish(['hero.png', '--no-resume', '--json'], { env })
    assert.deepEqual([documentOf(ended).ok, ended.code], [true, 0])
    assert.match(ended.stderr, /^✖ .*it broke$/m)
  })
})

describe('a file that is rewritten between its first look and its sending', () => {
  it('and given its old time back is recorded as it was sent', async (t) => {
    const place = { path: '' }
    const { folder, publish, lines, sandbox } = await sceneFor(t, ['a.png', 'old.png'], {
      fault: ({ call }) => {
        if (call === 'create') rewrite(place.path)
        return undefined
      },
    })
    place.path = join(folder, 'a.png')
    const before = sha256(readFileSync(place.path))
    const ended = await publish(['a.png'])
    assert.equal(ended.code, 0, ended.stderr)
    const now = sha256(readFileSync(place.path))
    assert.notEqual(now, before)
    assert.deepEqual([sandbox.uploads()[0]?.sha256, lines()[0]?.sha256], [now, now])
  })
})

describe('a file that is rewritten while its upload is completed', () => {
  it('and given its old time back is not recorded, which is said: the next run sends it', async (t) => {
    const place = { path: '' }
    const { folder, publish, lines, calls, sandbox } = await sceneFor(t, ['a.png'], {
      fault: ({ call }) => {
        if (call === 'complete' && sandbox.uploads().length === 1) rewrite(place.path)
        return undefined
      },
    })
    place.path = join(folder, 'a.png')
    const sent = sha256(readFileSync(place.path))
    const first = await publish(['a.png'])
    assert.equal(first.code, 0, first.stderr)
    assert.match(
      first.stderr,
      /^note: a\.png was touched or has changed since it was sent, so the manifest does not have it$/m,
    )
    assert.deepEqual([sandbox.uploads()[0]?.sha256, lines()], [sent, []])
    calls()
    const second = await publish(['a.png'])
    assert.equal(second.code, 0, second.stderr)
    const now = sha256(readFileSync(place.path))
    assert.notEqual(now, sent)
    assert.deepEqual([calls(), lines().map((line) => line.sha256)], [one, [now]])
  })
})

/** Other bytes in the same file, with the times that it had. */
function rewrite(path: string): void {
  execFileSync('touch', ['-r', path, `${path}.times`])
  const fd = openSync(path, 'r+')
  writeSync(fd, 'other bytes', 500)
  closeSync(fd)
  execFileSync('touch', ['-r', `${path}.times`, path])
}

describe('the library', () => {
  it('skips what a manifest has, unless it is forced, and tells its notes to whoever listens', async (t) => {
    const { folder, sandbox } = await sceneFor(t, ['a.png'])
    const heard: UploadEvent[] = []
    const manifest = join(folder, 'uploads.jsonl')
    const at = { apiUrl: sandbox.apiUrl, manifest, stateFolder: join(folder, 'state') }
    const own = { ...at, credentials: sandbox.credentials }
    const first = await upload(join(folder, 'a.png'), own)
    assert.equal(first.skipped, false)
    appendFileSync(manifest, '{')
    const second = await upload(join(folder, 'a.png'), { ...at, onEvent: (event) => void heard.push(event) })
    assert.deepEqual([second.skipped, second.entityId], [true, first.entityId])
    assert.deepEqual(
      heard.map(({ event }) => event),
      ['note', 'phase', 'detail', 'done'],
    )
    const [forced] = await uploadMany([join(folder, 'a.png')], { ...own, force: true })
    assert.deepEqual([forced?.skipped, forced?.entityId === first.entityId], [false, false])
  })

  it('rejects where the manifest cannot be one', async (t) => {
    const { folder } = await sceneFor(t, ['a.png'])
    const path = join(folder, 'a.png')
    await assert.rejects(upload(path, { manifest: path }), { code: 'ERR_MANIFEST', exitCode: 3 })
    await assert.rejects(upload(path, { manifest: '' }), { code: 'ERR_USAGE' })
  })
})
