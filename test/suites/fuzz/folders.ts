/** State folders in which something else stands where a state file or its lock should be. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { UploadError } from '../../../src/errors.js'
import { type Identity, nameOf } from '../../../src/state/identity.js'
import { createMemory } from '../../../src/state/memory.js'
import { listKept } from '../../../src/state/unfinished.js'
import { tornRecord } from './records.js'

const identity: Identity = {
  ...{ apiUrl: 'https://api.test/v1', project: null, type: 'file', path: '/home/someone/hero.png' },
  file: { size: '10000000', mtimeNs: '1', ctimeNs: '1', dev: '1', ino: '1' },
  ...{ request: { fileName: 'hero.png' }, partSize: 5 * 1024 ** 2 },
}
const page = { uploadId: 'upload_new', source: 'hero.png', request: null, partsCount: 2 }

type Thing =
  | { is: 'nothing' | 'folder' | 'full' | 'fifo' | 'huge' | 'loop' | 'dangling' | 'toDevice' }
  | { is: 'file'; text: string }

const thing: fc.Arbitrary<Thing> = fc.oneof(
  { arbitrary: tornRecord.map((text): Thing => ({ is: 'file', text })), weight: 4 },
  fc
    .constantFrom('nothing', 'folder', 'full', 'fifo', 'huge', 'loop', 'dangling', 'toDevice')
    .map((is): Thing => ({ is: is as 'nothing' })),
)

const anHourAgo = new Date(Date.now() - 3_600_000)

async function place(path: string, what: Thing): Promise<void> {
  switch (what.is) {
    case 'nothing':
      return
    case 'file':
      await writeFile(path, what.text)
      // A lock that nobody has finished yet is waited for: this one is none.
      return utimes(path, anHourAgo, anHourAgo)
    case 'huge':
      await writeFile(path, '')
      return truncate(path, 20 * 1024 ** 3)
    case 'folder':
      return void (await mkdir(path))
    case 'full':
      await mkdir(path)
      return writeFile(join(path, 'a'), 'a')
    case 'fifo':
      return void execFileSync('mkfifo', [path])
    case 'loop':
      return symlink(path, path)
    case 'dangling':
      return symlink('/nowhere/at/all', path)
    case 'toDevice':
      return symlink('/dev/zero', path)
  }
}

/** Never a crash, never a hang: a notebook, or a run that says who is busy. */
export function strangeFolders(base: string) {
  const turn = { at: 0 }
  return fc.asyncProperty(thing, thing, async (record, lock) => {
    const folder = join(base, String(turn.at++))
    await mkdir(folder)
    const name = nameOf(identity)
    await place(join(folder, `${name}.json`), record)
    await place(join(folder, `${name}.lock`), lock)
    const notes: string[] = []
    const ended = await within(30_000, useOnce(folder, notes))
    assert.ok(ended === 'used' || (ended instanceof UploadError && ended.code === 'ERR_BUSY'), String(ended))
    await within(30_000, listKept(folder))
    await rm(folder, { recursive: true })
  })
}

async function useOnce(folder: string, notes: string[]): Promise<unknown> {
  try {
    const notebook = await createMemory(folder).open(identity, (note) => notes.push(note))
    if (!notebook.record) await notebook.begin(page)
    await notebook.add({ number: 1, md5: null, proof: 'skipped' })
    await notebook.release()
    if (!notebook.keeps) assert.notEqual(notes.length, 0, 'nothing is kept, and nobody is told')
    else
      assert.equal(
        (await listKept(folder))[0]?.record.uploadId,
        notebook.record?.uploadId ?? page.uploadId,
        String(await readdir(folder)),
      )
    return 'used'
  } catch (error) {
    if (error instanceof UploadError) return error
    throw error
  }
}

async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  const timer: { is: NodeJS.Timeout | undefined } = { is: undefined }
  const late = new Promise<never>((_, reject) => {
    timer.is = setTimeout(() => reject(new Error(`it hangs: nothing after ${ms} ms`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer.is))
}
