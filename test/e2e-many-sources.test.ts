/**
 * Folders, patterns and lists, from the command line to the server.
 *
 * Scenes: folders · patterns · lists · what each source asks for itself · what ends all, and what is one source's own.
 */
import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { CreateBody, Sandbox } from '../src/sandbox/index.js'
import type { RunOptions } from './helpers/command.js'
import { pngBytes, tempFolder } from './helpers/files.js'
import { assertAnswer, assertFailure, command, documentOf, linesOf, sandboxFor } from './helpers/scene.js'

const mp3 = Buffer.from('ID3\x03\0\0\0\0\0\0 a song')
const glb = Buffer.from('glTF\x02\0\0\0 a scene')

/** A sandbox, a folder with these files, and the command in that folder. */
async function stage(t: TestContext, ...files: string[]) {
  const sandbox = await sandboxFor(t)
  const folder = await tempFolder(t)
  for (const file of files) {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, path.endsWith('.mp3') ? mp3 : path.endsWith('.glb') ? glb : pngBytes(1000))
  }
  const run = (args: string[], options: RunOptions = {}) => command(sandbox, args, { cwd: folder, ...options })
  return { sandbox, folder, run }
}

/** What a request is about, whichever way in it took. */
function nameOf(request: CreateBody | undefined): string | undefined {
  if (request === undefined) return undefined
  if ('fileName' in request) return request.fileName
  if ('url' in request) return request.url
  return 'huggingFaceModelName' in request ? request.huggingFaceModelName : request.civitaiModelUrl
}

const held = (sandbox: Sandbox) =>
  sandbox
    .uploads()
    .map(({ request }) => nameOf(request))
    .sort()

/** What the server holds, in the order of the lines on stdout. */
const answered = (sandbox: Sandbox, stdout: string) =>
  linesOf(stdout).map((id) => nameOf(sandbox.uploads().find(({ entityId }) => entityId === id)?.request))

function fileNamed(sandbox: Sandbox, name: string) {
  const upload = sandbox.uploads().find(({ request }) => nameOf(request) === name)
  assert.ok(upload && 'fileName' in upload.request, `no upload of ${name}`)
  return upload.request
}

