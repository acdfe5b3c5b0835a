/** The record of what was uploaded: how a line is written and read, who may open what, and what many writers leave. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir, rename } from 'node:fs/promises'
import { join, posix, win32 } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { UploadError } from '../src/errors.js'
import { checkManifest } from '../src/state/check-manifest.js'
import { noManifest, openManifest, type Wanted } from '../src/state/manifest.js'
import { lineFor, type ManifestRecord, parseLine } from '../src/state/manifest-line.js'
import { pathFrom } from '../src/state/manifest-path.js'
import { sha256, tempFolder } from './helpers/files.js'

const record = (own: Partial<ManifestRecord> = {}): ManifestRecord => ({
  source: 'hero.png',
  type: 'file',
  path: 'art/hero.png',
  sha256: 'a'.repeat(64),
  size: 123,
  uploadId: 'upload_1',
  entityId: 'asset_1',
  kind: 'image',
  fileName: 'hero.png',
  contentType: 'image/png',
  assetOptions: { collectionIds: [], parentId: null, hide: false },
  api: 'https://api.test/v1',
  project: null,
  status: 'imported',
  at: '2026-11-01T10:00:00.000Z',
  ...own,
})

interface Scene {
  folder: string
  path: string
  notes: string[]
  /** The file art/hero.png in that folder. */
  wanted: (own?: Partial<Wanted>) => Wanted
  open: (writes?: boolean) => ReturnType<typeof openManifest>
  text: () => string
}

async function scene(t: TestContext, text?: string): Promise<Scene> {
  const folder = await tempFolder(t)
  const path = join(folder, 'uploads.jsonl')
  if (text !== undefined) writeFileSync(path, text)
  const notes: string[] = []
  const { sha256: _, uploadId: __, entityId: ___, status: ____, at: _____, ...what } = record()
  return {
    ...{ folder, path, notes },
    wanted: (own = {}) => ({ ...what, path: join(folder, 'art', 'hero.png'), address: null, ...own }),
    open: async (writes = true) => {
      const manifest = await openManifest(path, { writes, say: (note) => notes.push(note) })
      t.after(manifest.close)
      return manifest
    },
    text: () => readFileSync(path, 'utf8'),
  }
}

const content = (letter: string) => letter.repeat(64)
const ended = (number: number) => ({ uploadId: `upload_${number}`, entityId: `asset_${number}`, status: 'imported' })
const refusal = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UploadError)
  assert.deepEqual([error.code, error.exitCode], ['ERR_MANIFEST', 3])
  assert.match(error.message, sentence)
  return true
}

describe('a line', () => {
  it('is JSON with its version first, and is read as it was written', () => {
    const line = lineFor(record())
    assert.match(line, /^\{"schemaVersion":1,"source":"hero\.png",.*\}\n$/)
    const { source: _, at: __, ...known } = record()
    assert.deepEqual(parseLine(line), known)
  })

  it('of a later version, with fields that nobody knows yet, is read', () => {
    const later = { schemaVersion: 7, colour: 'red', ...record(), assetOptions: { hide: true, tint: 'blue' } }
    assert.deepEqual(parseLine(JSON.stringify(later))?.assetOptions, { collectionIds: [], parentId: null, hide: true })
  })

  it('may leave out what does not apply', () => {
    const { entityId: _, project: __, status: ___, assetOptions: ____, ...rest } = record()
    const read = parseLine(JSON.stringify({ schemaVersion: 1, ...rest }))
    assert.deepEqual([read?.entityId, read?.project, read?.status, read?.assetOptions.hide], [null, null, null, false])
  })

  const wrong: [title: string, text: string][] = [
    ['nothing', ''],
    ['half a line', lineFor(record()).slice(0, 90)],
    ['a list', '[1]'],
    ['null', 'null'],
    ['no version', JSON.stringify(record())],
    ...(
      [
        ['no upload id', { uploadId: '' }],
        ['an upload id that is a path', { uploadId: '../x' }],
        ['an entity id with a line break', { entityId: 'asset\n1' }],
        ['a digest that is none', { sha256: 'abc' }],
        ['a size below nothing', { size: -1 }],
        ['an API that is no text', { api: 5 }],
        ['a project that is a number', { project: 5 }],
        ['a kind that is none', { kind: null }],
        ['asset options that are a text', { assetOptions: 'hide' }],
        ['collections that are no texts', { assetOptions: { collectionIds: [1] } }],
      ] as [string, object][]
    ).map(([title, own]): [string, string] => [title, JSON.stringify({ schemaVersion: 1, ...record(), ...own })]),
  ]
  for (const [title, text] of wrong) {
    it(`with ${title} is no record`, () => assert.equal(parseLine(text), null))
  }

  it('that came close behind half of another one is read', () => {
    const glued = lineFor(record()).slice(0, 90) + lineFor(record({ uploadId: 'upload_2' }))
    assert.equal(parseLine(glued)?.uploadId, 'upload_2')
  })

  it('whose file name looks like a line is no two lines', () => {
    const name = '{"schemaVersion":1}'
    assert.equal(parseLine(lineFor(record({ fileName: name })))?.fileName, name)
    assert.equal(parseLine(lineFor(record({ fileName: name })).slice(0, -3)), null)
  })
})

