/**
 * Uploads that are interrupted, and the same command once more.
 *
 * Scenes: killed in the middle, before and after complete · Ctrl-C and its kin · a wait that ran out of time · a server
 * that has forgotten · files that changed, moved, or only seem the same · `--no-resume` and `--sandbox` · two runs at
 * once · locks of the dead · state files that are none · folders that cannot be used · who may read it · how long it is
 * kept · sources that the server fetches · when it is forgotten · `status` without an id · `forget`.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, openSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { bin, cleanEnv, envOf, type Run, run } from './helpers/command.js'
import { pngBytes, sha256, tempFolder, testFile } from './helpers/files.js'
import {
  type Again,
  again,
  assertWhole,
  atComplete,
  atLook,
  atPart3,
  callsSince,
  envFor,
  interrupted,
  keptBy,
  type Scene,
  sceneFor,
  underWay,
} from './helpers/resume.js'
import { assertAnswer, assertFailure, command, documentOf, linesOf, MiB, promised, start } from './helpers/scene.js'
import { fakeScenario, goodPut, type Received } from './helpers/servers.js'
import { assertNothingSecret, namesIn, stateFiles, stateFolder } from './helpers/state-folder.js'

const notes = ({ stderr }: Run) => linesOf(stderr).filter((line) => line.startsWith('note: '))

/** It began anew, sent everything once more, and said why. */
function assertAfresh({ ended, upload, calls }: Again, scene: Scene, why: RegExp, sha?: string): void {
  assertWhole({ ended }, scene, sha)
  assert.equal(upload.resumedParts, 0)
  assert.deepEqual(
    calls.filter((call) => call !== 'get'),
    ['create', 'put 1', 'put 2', 'put 3', 'complete'],
  )
  assert.equal(notes(ended).filter((note) => why.test(note)).length, 1, `not said once: ${ended.stderr}`)
}

/** It sent the third part and nothing else. */
function assertGoesOn({ ended, upload, calls }: Again, scene: Scene): void {
  assertWhole({ ended }, scene)
  assert.deepEqual([upload.resumedParts, upload.parts, upload.verified], [2, 3, 'md5'])
  assert.deepEqual(calls, ['get', 'put 3', 'complete', 'get'])
  assert.equal(scene.sandbox.uploads().length, 1)
}

describe('the same command after SIGKILL', { concurrency: 3 }, () => {
  it('sends only the parts that are missing, where it came in the middle of them', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const more = await again(scene, ['--verbose'])
    assertGoesOn(more, scene)
    assert.doesNotMatch(more.ended.stderr, /read again/)
    assert.match(more.ended.stderr, /^note: going on with upload_\w+: 2 of 3 parts are there$/m)
  })

  it('sends none and completes, where all parts were there', async (t) => {
    const scene = await sceneFor(t, atComplete)
    await interrupted(t, scene)
    const more = await again(scene)
    assertWhole(more, scene)
    assert.deepEqual([more.upload.resumedParts, more.upload.verified], [3, 'md5'])
    assert.deepEqual(more.calls, ['get', 'complete', 'get'])
  })

  it('only waits, where the upload was complete: no part is sent, and it is not completed again', async (t) => {
    const scene = await sceneFor(t, atLook)
    await interrupted(t, scene)
    const more = await again(scene)
    assertWhole(more, scene)
    assert.deepEqual([more.upload.resumedParts, more.upload.verified], [3, 'md5'])
    assert.deepEqual(more.calls, ['get'])
    assert.match(more.ended.stderr, /^note: upload_\w+ has all its bytes already: only waiting$/m)
  })

  it('goes on after each of several kills', async (t) => {
    const scene = await sceneFor(t, ({ call, partNumber }) => call === 'put' && partNumber === 2)
    await interrupted(t, scene)
    const second = promised()
    scene.fault = ({ partNumber }) => {
      if (partNumber !== 3) return undefined
      second.keep()
      return { kind: 'silent' }
    }
    await interrupted(t, { ...scene, reached: second.promise })
    scene.mark = scene.sandbox.requests().length
    scene.fault = () => undefined
    assertGoesOn(await again(scene), scene)
  })

  it('clears away what the killed run was writing', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const { path, text } = keptBy(scene)
    writeFileSync(`${path}.0123456789ab.tmp`, text.slice(0, 100))
    writeFileSync(`${path.replace(/json$/, 'lock')}.123.tmp`, '')
    assertGoesOn(await again(scene), scene)
  })
})