describe('a folder with -r', { concurrency: 4 }, () => {
  it('is every file in it, of whatever kind, one line each in the order of their paths', async (t) => {
    const { sandbox, run } = await stage(
      t,
      'art/b.mp3',
      'art/a/c.glb',
      'art/a.png',
      'art/.hidden.png',
      'art/.git/x.png',
    )
    const ended = await run(['-r', 'art'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'c.glb', 'b.mp3'])
    assert.deepEqual(
      ['a.png', 'c.glb', 'b.mp3'].map((name) => fileNamed(sandbox, name).kind),
      ['image', '3d', 'audio'],
    )
    assert.match(ended.stderr, /art\/a\/c\.glb/)
  })

  it('is told of file by file in the document', async (t) => {
    const { run } = await stage(t, 'art/b.png', 'art/a.png')
    const { uploads } = documentOf(await run(['-r', 'art/', '--json']))
    assert.deepEqual(
      uploads.map(({ source }) => source),
      ['art/a.png', 'art/b.png'],
    )
  })

  it('brings what is included and not excluded; what is named outright comes anyway', async (t) => {
    const { sandbox, run } = await stage(t, 'art/a.png', 'art/old/b.png', 'art/c.mp3', 'named.mp3')
    const ended = await run(['-r', 'art', 'named.mp3', '--include', '*.png', '--exclude', 'old/'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'named.mp3'])
  })

  it('and a file in it are sent once, with a line each time', async (t) => {
    const { sandbox, run } = await stage(t, 'art/a.png', 'art/b.png')
    const ended = await run(['art/b.png', '-r', 'art', './art/../art/a.png'])
    assert.deepEqual(answered(sandbox, ended.stdout), ['b.png', 'a.png', 'b.png', 'a.png'])
    assert.deepEqual(held(sandbox), ['a.png', 'b.png'])
  })

  it('leads into no loop, and says what it left out', { skip: process.platform === 'win32' }, async (t) => {
    const { folder, sandbox, run } = await stage(t, 'art/a.png')
    await symlink('.', join(folder, 'art', 'loop'))
    const ended = await run(['-r', 'art'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(held(sandbox), ['a.png'])
    assert.match(ended.stderr, /^note: .*left out: art\/loop is a link to a folder$/m)
  })

  it('that is empty fails by itself, and the others go on', async (t) => {
    const { folder, sandbox, run } = await stage(t, 'a.png')
    await mkdir(join(folder, 'empty'))
    const ended = await run(['-r', 'empty', 'a.png', '--json'])
    assert.equal(ended.code, 1)
    const [empty, file] = documentOf(ended).uploads
    assert.deepEqual([empty?.source, empty?.error?.code, empty?.error?.exitCode], ['empty', 'ERR_FILE_MISSING', 3])
    assert.equal(file?.ok, true)
    assert.deepEqual(held(sandbox), ['a.png'])
  })
})

describe('a folder without -r', () => {
  it('is an input error, whose hint is -r', async (t) => {
    const { sandbox, run } = await stage(t, 'art/a.png')
    assertFailure(await run(['art']), 3, /^art is a folder/, /`-r`/)
    assert.deepEqual(held(sandbox), [])
  })
})

describe('a quoted pattern', { concurrency: 4 }, () => {
  it('is what it matches', async (t) => {
    const { sandbox, run } = await stage(t, 'art/a.png', 'art/x/b.png', 'art/x/c.mp3', 'art/.d.png')
    const ended = await run(['art/**/*.png'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'b.png'])
  })

  it('is the file of that name, where there is one', async (t) => {
    const { sandbox, run } = await stage(t, 'hero[1].png', 'hero1.png')
    assertAnswer(await run(['hero[1].png']), `${sandbox.uploads()[0]?.entityId}\n`)
    assert.deepEqual(held(sandbox), ['hero[1].png'])
  })

  it('that matches nothing is an input error', async (t) => {
    const { run } = await stage(t, 'a.png')
    assertFailure(await run(['*.jpg']), 3, /^\*\.jpg: no such file, and no file matches it as a pattern$/)
  })

  it('of one file takes a name for it; of several it does not', async (t) => {
    const { sandbox, run } = await stage(t, 'a.png', 'b1.png', 'b2.png')
    assert.equal((await run(['a*.png', '--name', 'c.png'])).code, 0)
    assertFailure(await run(['b*.png', '--name', 'c.png']), 2, /--name goes with a single source/)
    assert.deepEqual(held(sandbox), ['c.png'])
  })
})

describe('a list', { concurrency: 4 }, () => {
  it('stands after the sources on the line and before those of options, whatever the order of the words', async (t) => {
    const { folder, sandbox, run } = await stage(t, 'a.png', 'b.png', '*.png')
    await writeFile(join(folder, 'list.txt'), '\ufeffhf:owner/name\r\n\r\n*.png\r\n')
    const url = 'https://example.com/d.png'
    const ended = await run(['--url', url, '--files-from', 'list.txt', 'a.png', '--', 'b.png'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'b.png', 'owner/name', '*.png', url])
  })

  it('is read from standard input; with -0 its entries end with NULs', async (t) => {
    const { sandbox, run } = await stage(t, 'a.png', 'b\n.png')
    const ended = await run(['--files-from', '-', '-0'], { input: 'a.png\0b\n.png\0' })
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'b\n.png'])
  })

  it('says in JSON what each source asks for itself', async (t) => {
    const { sandbox, run } = await stage(t, 'a.png', 'b.png', 'c.png')
    const lines = [
      '{"source":"a.png","kind":"avatar","name":"face.png","collection":["c2","c3"],"parent":"p2","hide":false}',
      '{"source":"b.png","collection":"c4"}',
      'c.png',
    ]
    const ended = await run(['--files-from', '-', '--collection', 'c1', '--hide'], { input: lines.join('\n') })
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['face.png', 'b.png', 'c.png'])
    const asked = ['face.png', 'b.png', 'c.png'].map((name) => fileNamed(sandbox, name))
    assert.deepEqual(
      asked.map((request) => request.kind),
      ['avatar', 'image', 'image'],
    )
    assert.deepEqual(
      asked.map((request) => request.assetOptions),
      [
        { collectionIds: ['c2', 'c3'], parentId: 'p2' },
        { collectionIds: ['c4'], hide: true },
        { collectionIds: ['c1'], hide: true },
      ],
    )
  })

  it('may ask for two things of one file: those are two uploads', async (t) => {
    const { sandbox, run } = await stage(t, 'a.png')
    const input = 'a.png\n{"source":"a.png","name":"b.png"}\n{"source":"a.png","kind":"image"}\n'
    const ended = await run(['--files-from', '-'], { input })
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(answered(sandbox, ended.stdout), ['a.png', 'b.png', 'a.png'])
    assert.deepEqual(held(sandbox), ['a.png', 'b.png'])
  })

  it('of ten thousand lines is planned within seconds', async (t) => {
    const { run } = await stage(t, 'a.png')
    const at = performance.now()
    const ended = await run(['--files-from', '-', '--dry-run', '--json'], { input: 'a.png\n'.repeat(10_000) })
    assert.equal(documentOf(ended).uploads.length, 10_000)
    assert.ok(performance.now() - at < 20_000)
  })
})