describe('the path of a file in a manifest', () => {
  const rows: [folder: string, file: string, path: string, ways: typeof posix][] = [
    ['/repo', '/repo/art/hero.png', 'art/hero.png', posix],
    ['/repo/ci', '/repo/art/hero.png', '../art/hero.png', posix],
    ['/repo/ci', '/data/hero.png', '/data/hero.png', posix],
    ['/', '/art/hero.png', 'art/hero.png', posix],
    ['/repo', '/repo/..art/hero.png', '..art/hero.png', posix],
    ['/repo', '/hero.png', '/hero.png', posix],
    ['/repo', '/repo/a\\b.png', 'a\\b.png', posix],
    ['C:\\repo\\ci', 'C:\\repo\\art\\hero.png', '../art/hero.png', win32],
    ['C:\\repo', 'D:\\art\\hero.png', 'D:/art/hero.png', win32],
    ['C:\\repo', 'C:\\art\\hero.png', 'C:/art/hero.png', win32],
  ]
  for (const [folder, file, path, ways] of rows) {
    it(`${file}, seen from ${folder}, is ${path}`, () => assert.equal(pathFrom(folder, file, ways), path))
  }
})

describe('a manifest', { concurrency: 4 }, () => {
  it('is made where it is not there, for all to read, and knows nothing', async (t) => {
    const { open, path, wanted, text } = await scene(t)
    const manifest = await open()
    assert.equal(statSync(path).mode & 0o777, 0o644 & ~process.umask())
    assert.deepEqual([manifest.mayKnow(wanted()), manifest.find(wanted(), content('a')), text()], [false, null, ''])
  })

  it('that is only read is not made', async (t) => {
    const { open, path, wanted } = await scene(t)
    assert.equal((await open(false)).mayKnow(wanted()), false)
    assert.equal(existsSync(path), false)
  })

  it('that is only read is not written either', async (t) => {
    const { open, wanted, text } = await scene(t, lineFor(record()))
    await assert.rejects((await open(false)).append(wanted(), ended(2), content('b')), refusal(/cannot be written/))
    assert.equal(text(), lineFor(record()))
  })

  it('has what was put into it when it is opened again', async (t) => {
    const { open, wanted, text, notes } = await scene(t)
    await (await open()).append(wanted(), ended(1), content('a'))
    const { schemaVersion, at, ...line } = JSON.parse(text())
    assert.deepEqual([schemaVersion, line], [1, { ...record({ at }), at: undefined, ...ended(1) }].map(plain))
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000)
    const again = await open()
    assert.deepEqual(pick(again.find(wanted(), content('a'))), ended(1))
    assert.deepEqual(notes, [])
  })

  it('tells contents apart, by their size before anybody reads them', async (t) => {
    const { open, wanted } = await scene(t, lineFor(record()))
    const manifest = await open()
    assert.deepEqual(
      [manifest.mayKnow(wanted()), manifest.mayKnow(wanted({ size: 124 })), manifest.find(wanted(), content('b'))],
      [true, false, null],
    )
  })

  it('has each content that was ever there, and of the same one the latest record', async (t) => {
    const lines = [
      record(),
      record({ sha256: content('b'), ...ended(2) }),
      record({ ...ended(3) }),
      record({ path: 'other.png', ...ended(4) }),
    ]
    const { open, wanted } = await scene(t, lines.map(lineFor).join(''))
    const manifest = await open()
    assert.deepEqual(
      [manifest.find(wanted(), content('a'))?.uploadId, manifest.find(wanted(), content('b'))?.uploadId],
      ['upload_3', 'upload_2'],
    )
  })

  const others: [title: string, own: Partial<Wanted>][] = [
    ['in another project', { project: 'proj_1' }],
    ['of another API', { api: 'https://other.test/v1' }],
    ['as another kind', { kind: 'asset' }],
    ['under another name', { fileName: 'villain.png' }],
    ['as another media type', { contentType: 'image/webp' }],
    ['in a collection', { assetOptions: { collectionIds: ['col_1'], parentId: null, hide: false } }],
    ['with a parent', { assetOptions: { collectionIds: [], parentId: 'asset_9', hide: false } }],
    ['hidden', { assetOptions: { collectionIds: [], parentId: null, hide: true } }],
    ['from standard input', { type: 'stdin', path: null }],
  ]
  for (const [title, own] of others) {
    it(`does not have the same content ${title}`, async (t) => {
      const { open, wanted } = await scene(t, lineFor(record()))
      const manifest = await open()
      assert.deepEqual([manifest.mayKnow(wanted(own)), manifest.find(wanted(own), content('a'))], [false, null])
    })
  }

  it('knows an address by its digest, and never holds it', async (t) => {
    const { open, wanted, text } = await scene(t)
    const remote = { type: 'url', path: null, size: null, fileName: null, contentType: null }
    const address = 'https://ann:pass@example.com/a.png?token=secret'
    const own = { ...remote, source: 'https://example.com/a.png?…', address }
    await (await open()).append(wanted(own), ended(1))
    assert.doesNotMatch(text(), /token|secret|pass/)
    assert.equal(JSON.parse(text()).sha256, sha256(Buffer.from(address)))
    const manifest = await open()
    assert.deepEqual([manifest.mayKnow(wanted(own)), pick(manifest.find(wanted(own)))], [true, ended(1)])
    const other = wanted({ ...own, address: `${address}2` })
    assert.deepEqual([manifest.mayKnow(other), manifest.find(other)], [false, null])
  })

  it('holds where its folder was moved, and reached by a link', async (t) => {
    const { folder, open, wanted } = await scene(t)
    await mkdir(join(folder, 'one', 'art'), { recursive: true })
    const opened = async (name: string) =>
      openManifest(join(folder, name, 'uploads.jsonl'), { writes: true, say: assert.fail })
    const first = await opened('one')
    await first.append(wanted({ path: join(folder, 'one', 'art', 'hero.png') }), ended(1), content('a'))
    await first.close()
    await rename(join(folder, 'one'), join(folder, 'two'))
    symlinkSync(join(folder, 'two'), join(folder, 'link'))
    for (const name of ['two', 'link']) {
      const manifest = await opened(name)
      t.after(manifest.close)
      assert.equal(manifest.mayKnow(wanted({ path: join(folder, 'two', 'art', 'hero.png') })), true)
    }
    await open()
  })

  it('is none where there is none', async (t) => {
    const { wanted } = await scene(t)
    await noManifest.append(wanted(), ended(1), content('a'))
    assert.deepEqual([noManifest.mayKnow(wanted()), noManifest.find(wanted(), content('a'))], [false, null])
    await noManifest.close()
  })
})