describe('an interruption', { concurrency: 3 }, () => {
  const rows = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const
  for (const [signal, code] of rows) {
    it(`by ${signal} ends ${code}, keeps what was sent, says how to go on, and the same command does so`, async (t) => {
      const scene = await sceneFor(t, atPart3)
      const ended = await interrupted(t, scene, { signal })
      assertFailure(
        ended,
        code,
        /hero\.png: \S/,
        /Run the same command again: it goes on with the parts that are missing/,
      )
      assert.equal(keptBy(scene).record.parts.length, 2)
      assertGoesOn(await again(scene), scene)
    })
  }

  it('while waiting says that the upload is safe, and the same command waits on', async (t) => {
    const scene = await sceneFor(t, atLook)
    const ended = await interrupted(t, scene, { signal: 'SIGINT' })
    const id = scene.sandbox.uploads()[0]?.id ?? ''
    assertFailure(ended, 130, /safe on the server/, new RegExp(`scenario-upload wait ${id}`))
    const more = await again(scene)
    assertWhole(more, scene)
    assert.deepEqual([more.calls, more.upload.uploadId], [['get'], id])
  })

  it('leaves a lock behind for nobody', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene, { signal: 'SIGINT' })
    assert.deepEqual(
      namesIn(stateFolder(scene.home)).filter((name) => !name.endsWith('.json')),
      [],
    )
  })
})

describe('a wait that ran out of time', () => {
  it('by id says of bytes that are not all there that the upload goes on with them, and it does', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene, { signal: 'SIGINT' })
    const id = scene.sandbox.uploads()[0]?.id ?? ''
    // Long enough for a look, though the machine stands still for a while.
    const waited = await command(scene.sandbox, ['wait', id, '--timeout', '4s'], { env: envFor(scene) })
    assertFailure(waited, 8, /its bytes are not all there/, /^Run the same upload command again/)
    assert.doesNotMatch(waited.stderr, /safe/)
    scene.mark = scene.sandbox.requests().length
    assertGoesOn(await again(scene), scene)
  })

  it('ends 8, and the same command waits on: nothing is sent or completed again', async (t) => {
    const scene = await sceneFor(t, atLook)
    const first = await command(scene.sandbox, [...scene.words, '--timeout', '1ms'], { env: envFor(scene) })
    assertFailure(first, 8, /safe on the server/, /scenario-upload wait upload_/)
    assert.equal(keptBy(scene).record.parts.length, 3)
    scene.mark = scene.sandbox.requests().length
    const more = await again(scene)
    assertWhole(more, scene)
    assert.deepEqual(more.calls, ['get'])
    assert.equal(scene.sandbox.uploads().length, 1)
  })
})

describe('a server that cannot go on', { concurrency: 3 }, () => {
  const pending = (id = '') => JSON.stringify({ upload: { id, status: 'pending' } })
  const rows: [what: string, answer: (id: string) => { status: number; body: string }, why: RegExp][] = [
    ['no longer knows the upload', () => ({ status: 404, body: '{"message":"gone"}' }), /no longer knows upload_\w+/],
    ['has cleared the upload away', () => ({ status: 410, body: '{"message":"gone"}' }), /no longer knows upload_\w+/],
    ['gives no part URLs any more', (id) => ({ status: 200, body: pending(id) }), /no fresh part URLs for upload_\w+/],
  ]
  for (const [what, answer, why] of rows) {
    it(`and ${what} has everything sent to a new upload, which is said`, async (t) => {
      const scene = await sceneFor(t, atPart3)
      await interrupted(t, scene)
      const [first] = scene.sandbox.uploads()
      scene.fault = ({ call, uploadId }) =>
        call === 'get' && uploadId === first?.id ? { kind: 'reply', ...answer(uploadId ?? '') } : undefined
      const more = await again(scene)
      assertAfresh(more, scene, why)
      assert.notEqual(more.upload.uploadId, first?.id)
    })
  }

  it('and whose storage has cleared the parts away has everything sent to a new upload, which is said', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const [first] = scene.sandbox.uploads()
    const body = '<Error><Code>NoSuchUpload</Code><Message>It does not exist.</Message></Error>'
    scene.fault = ({ call, uploadId }) =>
      call === 'put' && uploadId === first?.id ? { kind: 'reply', status: 404, body } : undefined
    const more = await again(scene)
    assertWhole(more, scene)
    assert.match(more.ended.stderr, /^note: the storage no longer has upload_\w+: a new upload begins/m)
    assert.equal(more.upload.resumedParts, 0)
    assert.deepEqual(more.calls, ['get', 'put 3', 'create', 'put 1', 'put 2', 'put 3', 'complete', 'get'])
  })
})