describe('before any request', { concurrency: 4 }, () => {
  type Row = [what: string, args: string[], input: string, exit: number, says: RegExp, hint?: RegExp]
  const rows: Row[] = [
    [
      'a line that is no JSON',
      ['--files-from', '-'],
      'a.png\n{"source"\n',
      2,
      /^line 2 of standard input begins with \{/,
    ],
    [
      'a misspelt field',
      ['--files-from', '-'],
      '{"source":"a.png","hidden":true}',
      2,
      /"hidden" is no field/,
      /"hide"/,
    ],
    [
      'a wrong field',
      ['--files-from', '-'],
      'a.png\n{"source":"a.png","kind":"x"}',
      2,
      /^line 2 of .*"kind": "x" is no kind/,
    ],
    [
      'a wish that does not go together',
      ['--files-from', '-'],
      '{"source":"hf:o/n","hide":true}',
      2,
      /^line 1 of .*--hide/,
    ],
    [
      'a line whose kind nothing tells',
      ['--files-from', '-'],
      'a.png\nodd.xyz',
      2,
      /^line 2 of standard input: neither the name/,
    ],
    [
      'a found file whose kind nothing tells',
      ['-r', '.'],
      '',
      2,
      /bytes tell what kind \.\/odd\.xyz is/,
      /--exclude '\*\.xyz'/,
    ],
    ['a list of nothing', ['--files-from', '-'], '\n', 2, /nothing stands in standard input/],
    ['a list that is not there', ['--files-from', 'none'], '', 3, /^--files-from none: no such file$/],
    ['standard input twice', ['-', '--name', 'a.png', '--files-from', '-'], 'a.png', 2, /only once/],
    ['-0 without a list', ['-0', 'a.png'], '', 2, /^-0 goes with --files-from$/],
    ['an empty pattern', ['a.png', '--exclude', ''], '', 2, /^--exclude must not be empty$/],
  ]
  for (const [what, args, input, exit, says, hint] of rows) {
    it(`${what} ends all with ${exit}`, async (t) => {
      const { folder, sandbox, run } = await stage(t, 'a.png')
      await writeFile(join(folder, 'odd.xyz'), 'what may this be')
      const ended = await run(args, { input })
      assertFailure(ended, exit, says, hint)
      assert.deepEqual(sandbox.requests(), [])
    })
  }
})