/** As JSON has it. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

const pick = (found: { uploadId: string; entityId: string | null; status: string | null } | null) =>
  found && { uploadId: found.uploadId, entityId: found.entityId, status: found.status }

describe('a manifest with lines that are no records', { concurrency: 4 }, () => {
  const good = lineFor(record())
  const endless = lineFor(record({ source: 'x'.repeat(3 * 1024 ** 2) }))
  const rows: [title: string, text: string, note: RegExp | null][] = [
    ['a torn last line', `${good}{"schemaVersion":1,"sou`, /^line 2 of .*uploads\.jsonl is no record: skipped$/],
    ['a torn first line', `{"schemaV\n${good}`, /^line 1 of .* is no record: skipped$/],
    ['two', `x\n${good}y\n`, /^line 1 of .* is no record, nor is one more: skipped$/],
    ['the marks of a merge', `<<<<<<< HEAD\n${good}=======\n>>>>>>> b\n`, /^line 1 of .*, nor are 2 more: skipped$/],
    ['one that is far too long', `${good}${endless}${good}`, /^line 2 of .* is no record: skipped$/],
    ['one of bytes that are no text', `${good}\u0000\ufffd\n`, /^line 2 of/],
    ['empty ones', `\n${good}\n \n`, null],
    ['ends as Windows has them', good.replace('\n', '\r\n'), null],
    ['a byte order mark', `\ufeff${good}`, null],
    ['no end of the last line', good.trimEnd(), null],
  ]
  for (const [title, text, note] of rows) {
    it(`(${title}) has all others`, async (t) => {
      const { open, wanted, notes } = await scene(t, text)
      assert.equal((await open()).find(wanted(), content('a'))?.uploadId, 'upload_1')
      assert.equal(notes.length, note ? 1 : 0, notes.join('\n'))
      if (note) assert.match(notes[0] ?? '', note)
    })
  }

  for (const torn of [`${good}{"schemaVersion":1,"sou`, good.trimEnd(), '{"sch']) {
    it(`goes on with a line of its own after …${torn.slice(-10)}`, async (t) => {
      const { open, wanted, text } = await scene(t, torn)
      await (await open()).append(wanted(), ended(2), content('b'))
      assert.ok(text().startsWith(`${torn}\n{`))
      assert.equal((await open()).find(wanted(), content('b'))?.uploadId, 'upload_2')
    })
  }

  it('has a line that is longer than a piece of the file', async (t) => {
    const wide = lineFor(record({ source: 'ü'.repeat(400_000) }))
    const { open, wanted, notes } = await scene(t, wide + wide + lineFor(record({ ...ended(9) })))
    assert.equal((await open()).find(wanted(), content('a'))?.uploadId, 'upload_9')
    assert.deepEqual(notes, [])
  })
})

describe('what can be no manifest', { concurrency: 4 }, () => {
  for (const [title, text] of [
    ['a picture', '\x89PNG\r\n\x1a\n\0\0'],
    ['a text', 'hello\n'],
    ['another JSON', '{"asset":{"version":"2.0"}}\n'],
  ] as const) {
    it(`is ${title}, which is left as it is`, async (t) => {
      const { open, text: now } = await scene(t, text)
      await assert.rejects(open(), refusal(/is no manifest: no line of it is a record/))
      assert.equal(now(), text)
    })
  }

  it('is what is in a folder that is not there, which is not made', async (t) => {
    const folder = join(await tempFolder(t), 'no')
    const opening = openManifest(join(folder, 'm.jsonl'), { writes: true, say: assert.fail })
    await assert.rejects(opening, refusal(/its folder is not there \(ENOENT\)/))
    assert.equal(existsSync(folder), false)
  })

  it('is a folder', async (t) => {
    const opening = openManifest(await tempFolder(t), { writes: true, say: assert.fail })
    await assert.rejects(opening, refusal(/is not a regular file/))
  })

  it('is a pipe, which nobody waits for', async (t) => {
    const path = join(await tempFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    await assert.rejects(openManifest(path, { writes: true, say: assert.fail }), refusal(/is not a regular file/))
  })

  it('is what may not be written', { skip: process.getuid?.() === 0 && 'root may write everywhere' }, async (t) => {
    const { open, path } = await scene(t, '')
    chmodSync(path, 0o444)
    await assert.rejects(open(), refusal(/cannot be opened \(EACCES\)/))
  })
})

describe('two runs that write into the same manifest', () => {
  it('lose no line and tear none', async (t) => {
    const { open, wanted, text } = await scene(t)
    const runs = await Promise.all([open(), open(), open()])
    const files = Array.from({ length: 300 }, (_, index) => index)
    const source = 'x'.repeat(5000)
    await Promise.all(files.map((index) => runs[index % 3]?.append(wanted({ source }), ended(index), content('a'))))
    const lines = text().trimEnd().split('\n')
    const ids = lines.map((line) => parseLine(line)?.uploadId)
    assert.deepEqual(ids.sort(), files.map((index) => `upload_${index}`).sort())
  })

  it('go on after one of them was killed in the middle of its line', async (t) => {
    const { open, wanted, path } = await scene(t)
    const manifest = await open()
    await manifest.append(wanted(), ended(1), content('a'))
    await appendFile(path, '{"schemaVersion":1,"source":"x')
    await manifest.append(wanted(), ended(2), content('a'))
    assert.equal((await open()).find(wanted(), content('a'))?.uploadId, 'upload_2')
  })
})

describe('the options of a manifest', () => {
  for (const own of [{ manifest: '' }, { force: true }]) {
    it(`make no sense as ${JSON.stringify(own)}`, () => {
      assert.throws(() => checkManifest(own), { code: 'ERR_USAGE' })
    })
  }
  for (const own of [{}, { manifest: 'm.jsonl' }, { manifest: 'm.jsonl', force: true }, { force: false }]) {
    it(`may be ${JSON.stringify(own)}`, () => checkManifest(own))
  }
})