/** Other bytes of the same size, under the old mtime. */
function rewrite(path: string): Buffer {
  const bytes = pngBytes(11 * MiB)
  execFileSync('touch', ['-r', path, `${path}.times`])
  writeFileSync(path, bytes)
  execFileSync('touch', ['-r', `${path}.times`, path])
  return bytes
}

describe('a file between two runs', { concurrency: 3 }, () => {
  it('that has another size is sent afresh, and it is said what moved', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const bytes = pngBytes(12 * MiB)
    writeFileSync(scene.file.path, bytes)
    const why = new RegExp(
      `has changed since its unfinished upload \\(its size went from ${11 * MiB} to ${12 * MiB} bytes\\)`,
    )
    assertAfresh(await again(scene), scene, why, sha256(bytes))
  })

  it('that has another mtime is sent afresh, and it is said from when to when', async (t) => {
    const scene = await sceneFor(t, atPart3)
    const [before, after] = ['2026-01-02T03:04:05.000Z', '2026-06-07T08:09:10.000Z']
    utimesSync(scene.file.path, new Date(), new Date(before))
    await interrupted(t, scene)
    const bytes = pngBytes(11 * MiB)
    writeFileSync(scene.file.path, bytes)
    utimesSync(scene.file.path, new Date(), new Date(after))
    assertAfresh(await again(scene), scene, new RegExp(`its mtime went from ${before} to ${after}`), sha256(bytes))
  })

  it('that was copied back, another inode with the same bytes, is read again and goes on', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const { path } = scene.file
    const { ino } = await stat(path)
    execFileSync('cp', ['-p', path, `${path}.copy`])
    await rename(`${path}.copy`, path)
    assert.notEqual((await stat(path)).ino, ino)
    const more = await again(scene, ['--verbose'])
    assertGoesOn(more, scene)
    assert.match(more.ended.stderr, /its parts are read again/)
  })

  it('that only seems the same, other bytes of that size under the old mtime, is sent afresh', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const bytes = rewrite(scene.file.path)
    assertAfresh(await again(scene), scene, /has changed .*\(part 1 has other bytes now\)/, sha256(bytes))
  })

  it('that only seems the same is sent afresh where the server has all of the other bytes, too', async (t) => {
    const scene = await sceneFor(t, atLook)
    await interrupted(t, scene)
    const bytes = rewrite(scene.file.path)
    const { ended, upload, calls } = await again(scene)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /^note: .* has changed .*\(part 1 has other bytes now\): beginning afresh$/m)
    assert.deepEqual(calls, ['get', 'create', 'put 1', 'put 2', 'put 3', 'complete', 'get'])
    const held = scene.sandbox.uploads().find(({ id }) => id === upload.uploadId)
    assert.deepEqual([held?.sha256, upload.verified], [sha256(bytes), 'md5'])
  })

  it('that was touched is only waited for where the server has all of the same bytes', async (t) => {
    const scene = await sceneFor(t, atLook)
    await interrupted(t, scene)
    chmodSync(scene.file.path, 0o640)
    const more = await again(scene)
    assertWhole(more, scene)
    assert.deepEqual([more.calls, more.upload.verified], [['get'], 'md5'])
  })

  const unproved: [what: string, first: string[], second: string[], why: RegExp][] = [
    ['was sent without MD5s', ['--no-verify'], [], /no MD5s were kept to compare/],
    ['is to be sent on without MD5s', [], ['--no-verify'], /no MD5s are made to compare \(--no-verify\)/],
  ]
  for (const [what, first, second, why] of unproved) {
    it(`that ${what} cannot be proved to be the same once it is touched, and is sent afresh`, async (t) => {
      const scene = await sceneFor(t, atPart3)
      await interrupted(t, scene, { extra: first })
      chmodSync(scene.file.path, 0o640)
      assertAfresh(await again(scene, second), scene, why)
    })
  }

  it('that is split in another way is another upload, and the first one is still there to go on with', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const other = await command(scene.sandbox, [scene.file.path, '--json'], { env: envFor(scene) })
    assert.deepEqual([other.code, documentOf(other).upload.resumedParts], [0, 0], other.stderr)
    scene.mark = scene.sandbox.requests().length
    const more = await again(scene)
    assert.deepEqual(
      [more.ended.code, more.upload.resumedParts, more.calls],
      [0, 2, ['get', 'put 3', 'complete', 'get']],
    )
  })
})

