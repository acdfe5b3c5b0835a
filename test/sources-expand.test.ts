/**
 * From what the user named to the flat list of sources.
 *
 * Scenes: folders · links and things that are no files · patterns · lists · what is told and what is refused · Windows.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { expand, type ManyOptions } from '../src/sources/expand.js'
import type { Reference, SourceInput } from '../src/sources/reference.js'
import { tempFolder } from './helpers/files.js'

const posix = { skip: process.platform === 'win32' }

/** Root may read everything. */
async function asNobody<Value>(work: () => Promise<Value>): Promise<Value> {
  if (process.getuid?.() !== 0) return work()
  await chmod('.', 0o755)
  process.seteuid?.(65534)
  return work().finally(() => process.seteuid?.(0))
}

interface Search extends ManyOptions {
  /** What standard input holds. */
  stdin?: string
  platform?: NodeJS.Platform
  signal?: AbortSignal
}

/** A folder with these files, as the present one. */
async function stage(t: TestContext, ...files: string[]): Promise<string> {
  const folder = await tempFolder(t)
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), file)
  }
  const before = process.cwd()
  process.chdir(folder)
  t.after(() => process.chdir(before))
  return folder
}

async function look(inputs: readonly SourceInput[], { stdin = '', platform, signal, ...options }: Search = {}) {
  const notes: [message: string, index: number, source: string][] = []
  const references = await expand(inputs, options, {
    stdin: () => Readable.from([stdin]),
    signal: signal ?? new AbortController().signal,
    note: (...note) => notes.push(note),
    ...(platform && { platform }),
  })
  return { references, notes, shown: references.map(outline) }
}

/** As it is shown, and what is against it. */
const outline = ({ shown, refused }: Reference) => (refused ? `${shown} ${refused.code}` : shown)

describe('a folder', () => {
  it('is all files in it and below, by the code points of their paths', async (t) => {
    await stage(
      t,
      'art/b.png',
      'art/B.png',
      'art/a/z.png',
      'art/a.png',
      'art/a-b.png',
      'art/\ufffd.png',
      'art/\u{1f600}.png',
    )
    const { shown, references } = await look(['art'], { recursive: true })
    const sorted = ['B.png', 'a-b.png', 'a.png', 'a/z.png', 'b.png', '\ufffd.png', '\u{1f600}.png']
    assert.deepEqual(
      shown,
      sorted.map((name) => `art/${name}`),
    )
    assert.deepEqual(references[0], { type: 'file', shown: 'art/B.png', path: 'art/B.png', found: true })
  })

  it('is written as the user wrote it', async (t) => {
    const folder = await stage(t, 'art/a.png')
    for (const [written, shown] of [
      ['art/', 'art/a.png'],
      ['./art', './art/a.png'],
      ['.', './art/a.png'],
      [folder, `${folder}/art/a.png`],
    ] as const) {
      assert.deepEqual((await look([written], { recursive: true })).shown, [shown])
    }
  })

  it('keeps its error where nobody asks for what is in it', async (t) => {
    await stage(t, 'art/a.png')
    const { references } = await look(['art'])
    assert.deepEqual(references, [{ type: 'file', shown: 'art', path: 'art' }])
  })

  it('brings nothing hidden', async (t) => {
    await stage(t, 'art/.a.png', 'art/.git/b.png', 'art/c.png', '.hidden/d.png')
    assert.deepEqual((await look(['art', '.hidden'], { recursive: true })).shown, ['art/c.png', '.hidden/d.png'])
  })

  it('brings what is included and not excluded', async (t) => {
    await stage(t, 'art/a.png', 'art/a.psd', 'art/old/b.png', 'named.psd')
    const filters = { include: '*.png', exclude: ['old/'] }
    assert.deepEqual((await look(['art', 'named.psd'], { recursive: true, ...filters })).shown, [
      'art/a.png',
      'named.psd',
    ])
  })

  it('with nothing in it is an input error of its own', async (t) => {
    await stage(t, 'art/.a.png', 'b.png')
    const { shown, references } = await look(['art', 'b.png'], { recursive: true })
    assert.deepEqual(shown, ['art ERR_FILE_MISSING', 'b.png'])
    assert.equal(references[0]?.refused?.message, 'art: no file to upload in this folder')
    assert.match(references[0]?.refused?.hint ?? '', /hidden files are left out/)
    const filtered = await look(['.'], { recursive: true, exclude: '*' })
    assert.match(filtered.references[0]?.refused?.hint ?? '', /`--include` and `--exclude`/)
  })

  it('that may not be read is an error at its place, not silently nothing', posix, async (t) => {
    await stage(t, 'art/a.png', 'art/b/c.png', 'art/d.png')
    await chmod('art/b', 0)
    const { shown } = await asNobody(() => look(['art'], { recursive: true }))
    assert.deepEqual(shown, ['art/a.png', 'art/b ERR_FILE_UNREADABLE', 'art/d.png'])
  })

  it('is left as soon as the call is ended', async (t) => {
    await stage(t, 'art/a.png')
    await assert.rejects(
      look(['art'], { recursive: true, signal: AbortSignal.abort('enough') }),
      (error) => error === 'enough',
    )
  })
})

