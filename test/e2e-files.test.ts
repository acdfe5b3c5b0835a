/**
 * Files and standard input, from the command line to the server.
 *
 * Scenes: the answer · kind and type · the split · how many at once · the proof · what the API and the bucket are sent ·
 * standard input · several sources · a file that changes while it is being sent.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { SandboxOptions, SandboxRequest } from '../src/sandbox/index.js'
import { pngBytes, sha256, type TestFile, tempFolder, testFile } from './helpers/files.js'
import {
  assertAnswer,
  assertFailure,
  command,
  control,
  documentOf,
  eventsOf,
  gathering,
  linesOf,
  MiB,
  sandboxFor,
  spooling,
  start,
} from './helpers/scene.js'
import { credentials, type FakeScenario, fakeScenario, json, uploadId } from './helpers/servers.js'

async function stage(t: TestContext, size = 3000, options: SandboxOptions = {}) {
  const sandbox = await sandboxFor(t, options)
  const folder = await tempFolder(t)
  const file = await testFile(folder, 'hero.png', pngBytes(size))
  return { sandbox, folder, file }
}

const sizesOf = (parts: readonly { size: number }[] = []) => parts.map(({ size }) => size)
const puts = (requests: readonly SandboxRequest[]) => requests.filter(({ call }) => call === 'put')
const completes = (requests: readonly SandboxRequest[]) => requests.filter(({ call }) => call === 'complete')
const createBody = ({ api }: FakeScenario): unknown => JSON.parse(String(api[0]?.body))

describe('the answer', { concurrency: 4 }, () => {
  it('is exactly one line, the id of the asset', async (t) => {
    const { sandbox, file } = await stage(t)
    const ended = await command(sandbox, [file.path, '--kind', 'image'])
    const [held] = sandbox.uploads()
    assert.match(held?.entityId ?? '', /^asset_/)
    assertAnswer(ended, `${held?.entityId}\n`)
    assert.equal(held?.sha256, file.sha256)
    assert.equal(sandbox.uploads().length, 1)
  })

  it('has no escape code and no carriage return when it is piped, nor has stderr', async (t) => {
    const { sandbox, file } = await stage(t)
    const { stdout, stderr } = await command(sandbox, [file.path, '--kind', 'image'])
    assert.match(stdout, /^asset_\w+\n$/)
    assert.match(stderr, /hero\.png/)
    assert.doesNotMatch(stdout + stderr, control)
  })
})

describe('kind and type', { concurrency: 4 }, () => {
  const byName = [
    ['hero.png', 'image', 'image/png'],
    ['photo.JPG', 'image', 'image/jpeg'],
    ['scene.glb', '3d', 'model/gltf-binary'],
    ['song.mp3', 'audio', 'audio/mpeg'],
    ['song.m4a', 'audio', 'audio/m4a'],
    ['clip.mp4', 'video', 'video/mp4'],
    ['weights.safetensors', 'model', 'application/octet-stream'],
  ] as const
  it('are told by the name', async (t) => {
    const folder = await tempFolder(t)
    const files = await Promise.all(byName.map(([name]) => testFile(folder, name, Buffer.from('no signature at all'))))
    const fake = await fakeScenario(t)
    const ended = await command(
      fake,
      files.map(({ path }) => path),
    )
    assert.equal(ended.code, 0, ended.stderr)
    const creates = fake.api.filter(({ path }) => path === '/v1/uploads').map(({ body }) => JSON.parse(String(body)))
    assert.deepEqual(
      creates.map(({ fileName, kind, contentType }) => [fileName, kind, contentType]).toSorted(),
      byName.toSorted(),
    )
  })

  const byBytes = [
    ['a PNG', pngBytes(64), 'image', 'image/png'],
    ['a JPEG', Buffer.from('ffd8ffe000104a464946', 'hex'), 'image', 'image/jpeg'],
    ['a GLB', Buffer.from('glTF\x02\0\0\0'), '3d', 'model/gltf-binary'],
  ] as const
  for (const [what, bytes, kind, contentType] of byBytes) {
    it(`are told by the first bytes of ${what} where the name tells nothing`, async (t) => {
      const file = await testFile(await tempFolder(t), 'no-extension', bytes)
      const fake = await fakeScenario(t)
      assertAnswer(await command(fake, [file.path]), 'asset_test1\n')
      assert.deepEqual(createBody(fake), {
        fileName: 'no-extension',
        contentType,
        fileSize: bytes.length,
        parts: 1,
        kind,
      })
    })
  }

  it('are sent as `--content-type` says, unchecked', async (t) => {
    const file = await testFile(await tempFolder(t), 'page.png', Buffer.from('<!doctype html><title>Sign in</title>'))
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, [file.path, '--content-type', 'text/html', '--kind', 'asset']), 'asset_test1\n')
    assert.deepEqual(createBody(fake), {
      fileName: 'page.png',
      contentType: 'text/html',
      fileSize: file.bytes.length,
      parts: 1,
      kind: 'asset',
    })
  })

  it('takes every kind of the API, `text` too', async (t) => {
    const file = await testFile(await tempFolder(t), 'thing.xyz', Buffer.from('anything'))
    const kinds = ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video']
    const nowhere = { apiUrl: 'http://127.0.0.1:1/v1', credentials }
    const plans = await Promise.all(
      kinds.map((kind) => command(nowhere, [file.path, '--dry-run', '--json', '-k', kind])),
    )
    assert.deepEqual(
      plans.map((ended) => documentOf(ended).upload.kind),
      kinds,
    )
  })
})

describe('the split', { concurrency: 4 }, () => {
  const rows = [
    ['one part, where the default would make three', 20 * MiB, ['--parts', '1'], [20 * MiB]],
    ['exactly three even parts', 16 * MiB, ['--parts', '3'], [5_592_406, 5_592_406, 5_592_404]],
    ['5 MiB and the rest, where even parts would be too small', 8_493_466, ['--parts', '2'], [5 * MiB, 3_250_586]],
    ['parts of a size', 12 * MiB + 7, ['--part-size', '5MiB'], [5 * MiB, 5 * MiB, 2 * MiB + 7]],
    ['parts of a size in powers of ten', 14_000_000, ['--part-size', '7MB'], [7_000_000, 7_000_000]],
    ['a whole multiple of the size', 10 * MiB, ['--part-size', '5242880'], [5 * MiB, 5 * MiB]],
    ['parts of 8 MiB where nobody asks', 16 * MiB + 1, [], [8 * MiB, 8 * MiB, 1]],
    ['a single part of a small file', 1, [], [1]],
  ] as const
  for (const [what, size, args, expected] of rows) {
    it(`makes ${what}, and the server holds the same bytes`, async (t) => {
      const { sandbox, file } = await stage(t, size)
      const ended = await command(sandbox, [file.path, ...args, '--kind', 'image', '--json', '--until', 'validated'])
      assert.equal(ended.code, 0, ended.stderr)
      const [held] = sandbox.uploads()
      assert.deepEqual(sizesOf(held?.parts), expected)
      assert.equal(held?.sha256, file.sha256)
      assert.equal(documentOf(ended).upload.parts, expected.length)
      assert.equal(documentOf(ended).upload.bytes, size)
    })
  }
})

describe('how many at once', () => {
  const rows = [
    ['four parts, where nobody asks', [], 4],
    ['one after the other with `--concurrency 1`', ['--concurrency', '1'], 1],
    ['six with `-c 6`', ['-c', '6'], 6],
  ] as const
  for (const [what, args, most] of rows) {
    it(`sends ${what}`, async (t) => {
      const { sandbox, file } = await stage(t, 35 * MiB, gathering(most))
      const ended = await command(sandbox, [file.path, '--parts', '7', ...args])
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(sandbox.maxPartsInFlight(), most)
      assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
    })
  }
})

describe('the proof', { concurrency: 4 }, () => {
  it('is the MD5 of every part', async (t) => {
    const { sandbox, file } = await stage(t, 12 * MiB)
    const ended = await command(sandbox, [file.path, '--parts', '2', '--json'])
    assert.equal(documentOf(ended).upload.verified, 'md5')
    assert.equal(documentOf(ended).upload.retries, 0)
  })

  it('is left out with `--no-verify`, whatever the storage says', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(5000))
    const fake = await fakeScenario(t, {
      put: (response) => response.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end(),
    })
    const ended = await command(fake, [file.path, '--no-verify', '--json'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(documentOf(ended).upload.verified, 'none')
    assert.equal(fake.puts.length, 1)
    assert.deepEqual(fake.puts[0]?.body, file.bytes)
  })
})

describe('what the API is sent', { concurrency: 4 }, () => {
  it('is exactly what it asks for', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(12 * MiB))
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, [file.path, '--parts', '2']), 'asset_test1\n')
    assert.deepEqual(createBody(fake), {
      fileName: 'hero.png',
      contentType: 'image/png',
      fileSize: 12 * MiB,
      parts: 2,
      kind: 'image',
    })
    assert.deepEqual(
      fake.api.slice(0, 3).map(({ method, path }) => `${method} ${path}`),
      ['POST /v1/uploads', `POST /v1/uploads/${uploadId}/action`, `GET /v1/uploads/${uploadId}`],
    )
    assert.equal(String(fake.api[1]?.body), '{"action":"complete"}')
    const basic = `Basic ${Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64')}`
    for (const { headers } of fake.api) assert.equal(headers.authorization, basic)
    for (const { headers } of fake.api.slice(0, 2)) assert.match(headers['content-type'] ?? '', /^application\/json/)
  })

  it('has the asset options, of which `--collection` may be given twice', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
    const fake = await fakeScenario(t)
    const options = ['--collection', 'col_1', '--parent', 'asset_9', '--collection', 'col_2', '--hide']
    assertAnswer(await command(fake, [file.path, ...options]), 'asset_test1\n')
    assert.deepEqual(createBody(fake), {
      fileName: 'hero.png',
      contentType: 'image/png',
      fileSize: 100,
      parts: 1,
      kind: 'image',
      assetOptions: { collectionIds: ['col_1', 'col_2'], parentId: 'asset_9', hide: true },
    })
  })

  it('has the name of `--name`, which tells the type too', async (t) => {
    const file = await testFile(await tempFolder(t), 'download (3)', Buffer.from('v 0 0 0\n'))
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, [file.path, '--name', 'tower.obj']), 'asset_test1\n')
    assert.deepEqual(createBody(fake), {
      fileName: 'tower.obj',
      contentType: 'model/obj',
      fileSize: 8,
      parts: 1,
      kind: '3d',
    })
  })

  const projects = [
    ['`--project`', ['--project', 'proj_a'], {}, '?projectId=proj_a'],
    ['SCENARIO_PROJECT_ID', [], { SCENARIO_PROJECT_ID: 'proj_b' }, '?projectId=proj_b'],
    ['`--project` before SCENARIO_PROJECT_ID', ['--project', 'a:b'], { SCENARIO_PROJECT_ID: 'c' }, '?projectId=a%3Ab'],
    ['no project for an empty SCENARIO_PROJECT_ID', [], { SCENARIO_PROJECT_ID: '' }, ''],
  ] as const
  for (const [what, args, env, query] of projects) {
    it(`names ${what} in every call`, async (t) => {
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
      const fake = await fakeScenario(t)
      assertAnswer(await command(fake, [file.path, ...args], { env }), 'asset_test1\n')
      assert.deepEqual(
        fake.api.map(({ path }) => path),
        [`/v1/uploads${query}`, `/v1/uploads/${uploadId}/action${query}`, `/v1/uploads/${uploadId}${query}`],
      )
    })
  }

  it('goes to `--api-url` rather than to SCENARIO_BASE_URL, a slash at its end cut', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
    const [right, wrong] = [await fakeScenario(t), await fakeScenario(t)]
    assertAnswer(await command(wrong, [file.path, '--api-url', `${right.apiUrl}/`]), 'asset_test1\n')
    assert.equal(right.api[0]?.path, '/v1/uploads')
    assert.equal(wrong.api.length, 0)
  })

  it('carries the second pair of credentials where only that is there', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
    const fake = await fakeScenario(t)
    const env = {
      SCENARIO_SDK_API_KEY: '',
      SCENARIO_SDK_API_SECRET: '',
      SCENARIO_API_KEY: 'second_key',
      SCENARIO_API_SECRET: 'second_secret',
    }
    const ended = await command(fake, [file.path], { env })
    assertAnswer(ended, 'asset_test1\n')
    const basic = `Basic ${Buffer.from('second_key:second_secret').toString('base64')}`
    assert.equal(fake.api[0]?.headers.authorization, basic)
    assert.doesNotMatch(ended.stderr, /note/)
  })
})

describe('what the bucket is sent', () => {
  it('is bytes of a known length and nothing else: no credentials, no x-amz headers, no chunks', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(12 * MiB))
    const fake = await fakeScenario(t)
    assertAnswer(await command(fake, [file.path, '--parts', '2']), 'asset_test1\n')
    assert.equal(fake.puts.length, 2)
    for (const { method, headers, body } of fake.puts) {
      assert.equal(method, 'PUT')
      assert.equal(headers.authorization, undefined)
      assert.equal(headers['transfer-encoding'], undefined)
      assert.equal(headers['content-md5'], undefined)
      assert.equal(headers['content-length'], String(6 * MiB))
      assert.equal(body.length, 6 * MiB)
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('x-amz-')),
        [],
      )
      const sent = JSON.stringify(headers)
      for (const secret of [credentials.key, credentials.secret]) assert.ok(!sent.includes(secret), sent)
    }
    const inOrder = fake.puts.toSorted((a, b) => a.path.localeCompare(b.path)).map(({ body }) => body)
    assert.equal(sha256(Buffer.concat(inOrder)), file.sha256)
  })

  it('is asked for with the whole query of the URL', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
    const fake = await fakeScenario(t)
    await command(fake, [file.path])
    assert.deepEqual(
      fake.puts.map(({ path }) => path),
      ['/bucket/key?partNumber=1&X-Amz-Signature=secretsignature'],
    )
  })
})

describe('standard input', { concurrency: 4 }, () => {
  it('is sent under its `--name`', async (t) => {
    const sandbox = await sandboxFor(t)
    const input = pngBytes(13 * MiB)
    const ended = await command(sandbox, ['-', '--name', 'piped.png', '--parts', '2', '--json'], { input })
    assert.equal(ended.code, 0, ended.stderr)
    const [held] = sandbox.uploads()
    assert.equal(held?.sha256, sha256(input))
    assert.deepEqual(sizesOf(held?.parts), [6.5 * MiB, 6.5 * MiB])
    const { upload } = documentOf(ended)
    assert.deepEqual(
      [upload.source, upload.type, upload.fileName, upload.kind, upload.bytes, upload.entityId],
      ['-', 'stdin', 'piped.png', 'image', 13 * MiB, held?.entityId],
    )
  })

  it('that is empty is an input error', async (t) => {
    const fake = await fakeScenario(t)
    assertFailure(await command(fake, ['-', '--name', 'hero.png']), 3, /standard input.*empty/)
    assert.deepEqual(fake.api, [])
  })

  it('is kept in TMPDIR, in a file without a name, and a SIGKILL leaves nothing', async (t) => {
    if (process.platform !== 'linux') return t.skip('only Linux shows the open files of a process')
    const sandbox = await sandboxFor(t)
    const folder = await tempFolder(t)
    const args = ['-', '--name', 'hero.png', '--progress', 'json', '--api-url', sandbox.apiUrl]
    const env = { TMPDIR: folder, SCENARIO_API_KEY: 'k', SCENARIO_API_SECRET: 's' }
    const started = start(t, args, { env })
    started.child.stdin?.write(pngBytes(2 * MiB))
    await spooling(started, folder)
    // The folder that it was made in is gone a moment later.
    await started.reaches(() => readdirSync(folder).length === 0)
    started.child.kill('SIGKILL')
    assert.equal((await started.ended).signal, 'SIGKILL')
    assert.deepEqual(await readdir(folder), [])
  })

  it('leaves nothing in TMPDIR when all went well', async (t) => {
    const sandbox = await sandboxFor(t)
    const folder = await tempFolder(t)
    const ended = await command(sandbox, ['-', '--name', 'hero.png'], { input: pngBytes(9), env: { TMPDIR: folder } })
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(await readdir(folder), [])
  })

  it('that cannot be kept, because TMPDIR does not exist, ends 1 and names it', async (t) => {
    const fake = await fakeScenario(t)
    const TMPDIR = join(await tempFolder(t), 'nowhere')
    const ended = await command(fake, ['-', '--name', 'hero.png'], { input: pngBytes(9), env: { TMPDIR } })
    assertFailure(ended, 1, /standard input could not be kept: .*nowhere/, /TMPDIR/)
    assert.deepEqual(fake.api, [])
  })

  it('that cannot be kept, because TMPDIR is no folder, ends 1 and names it', async (t) => {
    const fake = await fakeScenario(t)
    const { path } = await testFile(await tempFolder(t), 'a-file', Buffer.from('x'))
    const ended = await command(fake, ['-', '--name', 'hero.png'], { input: pngBytes(9), env: { TMPDIR: path } })
    assertFailure(ended, 1, /standard input could not be kept: .*a-file/, /TMPDIR/)
  })

  it('that cannot be kept, because TMPDIR may not be written, ends 1 and names it', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root may write everywhere')
    const fake = await fakeScenario(t)
    const TMPDIR = join(await tempFolder(t), 'locked')
    await mkdir(TMPDIR, { mode: 0o500 })
    const ended = await command(fake, ['-', '--name', 'hero.png'], { input: pngBytes(9), env: { TMPDIR } })
    assertFailure(ended, 1, /standard input could not be kept: .*locked/, /TMPDIR/)
  })

  it('that is larger than the disk of TMPDIR ends 1 and names it', async (t) => {
    const TMPDIR = join(await tempFolder(t), 'small')
    await mkdir(TMPDIR)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', TMPDIR], { stdio: 'ignore' })
    } catch {
      return t.skip('a small disk cannot be mounted here')
    }
    try {
      const fake = await fakeScenario(t)
      const ended = await command(fake, ['-', '--name', 'hero.png'], { input: pngBytes(3 * MiB), env: { TMPDIR } })
      assertFailure(ended, 1, /full/, /TMPDIR/)
      assert.ok(ended.stderr.includes(TMPDIR), ended.stderr)
      assert.deepEqual(fake.api, [])
      assert.deepEqual(await readdir(TMPDIR), [])
    } finally {
      execFileSync('umount', [TMPDIR])
    }
  })
})

describe('several sources', { concurrency: 4 }, () => {
  it('have a line each, in the order given', async (t) => {
    const { sandbox, folder, file } = await stage(t)
    const other = await testFile(folder, 'b.png', pngBytes(40))
    const ended = await command(sandbox, [other.path, file.path])
    const idOf = (sha: string) => sandbox.uploads().find((held) => held.sha256 === sha)?.entityId
    assertAnswer(ended, `${idOf(other.sha256)}\n${idOf(file.sha256)}\n`)
  })

  it('that are the same path are sent once, and have a line each', async (t) => {
    const { sandbox, folder, file } = await stage(t)
    const other = await testFile(folder, 'b.png', pngBytes(40))
    const again = `${folder}/./hero.png`
    const ended = await command(sandbox, [file.path, other.path, file.path, again, '--json'])
    assert.equal(sandbox.uploads().length, 2)
    const { uploads } = documentOf(ended)
    assert.deepEqual(
      uploads.map(({ source, ok }) => [source, ok]),
      [file.path, other.path, file.path, again].map((path) => [path, true]),
    )
    const ids = uploads.map(({ entityId }) => entityId)
    assert.deepEqual(ids, [ids[0], ids[1], ids[0], ids[0]])
    const lines = await command(sandbox, [file.path, other.path, file.path])
    assert.equal(lines.code, 0)
    const [first, second, third, ...rest] = linesOf(lines.stdout)
    assert.deepEqual([third, rest], [first, []])
    assert.notEqual(second, first)
  })

  it('of which one fails give lines for the others, and end 1', async (t) => {
    const { sandbox, folder, file } = await stage(t)
    const empty = await testFile(folder, 'empty.png', Buffer.alloc(0))
    const last = await testFile(folder, 'last.png', pngBytes(77))
    const ended = await command(sandbox, [file.path, empty.path, last.path])
    const ids = new Map(sandbox.uploads().map(({ fileName, entityId }) => [fileName, entityId]))
    assert.equal(ids.size, 2)
    assert.equal(ended.code, 1)
    assert.equal(ended.stdout, `${ids.get('hero.png')}\n${ids.get('last.png')}\n`)
    assert.match(ended.stderr, /^✖ .*empty\.png is empty/m)
  })

  it('that all fail in the same way end with that code', async (t) => {
    const fake = await fakeScenario(t)
    const folder = await tempFolder(t)
    const ended = await command(fake, [join(folder, 'a.png'), join(folder, 'b.png')])
    assert.equal(ended.code, 3)
    assert.equal(ended.stdout, '')
    assert.match(ended.stderr, /a\.png: no such file/)
    assert.match(ended.stderr, /b\.png: no such file/)
  })

  it('that fail in different ways end 1', async (t) => {
    const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(100))
    const fake = await fakeScenario(t, { create: (response) => json(response, 422, { message: 'no room' }) })
    const ended = await command(fake, [file.path, `${file.path}.png`, '--json'])
    assert.equal(ended.code, 1)
    assert.deepEqual(
      documentOf(ended).uploads.map(({ error }) => error?.exitCode),
      [6, 3],
    )
  })

  it('are not tried after a 401 on one, and the command ends 4', async (t) => {
    const folder = await tempFolder(t)
    const files = await Promise.all(['a.png', 'b.png', 'c.png'].map((name) => testFile(folder, name, pngBytes(50))))
    const fake = await fakeScenario(t, {
      create: (response, { body }, nth) => {
        if (nth === 2) return json(response, 401, { message: 'Unauthorized' })
        const parts = JSON.parse(String(body)).parts
        json(response, 200, {
          upload: {
            id: uploadId,
            status: 'pending',
            parts: [{ number: parts, url: `${fake.bucketUrl}/key`, expires: '2099-01-01T00:00:00Z' }],
          },
        })
      },
    })
    const ended = await command(fake, [...files.map(({ path }) => path), '--jobs', '1', '--json'])
    assert.equal(ended.code, 4)
    const { ok, uploads, error } = documentOf(ended)
    assert.deepEqual([ok, error], [false, null])
    assert.deepEqual(
      uploads.map((upload) => [upload.ok, upload.error?.code ?? null]),
      [
        [true, null],
        [false, 'ERR_CREDENTIALS_REFUSED'],
        [false, 'ERR_NOT_TRIED'],
      ],
    )
    assert.equal(fake.api.filter(({ path }) => path === '/v1/uploads').length, 2)
  })

  it('of which one is a usage error end 2 before any request', async (t) => {
    const { sandbox, folder, file } = await stage(t)
    const mystery = await testFile(folder, 'mystery', Buffer.from('????'))
    assertFailure(await command(sandbox, [file.path, mystery.path]), 2, /mystery/, /--kind/)
    assert.deepEqual(sandbox.requests(), [])
  })
})

describe('a file that changes while it is being sent', { concurrency: 4 }, () => {
  /** Changes it as soon as the first byte of a part has arrived at the bucket. */
  async function changing(t: TestContext, change: (file: TestFile) => void, at = { part: 1, parts: 2 }) {
    const changed: { file?: TestFile } = {}
    const { sandbox, file } = await stage(t, at.parts * 5 * MiB, {
      fault: ({ call, partNumber }) => {
        if (call !== 'put' || partNumber !== at.part || !changed.file) return undefined
        const target = changed.file
        delete changed.file
        change(target)
        return { kind: 'delay', ms: 50 }
      },
    })
    changed.file = file
    return { sandbox, file, parts: ['--parts', String(at.parts), '--concurrency', '1'] }
  }

  const changes = [
    ['grows', (file: TestFile) => appendFileSync(file.path, 'more')],
    ['is written anew', (file: TestFile) => writeFileSync(file.path, pngBytes(file.bytes.length))],
    ['is cut off', (file: TestFile) => truncateSync(file.path, MiB)],
    [
      'is replaced by another of the same name',
      ({ path, bytes }: TestFile) => {
        writeFileSync(`${path}.new`, pngBytes(bytes.length))
        renameSync(`${path}.new`, path)
      },
    ],
  ] as const
  for (const [what, change] of changes) {
    for (const [when, at] of [
      ['in its first part', { part: 1, parts: 2 }],
      ['in its last part', { part: 2, parts: 2 }],
    ] as const) {
      it(`is never completed where it ${what} ${when}: exit code 3`, async (t) => {
        const { sandbox, file, parts } = await changing(t, change, at)
        const ended = await command(sandbox, [file.path, ...parts])
        assertFailure(ended, 3, /hero\.png changed while it was being sent/, /run the same command again/)
        assert.deepEqual(completes(sandbox.requests()), [])
        assert.equal(sandbox.uploads()[0]?.status, 'pending')
      })
    }
  }

  it('is never completed where the old mtime was put back: the MD5s of what was sent decide', async (t) => {
    // In place: a file that is written anew is short for a moment, which the reader may see.
    const rewrite = ({ path }: TestFile) => {
      execFileSync('touch', ['-r', path, `${path}.times`])
      const file = openSync(path, 'r+')
      writeSync(file, randomBytes(5 * MiB), 0, 5 * MiB, 0)
      closeSync(file)
      execFileSync('touch', ['-r', `${path}.times`, path])
    }
    const { sandbox, file, parts } = await changing(t, rewrite, { part: 2, parts: 2 })
    const ended = await command(sandbox, [file.path, ...parts])
    assertFailure(ended, 3, /hero\.png changed while it was being sent: part 1/)
    assert.deepEqual(completes(sandbox.requests()), [])
  })

  const touches = [
    ['its mode', ({ path }: TestFile) => chmodSync(path, 0o600)],
    ['its number of links', ({ path }: TestFile) => linkSync(path, `${path}.link`)],
  ] as const
  for (const [what, touch] of touches) {
    it(`ends well where only ${what} changed: its bytes are read again, and are the same`, async (t) => {
      const { sandbox, file, parts } = await changing(t, touch)
      const ended = await command(sandbox, [file.path, ...parts])
      assertAnswer(ended, `${sandbox.uploads()[0]?.entityId}\n`)
      assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
      assert.equal(puts(sandbox.requests()).length, 2)
    })
  }

  it('is taken for changed after a chmod with `--no-verify`: there are no MD5s to compare', async (t) => {
    const { sandbox, file, parts } = await changing(t, ({ path }) => chmodSync(path, 0o600))
    assertFailure(await command(sandbox, [file.path, ...parts, '--no-verify']), 3, /hero\.png changed/)
    assert.deepEqual(completes(sandbox.requests()), [])
  })

  it('stands in the document with the id of the upload that was given up', async (t) => {
    const { sandbox, file, parts } = await changing(t, ({ path }) => appendFileSync(path, 'more'))
    const ended = await command(sandbox, [file.path, ...parts, '--json', '--progress', 'json'])
    assert.equal(ended.code, 3)
    const { upload } = documentOf(ended)
    assert.equal(upload.uploadId, sandbox.uploads()[0]?.id)
    assert.equal(upload.error?.code, 'ERR_FILE_CHANGED')
    assert.equal(upload.error?.retryable, false)
    assert.deepEqual(eventsOf(ended).at(-1)?.code, 'ERR_FILE_CHANGED')
  })
})