describe('a run that is to keep nothing', { concurrency: 3 }, () => {
  it('keeps nothing with `--no-resume`, and says that the same command begins anew', async (t) => {
    const scene = await sceneFor(t, atPart3)
    const ended = await interrupted(t, scene, { signal: 'SIGINT', extra: ['--no-resume'] })
    assertFailure(ended, 130, /interrupted/, /Run the same command again: it begins anew/)
    assert.deepEqual(namesIn(scene.home), [])
  })

  it('does not read with `--no-resume` what another one left, nor touch it', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const before = stateFiles(scene.home)
    const more = await again(scene, ['--no-resume'])
    assert.deepEqual([more.ended.code, more.upload.resumedParts], [0, 0], more.ended.stderr)
    assert.deepEqual(more.calls, ['create', 'put 1', 'put 2', 'put 3', 'complete', 'get'])
    assert.deepEqual(stateFiles(scene.home), before)
  })

  it('keeps nothing of `--sandbox`, which is gone with the command', async (t) => {
    const home = await tempFolder(t)
    const file = await testFile(home, 'hero.png', pngBytes(500))
    const env = { XDG_STATE_HOME: join(home, 'state') }
    // Of an answer that cannot be written all else is kept.
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
    const ended = await start(t, [file.path, '--sandbox'], { env, stdio: [...stdio] }).ended
    assert.equal(ended.code, 1, ended.stderr)
    assert.deepEqual(namesIn(env.XDG_STATE_HOME), [])
  })

  it('keeps nothing of standard input, which nobody can read again', async (t) => {
    const scene = await sceneFor(t, () => false, { end: 'never' })
    const input = pngBytes(500)
    const args = ['-', '--name', 'hero.png', '--timeout', '1ms']
    assert.equal((await command(scene.sandbox, args, { input, env: envFor(scene) })).code, 8)
    assert.deepEqual(namesIn(scene.home), [])
  })
})

/** A server whose first PUT is answered when the test says so. */
async function slowServer(t: TestContext) {
  const [begun, go] = [promised(), promised()]
  const put = async (response: ServerResponse, received: Received, nth: number) => {
    begun.keep()
    await go.promise
    goodPut(response, received, nth)
  }
  const fake = await fakeScenario(t, { put })
  const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(50_000))
  return { fake, file, begun: begun.promise, go: go.keep }
}

describe('two runs of the same upload', { concurrency: 3 }, () => {
  it('do not meet: the second says who has it and ends 5 without a request, and the first ends well', async (t) => {
    const { fake, file, begun, go } = await slowServer(t)
    const env = { ...envOf(fake), XDG_STATE_HOME: await tempFolder(t) }
    const first = start(t, [file.path], { env })
    await first.reaches(begun)
    const before = fake.api.length
    const second = await run([file.path], { env })
    assertFailure(second, 5, new RegExp(`under way in another run \\(process ${first.child.pid}, since 20\\d\\d-`))
    assert.equal(fake.api.length, before)
    go()
    assertAnswer(await first.ended, 'asset_test1\n')
    assert.deepEqual(
      fake.puts.map(({ body }) => sha256(body)),
      [file.sha256],
    )
    assert.deepEqual(namesIn(stateFolder(env.XDG_STATE_HOME)), [])
  })

  it('take each other’s turn: a second one that comes later finds nothing in its way', async (t) => {
    const scene = await sceneFor(t, () => false)
    for (const _ of [1, 2]) assert.equal((await again(scene)).ended.code, 0)
    assert.equal(scene.sandbox.uploads().length, 2)
  })
})

