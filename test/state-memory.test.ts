/** What this machine remembers of an upload: opened by one run at a time, grown part by part, and forgotten. */
import assert from 'node:assert/strict'
import fs, { chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { UploadError } from '../src/errors.js'
import { type Identity, nameOf } from '../src/state/identity.js'
import { createMemory, emptyNotebook, type Memory, type Notebook, noResume } from '../src/state/memory.js'
import { parseRecord, type UploadRecord } from '../src/state/record.js'
import { tempFolder } from './helpers/files.js'
import { age, deadPid, file, identity, leaveLock, lockText, MiB, namesIn, page, part, wish } from './helpers/state.js'

interface Remembering {
  folder: string
  memory: Memory
  /** Opens as a later run would: with a memory of its own. */
  open(own?: Partial<Identity>): Promise<Notebook>
  notes: string[]
  path: string
}

async function remembering(t: TestContext): Promise<Remembering> {
  const folder = join(await tempFolder(t), 'scenario-upload')
  const notes: string[] = []
  const say = (note: string) => notes.push(note)
  const open = (own?: Partial<Identity>) => createMemory(folder).open(identity(own), say)
  return { folder, memory: createMemory(folder), open, notes, path: join(folder, `${nameOf(identity())}.json`) }
}

async function readBack(path: string): Promise<UploadRecord> {
  const read = parseRecord(await readFile(path, 'utf8'))
  return typeof read === 'string' ? assert.fail(read) : read
}

/** A run that sent those parts and was then ended. */
async function ranOnce(
  open: Remembering['open'],
  numbers: readonly number[] = [1, 3],
  own?: Partial<Identity>,
): Promise<void> {
  const notebook = await open(own)
  await notebook.begin(page())
  for (const number of numbers) await notebook.add(part(number))
  await notebook.release()
}

const day = 24 * 3600_000

describe('a first run', () => {
  it('finds nothing, and says nothing', async (t) => {
    const { open, notes } = await remembering(t)
    const notebook = await open()
    assert.deepEqual([notebook.record, notebook.changed, notebook.keeps, notes], [null, null, true, []])
    await notebook.release()
  })

  it('makes the folder 0700, the file and its lock 0600', async (t) => {
    const { open, folder, path } = await remembering(t)
    const notebook = await open()
    await notebook.begin(page())
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    for (const each of [path, path.replace('.json', '.lock')]) assert.equal((await stat(each)).mode & 0o777, 0o600)
    await notebook.release()
  })

  it('closes a folder of its own name that is there already to all others', async (t) => {
    const { open, folder } = await remembering(t)
    await mkdir(folder)
    await chmod(folder, 0o755)
    await (await open()).release()
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
  })

  it('leaves no file where it began no upload', async (t) => {
    const { open, folder } = await remembering(t)
    const notebook = await open()
    await notebook.add(part(1))
    await notebook.release()
    assert.deepEqual(await namesIn(folder), [])
  })
})

describe('a later run', () => {
  it('finds the page that was begun, with its parts', async (t) => {
    const { open, notes } = await remembering(t)
    await ranOnce(open)
    const { record, changed, release } = await open()
    assert.deepEqual([record?.uploadId, record?.parts], ['upload_1', [part(1), part(3)]])
    assert.deepEqual([changed, notes], [null, []])
    await release()
  })

  it('that begins a page of its own has none of the parts of the one before', async (t) => {
    const { open, path } = await remembering(t)
    await ranOnce(open)
    const notebook = await open()
    await notebook.begin(page({ uploadId: 'upload_2' }))
    await notebook.add(part(2))
    const { uploadId, parts } = await readBack(path)
    assert.deepEqual([uploadId, parts], ['upload_2', [part(2)]])
    await notebook.release()
  })

  it('adds to what is there', async (t) => {
    const { open, path } = await remembering(t)
    await ranOnce(open, [1])
    const notebook = await open()
    await notebook.add(part(2))
    assert.deepEqual((await readBack(path)).parts, [part(1), part(2)])
    await notebook.release()
  })

  it('finds a part as soon as it was added', async (t) => {
    const { open, path } = await remembering(t)
    const notebook = await open()
    await notebook.begin(page())
    for (const number of [2, 1, 3]) {
      await notebook.add(part(number))
      assert.equal((await readBack(path)).parts.at(-1)?.number, number)
    }
    await notebook.release()
  })

  it('with another state of the file is told how it differs, and that one is dropped', async (t) => {
    const rows: readonly [own: Partial<Identity>, changed: RegExp][] = [
      [{ file: { ...file, size: String(16 * MiB) } }, /^its size went from 20971520 to 16777216 bytes$/],
      [{ file: { ...file, mtimeNs: '1790000001000000001' } }, /^its mtime went from 2026-\S+Z to 2026-\S+Z$/],
    ]
    for (const [own, changed] of rows) {
      const { open, folder, notes } = await remembering(t)
      await ranOnce(open)
      const notebook = await open(own)
      assert.equal(notebook.record, null)
      assert.match(notebook.changed ?? '', changed)
      assert.deepEqual([await namesIn(folder, '.json'), notes], [[], []])
      await notebook.release()
    }
  })

  it('looks once for all its files at what others have left: what comes later is for the next run to drop', async (t) => {
    const { open, memory, folder, notes } = await remembering(t)
    const say = (note: string) => notes.push(note)
    const earlier = await memory.open(identity({ path: '/home/ann/other.png' }), say)
    await ranOnce(open)
    const moved = { file: { ...file, mtimeNs: '1' } }
    const late = await memory.open(identity(moved), say)
    assert.deepEqual([late.changed, (await namesIn(folder, '.json')).length], [null, 1])
    for (const each of [earlier, late]) await each.release()
    const next = await open(moved)
    assert.match(next.changed ?? '', /mtime/)
    await next.release()
  })

  it('with another split leaves the other one alone, and begins afresh', async (t) => {
    const { open, folder } = await remembering(t)
    await ranOnce(open)
    const { record, changed, release } = await open({ partSize: 5 * MiB, request: { ...wish, parts: 4 } })
    assert.deepEqual([record, changed], [null, null])
    assert.equal((await namesIn(folder, '.json')).length, 1)
    await release()
  })

  it('holds nothing of another state of the file that cannot be dropped', async (t) => {
    const { open, folder, notes } = await remembering(t)
    await ranOnce(open)
    const { rm: remove } = fs
    t.mock.method(fs, 'rm', async (...args: Parameters<typeof remove>) => {
      if (String(args[0]).endsWith('.json')) throw Object.assign(new Error('no'), { code: 'EACCES' })
      return remove(...args)
    })
    syncBuiltinESMExports()
    t.after(() => {
      t.mock.restoreAll()
      syncBuiltinESMExports()
    })
    const notebook = await open({ file: { ...file, mtimeNs: '1' } })
    assert.deepEqual([notebook.keeps, notes.length], [false, 1])
    assert.deepEqual(await namesIn(folder, '.lock'), [])
  })

  it('does not drop another state of the file while a run is at it', async (t) => {
    const { open, folder } = await remembering(t)
    const first = await open()
    await first.begin(page())
    const second = await open({ file: { ...file, mtimeNs: '1' } })
    assert.equal(second.changed, null)
    assert.equal((await namesIn(folder, '.json')).length, 1)
    await second.release()
    await first.release()
  })

  it('finds nothing of what is older than thirty days', async (t) => {
    const { open, path, folder } = await remembering(t)
    await ranOnce(open)
    await age(path, 31 * day)
    const { record, release } = await open()
    assert.equal(record, null)
    assert.deepEqual(await namesIn(folder, '.json'), [])
    await release()
  })
})

describe('a second run at the same upload', () => {
  it('is told which process has it, since when, and ends with 5', async (t) => {
    const { open } = await remembering(t)
    const first = await open()
    await assert.rejects(open(), (error) => {
      assert.ok(error instanceof UploadError)
      assert.deepEqual([error.code, error.exitCode, error.retryable], ['ERR_BUSY', 5, true])
      assert.match(error.message, new RegExp(`under way in another run \\(process ${process.pid}, since 2\\S+Z\\)`))
      return true
    })
    await first.release()
  })

  it('goes on once the first has let go of it, or is dead', async (t) => {
    const { open, path } = await remembering(t)
    await ranOnce(open)
    await leaveLock(path.replace('.json', '.lock'), lockText({ pid: deadPid() }))
    const { record, release } = await open()
    assert.equal(record?.uploadId, 'upload_1')
    await release()
  })

  it('of another file is in nobody’s way', async (t) => {
    const { open } = await remembering(t)
    const books = [await open(), await open({ path: '/home/ann/other.png' })]
    for (const { release } of books) await release()
  })
})

describe('what is forgotten', () => {
  it('is found by no later run', async (t) => {
    const { open, folder } = await remembering(t)
    const notebook = await open()
    await notebook.begin(page())
    await notebook.release()
    await notebook.forget()
    assert.deepEqual(await namesIn(folder), [])
  })

  it('is what an earlier run left, where this one only waited', async (t) => {
    const { open, folder } = await remembering(t)
    await ranOnce(open)
    const notebook = await open()
    await notebook.release()
    await notebook.forget()
    assert.deepEqual(await namesIn(folder), [])
  })

  it('is not the page that a later run has begun meanwhile', async (t) => {
    const { open, path } = await remembering(t)
    await ranOnce(open)
    const first = await open()
    await first.release()
    const second = await open()
    await second.begin(page({ uploadId: 'upload_2' }))
    await first.forget()
    assert.equal((await readBack(path)).uploadId, 'upload_2')
    await second.release()
  })

  it('may be so already, or stand where nobody can reach it: that is no failure', async (t) => {
    const { open, folder } = await remembering(t)
    const notebook = await open()
    await notebook.forget()
    await notebook.begin(page())
    await notebook.release()
    await rm(folder, { recursive: true })
    await notebook.forget()
    await writeFile(folder, 'a file')
    await notebook.forget()
  })
})

describe('a state file that cannot be trusted is set aside, and said so:', () => {
  const texts: readonly [title: string, make: (text: string) => string, why: RegExp][] = [
    ['a torn one', (text) => text.slice(0, 100), /is torn/],
    ['an empty one', () => '', /is torn/],
    ['one of a newer version', (text) => text.replace('"format":1', '"format":2'), /was written by a newer version/],
    ['one of something else', () => '{}', /is not what it should be/],
    ['one of another upload', (text) => text.replace('https://api.test', 'https://api.other'), /not what it should be/],
    ['one of another request', (text) => text.replace(/"requestSha256":"./, '"requestSha256":"-'), /not what it/],
    ['one of another file', (text) => text.replace('/home/ann/hero.png', '/home/ann/b.png'), /not what it should be/],
  ]
  for (const [title, make, why] of texts) {
    it(title, async (t) => {
      const { open, path, folder, notes } = await remembering(t)
      await ranOnce(open)
      const text = make(await readFile(path, 'utf8'))
      await writeFile(path, text)
      const notebook = await open()
      assert.equal(notebook.record, null)
      assert.equal(notes.length, 1)
      assert.match(notes[0] ?? '', why)
      assert.match(notes[0] ?? '', /it was set aside, and the upload begins afresh$/)
      const [aside = ''] = await namesIn(folder, '.aside')
      assert.equal(await readFile(join(folder, aside), 'utf8'), text)
      await notebook.begin(page({ uploadId: 'upload_2' }))
      assert.equal((await readBack(path)).uploadId, 'upload_2')
      await notebook.release()
    })
  }

  it('a link, whose target is left alone', async (t) => {
    const { open, path, folder, notes } = await remembering(t)
    await ranOnce(open)
    await rename(path, join(folder, 'elsewhere'))
    await symlink(join(folder, 'elsewhere'), path)
    const notebook = await open()
    assert.deepEqual([notebook.record, notes.length], [null, 1])
    await notebook.begin(page({ uploadId: 'upload_2' }))
    assert.equal((await readBack(join(folder, 'elsewhere'))).uploadId, 'upload_1')
    await notebook.release()
  })

  it('a folder, and a file far too large, which are not read', async (t) => {
    const { open, path, notes } = await remembering(t)
    await (await open()).release()
    await mkdir(path)
    await (await open()).release()
    await writeFile(path, ' '.repeat(17 * MiB))
    await (await open()).release()
    assert.equal(notes.length, 2)
  })

  it('and none of another state of the same file keeps a run from going on', async (t) => {
    const { open, path, folder, notes } = await remembering(t)
    await ranOnce(open)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace(file.mtimeNs, '9'.repeat(20)))
    const notebook = await open({ file: { ...file, size: '1' } })
    assert.equal(notebook.keeps, true, notes.join())
    await notebook.release()
    assert.equal((await namesIn(folder, '.lock')).length, 0)
  })
})

describe('a place that cannot be used', () => {
  const inTheWay = async (t: TestContext) => {
    const folder = join(await tempFolder(t), 'state')
    await writeFile(folder, 'a file')
    return folder
  }

  it('is said once for all uploads, which go on without', async (t) => {
    const notes: string[] = []
    const folder = await inTheWay(t)
    const memory = createMemory(folder)
    for (const path of ['/a', '/b', '/c']) {
      const notebook = await memory.open(identity({ path }), (note) => notes.push(note))
      assert.deepEqual([notebook.keeps, notebook.record], [false, null])
      await notebook.begin(page())
      await notebook.add(part(1))
      await notebook.release()
      await notebook.forget()
    }
    assert.deepEqual(notes, [`${folder} cannot be used (ENOTDIR): if this is interrupted, it begins anew`])
    assert.equal(await readFile(folder, 'utf8'), 'a file')
  })

  it('is said once, where it fails in the middle', async (t) => {
    const { open, folder, notes } = await remembering(t)
    const notebook = await open()
    await notebook.begin(page())
    await rm(folder, { recursive: true })
    for (const number of [1, 2, 3]) await notebook.add(part(number))
    await notebook.release()
    assert.equal(notes.length, 1)
    assert.match(notes[0] ?? '', /cannot be used \(ENOENT\)/)
  })

  it('is no longer one that a later run can go on from', async (t) => {
    const { open, folder } = await remembering(t)
    const notebook = await open()
    await notebook.begin(page())
    assert.equal(notebook.keeps, true)
    await rm(folder, { recursive: true })
    await notebook.add(part(1))
    assert.equal(notebook.keeps, false)
    await notebook.release()
  })
})

describe('without a memory', () => {
  it('of what no later run finds again, nothing is kept or written', async (t) => {
    const { memory, folder } = await remembering(t)
    assert.equal(await memory.open(null, assert.fail), emptyNotebook)
    await assert.rejects(stat(folder), { code: 'ENOENT' })
  })

  it('(--no-resume) nothing is read or written', async () => {
    const notebook = await noResume.open(identity(), assert.fail)
    await notebook.begin(page())
    await notebook.add(part(1))
    assert.deepEqual([notebook.record, notebook.changed, notebook.keeps], [null, null, false])
  })
})

describe('what is kept', () => {
  it('holds no address of what the server fetches but the one that may be shown', async (t) => {
    const { open, folder } = await remembering(t)
    const own = {
      ...{ type: 'url', path: null, file: null, partSize: null },
      request: { url: 'https://user:topsecret@example.com/a.png?sig=topsecret', kind: 'image' },
    }
    const notebook = await open(own)
    await notebook.begin(page({ source: 'https://example.com/a.png?…', request: null, partsCount: 0 }))
    const names = await namesIn(folder)
    for (const name of names) assert.doesNotMatch(await readFile(join(folder, name), 'utf8'), /topsecret/)
    assert.equal(names.length, 2)
    await notebook.release()
    assert.equal((await open(own)).record?.source, 'https://example.com/a.png?…')
  })
})