describe('what a path may be', { concurrency: 4 }, () => {
  it('a link to a file, which has the name of the link', async (t) => {
    const { sandbox, folder, file } = await stage(t)
    await symlink(file.path, join(folder, 'link.png'))
    const ended = await command(sandbox, [join(folder, 'link.png')])
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(sandbox.uploads()[0]?.fileName, 'link.png')
    assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
  })

  it('no name in letters of an older encoding: that is said, and the files beside it are sent', {
    skip: process.platform !== 'linux' && 'such names are known to Linux alone',
  }, async (t) => {
    const { sandbox, folder, file } = await stage(t)
    const old = Buffer.from('caf\xe9.png', 'latin1')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), old]), pngBytes(100))
    const ended = await command(sandbox, ['-r', folder])
    assert.equal(ended.code, 1, ended.stderr)
    assert.match(ended.stderr, /caf\uFFFD\.png: no such file\n {2}→ Rename .*not valid UTF-8/)
    assert.deepEqual(
      sandbox.uploads().map(({ sha256 }) => sha256),
      [file.sha256],
    )
  })

  it('a name with spaces, quotes and letters of any script', async (t) => {
    const { sandbox, folder } = await stage(t)
    const name = `hé ro's "画像" #1 100%.png`
    const file = await testFile(folder, name, pngBytes(50))
    const ended = await command(sandbox, [name], { cwd: folder })
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(sandbox.uploads()[0]?.fileName, name)
    assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
  })
})