describe('the lock of a run that is gone', { concurrency: 3 }, () => {
  interface Left {
    pid: number
    since: string
    place: string
    start: string
  }
  async function locked(t: TestContext, change: (lock: Left) => Partial<Left>, ageMs = 0) {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const path = keptBy(scene).path.replace(/json$/, 'lock')
    const lock: Left = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...lock, ...change(lock) }))
    const at = new Date(Date.now() - ageMs)
    utimesSync(path, at, at)
    return { scene, path }
  }

  it('is taken over', async (t) => {
    const { scene, path } = await locked(t, () => ({}))
    assert.ok(statSync(path).isFile())
    assertGoesOn(await again(scene), scene)
  })

  it('is taken over where another process has its number by now', async (t) => {
    const { scene } = await locked(t, () => ({ pid: process.pid, start: 'some boot 1' }))
    assertGoesOn(await again(scene), scene)
  })

  it('on another machine is respected while it is touched now and then, and taken over when it is silent', async (t) => {
    const { scene, path } = await locked(t, () => ({ place: 'elsewhere' }))
    assert.equal((await again(scene)).ended.code, 5)
    utimesSync(path, new Date(), new Date(Date.now() - 10 * 60_000))
    assertGoesOn(await again(scene), scene)
  })

  it('is taken over where it was never written to its end', async (t) => {
    const { scene, path } = await locked(t, () => ({}))
    writeFileSync(path, '{"pid":')
    utimesSync(path, new Date(), new Date(Date.now() - 60_000))
    assertGoesOn(await again(scene), scene)
  })
})

describe('a state file that is none', { concurrency: 3 }, () => {
  const rows: [what: string, spoil: (path: string, text: string) => void, said: RegExp][] = [
    ['is torn', (path, text) => writeFileSync(path, text.slice(0, text.length / 2)), /is torn/],
    ['is empty', (path) => writeFileSync(path, ''), /is torn/],
    [
      'comes from a newer version',
      (path, text) => writeFileSync(path, text.replace('"format":1', '"format":2')),
      /was written by a newer version/,
    ],
    ['is somebody else’s', (path) => writeFileSync(path, '{"tool":"other"}'), /is not what it should be/],
    [
      'is that of another file',
      (path, text) => writeFileSync(path, text.replace('hero.png', 'other.png').replaceAll('/hero.png', '/other.png')),
      /is not what it should be/,
    ],
  ]
  for (const [what, spoil, said] of rows) {
    it(`because it ${what} is set aside with a note, and the upload ends well`, async (t) => {
      const scene = await sceneFor(t, atPart3)
      await interrupted(t, scene)
      const { path, text } = keptBy(scene)
      spoil(path, text)
      const spoilt = readFileSync(path, 'utf8')
      const more = await again(scene)
      const aside = namesIn(stateFolder(scene.home)).filter((name) => name.endsWith('.aside'))
      assert.deepEqual([aside.length, aside.map((name) => stateFiles(scene.home)[name])], [1, [spoilt]])
      await rm(join(stateFolder(scene.home), aside[0] ?? ''))
      assertAfresh(more, scene, said)
    })
  }

  it('because it is a folder is set aside with a note, and the upload ends well', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const { path } = keptBy(scene)
    await rm(path)
    await mkdir(path)
    const more = await again(scene)
    await rm(join(stateFolder(scene.home), namesIn(stateFolder(scene.home))[0] ?? ''), { recursive: true })
    assertAfresh(more, scene, /is not what it should be/)
  })
})