describe('in a folder', posix, () => {
  it('links to files are followed, links to folders are not', async (t) => {
    await stage(t, 'art/a.png', 'other/b.png')
    await symlink('a.png', 'art/link.png')
    await symlink('../other', 'art/more')
    await symlink('.', 'art/loop')
    const { shown, notes } = await look(['art'], { recursive: true })
    assert.deepEqual(shown, ['art/a.png', 'art/link.png'])
    assert.deepEqual(notes, [
      ['left out: art/loop is a link to a folder, art/more is a link to a folder', 0, 'art/a.png'],
    ])
  })

  it('a link to nothing is a file that will be missed', async (t) => {
    await stage(t, 'art/a.png')
    await symlink('gone', 'art/b.png')
    assert.deepEqual((await look(['art'], { recursive: true })).shown, ['art/a.png', 'art/b.png'])
  })

  it('what is no file is left out with a note, unless it is not wanted anyway', async (t) => {
    await stage(t, 'a.png', 'art/b.png')
    for (const name of ['1', '2', '3', '4', '5.psd']) execFileSync('mkfifo', [`art/${name}`])
    const { shown, notes } = await look(['a.png', 'art'], { recursive: true, exclude: '*.psd' })
    assert.deepEqual(shown, ['a.png', 'art/b.png'])
    assert.deepEqual(notes, [
      [
        'left out: art/1 is a named pipe, art/2 is a named pipe, art/3 is a named pipe and 1 more of the kind',
        1,
        'art/b.png',
      ],
    ])
  })

  it('a link that was named is the folder that it leads to', async (t) => {
    await stage(t, 'art/a.png')
    await symlink('art', 'link')
    assert.deepEqual((await look(['link'], { recursive: true })).shown, ['link/a.png'])
  })
})

describe('a pattern', () => {
  const tree = ['art/a.png', 'art/b.jpg', 'art/x/c.png', 'art/x/y/d.png', 'art/.e.png', 'top.png', 'my [old] art/f.png']
  const rows: readonly [pattern: string, options: ManyOptions, shown: string[]][] = [
    ['*.png', {}, ['top.png']],
    ['art/*.png', {}, ['art/a.png']],
    ['./art/*.png', {}, ['./art/a.png']],
    ['art/**/*.png', {}, ['art/a.png', 'art/x/c.png', 'art/x/y/d.png']],
    ['art/.*', {}, ['art/.e.png']],
    ['art/*', {}, ['art/a.png', 'art/b.jpg']],
    ['art/*', { recursive: true }, ['art/a.png', 'art/b.jpg', 'art/x/c.png', 'art/x/y/d.png']],
    ['art/*', { recursive: true, exclude: 'y' }, ['art/a.png', 'art/b.jpg', 'art/x/c.png']],
    ['{art/x,.}/*.png', {}, ['art/x/c.png']],
    ['my [old] art/*', {}, ['my [old] art/f.png']],
  ]
  for (const [pattern, options, shown] of rows) {
    it(`${pattern} ${JSON.stringify(options)} is ${shown.join(', ')}`, async (t) => {
      await stage(t, ...tree)
      assert.deepEqual((await look([pattern], options)).shown, shown)
    })
  }

  it('may be absolute', async (t) => {
    const folder = await stage(t, 'a.png', 'b.png')
    assert.deepEqual((await look([`${folder}/*.png`])).shown, [`${folder}/a.png`, `${folder}/b.png`])
  })

  it('is none where a file has just that name', async (t) => {
    await stage(t, 'hero[1].png', 'hero1.png')
    const { references } = await look(['hero[1].png'])
    assert.deepEqual(references, [{ type: 'file', shown: 'hero[1].png', path: 'hero[1].png' }])
  })

  it('is none where an object or a list says that it is a path', async (t) => {
    await stage(t, 'a.png')
    await writeFile('list.txt', '*.png\n')
    const { shown } = await look([{ file: '*.png' }, { source: '*.png' }, { filesFrom: 'list.txt' }])
    assert.deepEqual(shown, ['*.png', '*.png', '*.png'])
  })

  for (const pattern of ['*.xyz', 'none/*.png', 'a.png/*']) {
    it(`that matches nothing is an input error of its own: ${pattern}`, async (t) => {
      await stage(t, 'a.png')
      const { references } = await look([pattern])
      const [only] = references
      assert.equal(only?.shown, pattern)
      assert.equal(only?.refused?.code, 'ERR_FILE_MISSING')
      assert.match(only?.refused?.message ?? '', /: no such file/)
    })
  }
})

describe('a list', () => {
  it('has its place among the sources, and its lines their wishes', async (t) => {
    await stage(t)
    await writeFile('list.txt', 'b.png\r\n{"source":"hf:owner/name"}\n{"source":"c.png","kind":"avatar"}\n')
    const { shown, references } = await look(['a.png', { filesFrom: 'list.txt' }, { url: 'https://a.b/d.png' }])
    assert.deepEqual(shown, ['a.png', 'b.png', 'hf:owner/name', 'c.png', 'https://a.b/d.png'])
    assert.deepEqual(references[3], {
      ...{ type: 'file', shown: 'c.png', path: 'c.png' },
      own: { kind: 'avatar' },
      line: 'line 3 of list.txt',
    })
  })

  it('comes last where it is an option; there may be several, one of them on standard input', async (t) => {
    await stage(t)
    await writeFile('list.txt', 'b.png\0c\n.png\0')
    const { shown } = await look(['a.png'], { filesFrom: ['list.txt', '-'], null: true, stdin: 'd.png\0' })
    assert.deepEqual(shown, ['a.png', 'b.png', 'c\n.png', 'd.png'])
  })

  it('may name folders, whose files inherit what is asked for them', async (t) => {
    await stage(t, 'art/a.png', 'art/b.png')
    const { references } = await look([], { recursive: true, filesFrom: '-', stdin: '{"source":"art","hide":true}' })
    assert.deepEqual(
      references.map(({ shown, own, line }) => [shown, own, line]),
      ['art/a.png', 'art/b.png'].map((path) => [path, { hide: true }, 'line 1 of standard input']),
    )
  })

  const wrong: readonly [title: string, inputs: SourceInput[], search: Search, message: RegExp][] = [
    ['that is empty', [], { filesFrom: '-' }, /^no source to upload: nothing stands in standard input$/],
    ['beside standard input', ['-'], { filesFrom: '-', stdin: 'a' }, /^standard input can be read only once$/],
    ['twice on standard input', [], { filesFrom: ['-', '-'] }, /^standard input can be read only once$/],
    [
      'on standard input that names it',
      [],
      { filesFrom: '-', stdin: 'a\n-' },
      /^line 2 of standard input: .* only once$/,
    ],
    ['with a line that is no source', [], { filesFrom: '-', stdin: 'a\nftp://b/c' }, /^line 2 of standard input: ftp:/],
    ['with a field that is wrong', [], { filesFrom: '-', stdin: '{"source":"a","hide":1}' }, /^line 1 of .*: "hide": /],
    ['without a name', ['a'], { filesFrom: '' }, /^--files-from must be a text/],
    ['that is none, with -0', ['a'], { null: true }, /^-0 goes with --files-from$/],
    [
      'with a folder of several files under one name',
      [],
      { filesFrom: '-', stdin: '{"source":"art","name":"a.png"}', recursive: true },
      /^line 1 of standard input: "name" goes with a single file, and art brings 2$/,
    ],
  ]
  for (const [title, inputs, search, message] of wrong) {
    it(`${title} is a usage error`, async (t) => {
      await stage(t, 'art/a.png', 'art/b.png')
      await assert.rejects(look(inputs, search), { code: 'ERR_USAGE', message })
    })
  }

  it('that is empty says nothing beside other sources', async (t) => {
    await stage(t)
    assert.deepEqual((await look(['a.png'], { filesFrom: '-' })).shown, ['a.png'])
  })
})

describe('filters', () => {
  it('that nothing is asked of are told of', async (t) => {
    await stage(t, 'a.png')
    const { notes, shown } = await look(['a.png'], { exclude: '*.png' })
    assert.deepEqual(shown, ['a.png'])
    assert.match(notes[0]?.[0] ?? '', /what is named outright is all taken/)
  })

  for (const include of ['', ['a', '']]) {
    it(`are not empty: ${JSON.stringify(include)}`, async () => {
      await assert.rejects(look(['a.png'], { include }), { code: 'ERR_USAGE', message: /^--include must be a text/ })
    })
  }
})

describe('on Windows', posix, () => {
  const rows: readonly [written: string, shown: string][] = [
    ['*.png', 'b.png'],
    ['art\\*.png', 'art\\a.png'],
    ['art/*.png', 'art/a.png'],
    ['**\\a.*', 'art\\a.png'],
    ['art', 'art\\a.png'],
    ['./art', './art/a.png'],
  ]
  for (const [written, shown] of rows) {
    it(`${written} brings ${shown}: with the separator that the user wrote, else with the system's`, async (t) => {
      await stage(t, 'art/a.png', 'b.png')
      assert.deepEqual((await look([written], { platform: 'win32', recursive: true })).shown, [shown])
    })
  }

  it('a drive is no scheme', async () => {
    assert.deepEqual((await look(['C:\\art\\*.png'], { platform: 'win32' })).shown, ['C:\\art\\*.png ERR_FILE_MISSING'])
  })
})