describe('a state folder that cannot be used', { concurrency: 3 }, () => {
  const said = (ended: Run) =>
    notes(ended).filter((note) => /cannot be used \(E\w+\): if this is interrupted/.test(note))

  for (const where of ['below a file', 'in /proc'] as const) {
    it(`because it would be ${where} is said once, and the uploads end well without resume`, async (t) => {
      const scene = await sceneFor(t, () => false)
      const other = await testFile(await tempFolder(t), 'other.png', pngBytes(500))
      const XDG_STATE_HOME = where === 'in /proc' ? '/proc/nowhere' : join(scene.file.path, 'state')
      const ended = await command(scene.sandbox, [...scene.words, other.path], { env: { XDG_STATE_HOME } })
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(said(ended).length, 1, ended.stderr)
      // Both at once, so that either may be created first.
      assert.deepEqual(
        scene.sandbox
          .uploads()
          .map((upload) => upload.sha256 ?? '')
          .sort(),
        [scene.file.sha256, other.sha256].sort(),
      )
    })
  }

  it('is no promise to whoever interrupts: the same command begins anew', async (t) => {
    const scene = await sceneFor(t, atPart3)
    const ended = await interrupted(t, { ...scene, home: join(scene.file.path, 'state') }, { signal: 'SIGINT' })
    assertFailure(ended, 130, /interrupted/, /Run the same command again: it begins anew/)
  })

  /** A disk of its own, of so many pages of 4 KiB; false where none can be had. */
  async function withDisk(t: TestContext, pages: number, act: (home: string) => Promise<void>): Promise<boolean> {
    const home = await tempFolder(t)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * 4}k`, 'tmpfs', home], { stdio: 'ignore' })
    } catch {
      return false
    }
    await act(home).finally(() => execFileSync('umount', [home]))
    return true
  }

  const rows: [what: string, pages: number, prepare: (home: string) => void][] = [
    ['because its disk is full', 1, (home) => writeFileSync(join(home, 'filler'), 'x'.repeat(4096))],
    ['because its disk is full after the lock', 2, (home) => writeFileSync(join(home, 'filler'), 'x'.repeat(4096))],
    ['because its disk may only be read', 4, (home) => execFileSync('mount', ['-o', 'remount,ro', home])],
  ]
  for (const [what, pages, prepare] of rows) {
    it(`${what} is said once, and the upload ends well`, async (t) => {
      const mounted = await withDisk(t, pages, async (home) => {
        const scene = { ...(await sceneFor(t, () => false)), home }
        prepare(home)
        const more = await again(scene)
        assertWhole(more, scene)
        assert.equal(said(more.ended).length, 1, more.ended.stderr)
      })
      if (!mounted) t.skip('a small disk cannot be mounted here')
    })
  }
})

describe('what is kept', { concurrency: 3 }, () => {
  const mode = (path: string) => statSync(path).mode & 0o777

  it('can be read by its owner alone, in a folder that nobody else may enter', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await mkdir(stateFolder(scene.home), { recursive: true, mode: 0o755 })
    chmodSync(stateFolder(scene.home), 0o755)
    await interrupted(t, scene)
    const names = namesIn(stateFolder(scene.home))
    assert.deepEqual(names.map((name) => name.replace(/^.*\./, '')).sort(), ['json', 'lock'])
    assert.deepEqual(
      [stateFolder(scene.home), ...names.map((name) => join(stateFolder(scene.home), name))].map(mode),
      [0o700, 0o600, 0o600],
    )
  })

  it('has the upload’s id in plain text, and neither a key nor a part URL', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const [upload] = scene.sandbox.uploads()
    assert.ok(keptBy(scene).text.includes(`"${upload?.id}"`))
    assertNothingSecret(stateFiles(scene.home), scene.sandbox.credentials)
    assert.ok(!keptBy(scene).text.includes(scene.sandbox.bucketUrl))
  })

  it('is swept once it is older than 30 days, and nothing else in that folder is', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const folder = stateFolder(scene.home)
    const { path } = keptBy(scene)
    const days = (count: number) => new Date(Date.now() - count * 24 * 3600_000)
    const name = (digit: string) => `${digit.repeat(24)}-${digit.repeat(16)}`
    const files = [
      [`${name('a')}.json`, 31],
      [`${name('a')}.lock`, 31],
      [`${name('b')}.json.1.aside`, 31],
      [`${name('c')}.json.0a.tmp`, 2],
      [`${name('d')}.json`, 29],
      ['notes.txt', 400],
    ] as const
    for (const [file, age] of files) {
      await copyFile(path, join(folder, file))
      utimesSync(join(folder, file), days(age), days(age))
    }
    assert.equal((await again(scene)).ended.code, 0)
    assert.deepEqual(namesIn(folder), [`${name('d')}.json`, 'notes.txt'])
  })
})

describe('a source that the server fetches', { concurrency: 3 }, () => {
  const rows: [words: string[], shown: string][] = [
    [['https://user:hunter1@example.com/hero.png?token=hunter2'], 'https://example.com/hero.png?…'],
    [['hf:owner/name'], 'hf:owner/name'],
    [['civitai:370194'], 'civitai:370194'],
  ]
  for (const [words, shown] of rows) {
    it(`is waited for by the same command after a kill, and not created again: ${shown}`, async (t) => {
      const scene = await sceneFor(t, atLook, { words })
      await interrupted(t, scene)
      const [upload] = scene.sandbox.uploads()
      const { record, text } = keptBy(scene)
      assert.equal(record.uploadId, upload?.id)
      assert.doesNotMatch(Object.values(stateFiles(scene.home)).join(), /hunter/)
      assert.ok(text.includes(shown), text)
      const more = await again(scene)
      assert.equal(more.ended.code, 0, more.ended.stderr)
      assert.deepEqual([more.upload.uploadId, more.upload.entityId], [upload?.id, scene.sandbox.uploads()[0]?.entityId])
      assert.deepEqual([more.calls, scene.sandbox.uploads().length], [['get'], 1])
      assert.deepEqual(namesIn(stateFolder(scene.home)), [])
    })
  }

  it('under an address with another query is another one', async (t) => {
    const scene = await sceneFor(t, atLook, { words: ['https://example.com/hero.png?id=1'] })
    await interrupted(t, scene)
    const more = await again({ ...scene, words: ['https://example.com/hero.png?id=2'] })
    assert.deepEqual([more.ended.code, more.calls], [0, ['create', 'get']], more.ended.stderr)
    assert.equal(keptBy(scene).record.uploadId, scene.sandbox.uploads()[0]?.id)
  })
})

describe('what is kept is forgotten', { concurrency: 3 }, () => {
  for (const flags of [[], ['--json']]) {
    const as = flags.length > 0 ? 'document' : 'line'
    it(`only when the ${as} is written: where it cannot be, 1, and the same command only waits`, async (t) => {
      const scene = await sceneFor(t, () => false)
      const env = envFor(scene)
      const full = openSync('/dev/full', 'w')
      const ended = await start(t, [...scene.words, ...flags], { env, stdio: ['ignore', full, 'pipe'] }).ended
      const [upload] = scene.sandbox.uploads()
      assert.equal(ended.code, 1, ended.stderr)
      assert.match(ended.stderr, new RegExp(upload?.entityId ?? 'no id'))
      assert.equal(keptBy(scene).record.uploadId, upload?.id)
      scene.mark = scene.sandbox.requests().length
      const more = await again(scene)
      assertWhole(more, scene)
      assert.deepEqual([more.calls, more.upload.uploadId], [['get'], upload?.id])
    })
  }

  it('where nobody reads the answer any more: that is no error', async (t) => {
    const scene = await sceneFor(t, () => false)
    const started = start(t, scene.words, { env: envFor(scene) })
    started.child.stdout?.destroy()
    assertWhole({ ended: await started.ended }, scene)
  })

  it('after `--no-wait`', async (t) => {
    const scene = await sceneFor(t, () => false, { end: 'never' })
    assertWhole(await again(scene, ['--no-wait']), scene)
  })

  it('after an import that failed: the same command begins afresh', async (t) => {
    const scene = await sceneFor(t, () => false, { end: 'failed' })
    for (const _ of [1, 2]) {
      assert.equal((await again(scene)).ended.code, 1)
      assert.deepEqual(namesIn(stateFolder(scene.home)), [])
    }
    assert.equal(scene.sandbox.uploads().length, 2)
  })
})

describe('`status` without an id', { concurrency: 3 }, () => {
  interface Unfinished {
    uploadId: string
    command: string
    pid: number | null
    [field: string]: unknown
  }
  const listed = async ({ home }: Pick<Scene, 'home'>): Promise<Unfinished[]> => {
    const ended = await run(['status', '--json'], { env: { XDG_STATE_HOME: home } })
    assert.equal(ended.code, 0, ended.stderr)
    const document: { ok: boolean; uploads: unknown[]; unfinished: Unfinished[] } = JSON.parse(ended.stdout)
    assert.deepEqual([document.ok, document.uploads], [true, []])
    return document.unfinished
  }

  /** In another folder, with the credentials alone in the environment. */
  async function pasted(t: TestContext, { sandbox, home }: Scene, line: string) {
    const folder = await tempFolder(t)
    symlinkSync(bin, join(folder, 'scenario-upload'))
    const { SCENARIO_BASE_URL: _, ...keys } = envOf(sandbox)
    const PATH = `${folder}:${dirname(process.execPath)}:${process.env.PATH}`
    const env = cleanEnv({ ...keys, XDG_STATE_HOME: home, PATH })
    return promisify(execFile)('sh', ['-c', `${line} --json`], { env, cwd: folder })
  }

  it('has a line for each: its id, the source, how much is there, how old, the command to go on', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const { code, stdout } = await run(['status'], { env: { XDG_STATE_HOME: scene.home } })
    const { path } = scene.file
    const [id, source, much, age, line, ...rest] = stdout.trimEnd().split('\t')
    assert.deepEqual([code, id, source, rest], [0, scene.sandbox.uploads()[0]?.id, path, []])
    assert.equal(much, '2 of 3 parts, 10.5 MB of 11.5 MB')
    assert.match(age ?? '', /^\d.* ago$/)
    const words = `${path} --kind image --part-size ${5 * MiB} --api-url ${scene.sandbox.apiUrl}`
    assert.equal(line, `scenario-upload ${words}`)
  })

  it('with `--json` has the same in `unfinished`, whose command goes on when it is pasted into a shell', async (t) => {
    const scene = await sceneFor(t, atPart3, { name: "it's a\thero & more.png" })
    scene.words = [...scene.words, '--collection', 'col_1', '--parent', 'asset_9', '--hide', '--project', 'proj_1']
    await interrupted(t, scene)
    const [only, ...others] = await listed(scene)
    assert.ok(only && others.length === 0)
    const { command: line, createdAt, updatedAt, ...rest } = only
    assert.ok([createdAt, updatedAt].every((date) => typeof date === 'string' && Date.parse(date) <= Date.now()))
    assert.deepEqual(rest, {
      ...{ uploadId: scene.sandbox.uploads()[0]?.id, source: scene.file.path, type: 'file', kind: 'image', pid: null },
      ...{ fileName: "it's a\thero & more.png", bytes: 11 * MiB, bytesSent: 10 * MiB, parts: 3, partsSent: 2 },
      ...{ apiUrl: scene.sandbox.apiUrl, project: 'proj_1' },
    })
    const { stdout, stderr } = await pasted(t, scene, line)
    assertWhole({ ended: { code: 0, signal: null, stdout, stderr } }, scene)
    assert.deepEqual(callsSince(scene), ['get', 'put 3', 'complete', 'get'])
    assert.equal(scene.sandbox.uploads().length, 1)
  })

  it('has for what the server fetches a command that waits for it', async (t) => {
    const scene = await sceneFor(t, atLook, { words: ['https://example.com/hero.png?token=hunter2'] })
    await interrupted(t, scene)
    const [only] = await listed(scene)
    const [upload] = scene.sandbox.uploads()
    assert.equal(only?.command, `scenario-upload wait ${upload?.id} --api-url ${scene.sandbox.apiUrl}`)
    assert.deepEqual([only?.source, only?.bytes, only?.partsSent], ['https://example.com/hero.png?…', null, null])
    assert.match((await pasted(t, scene, `${only?.command}`)).stdout, new RegExp(`"uploadId":"${upload?.id}"`))
  })

  it('says of one that is under way which process is at it', async (t) => {
    const scene = await sceneFor(t, atPart3)
    const { child } = await underWay(t, scene)
    assert.deepEqual(
      (await listed(scene)).map(({ pid }) => pid),
      [child.pid],
    )
    const { stdout } = await run(['status'], { env: { XDG_STATE_HOME: scene.home } })
    assert.match(stdout, new RegExp(`\tunder way \\(process ${child.pid}\\)\t`))
  })

  it('has nothing on stdout where there is nothing, and ends 0', async (t) => {
    const home = await tempFolder(t)
    const ended = await run(['status'], { env: { XDG_STATE_HOME: home } })
    assert.deepEqual([ended.code, ended.stdout, await listed({ home })], [0, '', []])
    assert.deepEqual(namesIn(home), [])
  })
})

describe('`forget`', { concurrency: 3 }, () => {
  it('drops what is kept of an upload, with nothing on stdout: the same command begins afresh', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const { record } = keptBy(scene)
    const ended = await run(['forget', record.uploadId], { env: { XDG_STATE_HOME: scene.home } })
    assert.deepEqual([ended.code, ended.stdout], [0, ''], ended.stderr)
    assert.deepEqual([namesIn(stateFolder(scene.home)), callsSince(scene)], [[], []])
    const more = await again(scene)
    assert.equal(more.upload.resumedParts, 0)
    assertWhole(more, scene)
  })

  it('ends 3 for an id that is not kept here, and leaves the others', async (t) => {
    const scene = await sceneFor(t, atPart3)
    await interrupted(t, scene)
    const before = stateFiles(scene.home)
    assertFailure(await run(['forget', 'upload_nowhere'], { env: { XDG_STATE_HOME: scene.home } }), 3, /upload_nowhere/)
    assert.deepEqual(stateFiles(scene.home), before)
  })

  it('ends 5 while a run is at it, and takes nothing from it', async (t) => {
    const scene = await sceneFor(t, atPart3)
    const { child } = await underWay(t, scene)
    const { record, text } = keptBy(scene)
    const ended = await run(['forget', record.uploadId], { env: { XDG_STATE_HOME: scene.home } })
    assertFailure(ended, 5, new RegExp(`process ${child.pid}`))
    assert.equal(keptBy(scene).text, text)
  })
})
