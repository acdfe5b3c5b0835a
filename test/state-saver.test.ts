/** Saving a record as it grows: few writes, and no promise kept before its content is on the disk. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseRecord, type UploadRecord } from '../src/state/record.js'
import { createSaver, type Saver } from '../src/state/saver.js'
import { writeFileWhole } from '../src/state/write-file.js'
import { tempFolder } from './helpers/files.js'
import { file, MiB, namesIn, part, record } from './helpers/state.js'

interface Saving {
  folder: string
  path: string
  saver: Saver
  failures: unknown[]
  /** What a later run would find. */
  there(): Promise<UploadRecord>
}

async function saving(t: TestContext): Promise<Saving> {
  const folder = await tempFolder(t)
  const path = join(folder, 'a.json')
  const failures: unknown[] = []
  const there = async () => {
    const read = parseRecord(await readFile(path, 'utf8'))
    return typeof read === 'string' ? assert.fail(read) : read
  }
  return { folder, path, saver: createSaver(path, (error) => failures.push(error)), failures, there }
}

/** A record with room for a thousand parts, of which none is there. */
const growing = () => record({ parts: [], partsCount: 1000, file: { ...file, size: String(1000 * 8 * MiB) } })

const numbersOf = ({ parts }: UploadRecord) => parts.map(({ number }) => number)

describe('a save', () => {
  it('resolves once the record is on the disk, for the eyes of its owner alone', async (t) => {
    const { saver, path, there } = await saving(t)
    await saver.save(record())
    assert.deepEqual(numbersOf(await there()), [1, 3])
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('says when it was', async (t) => {
    const { saver, there } = await saving(t)
    const before = Date.now()
    await saver.save(record())
    const { createdAt, updatedAt } = await there()
    assert.equal(createdAt, record().createdAt)
    assert.ok(Date.parse(updatedAt) >= before && Date.parse(updatedAt) <= Date.now(), updatedAt)
  })

  it('leaves no temporary file behind', async (t) => {
    const { saver, folder } = await saving(t)
    const made = growing()
    for (let number = 1; number <= 10; number++) {
      made.parts.push(part(number))
      await saver.save(made)
    }
    assert.deepEqual(await namesIn(folder), ['a.json'])
  })

  it('of one record after another keeps the last', async (t) => {
    const { saver, there } = await saving(t)
    const saves = ['upload_1', 'upload_2', 'upload_3'].map((uploadId) => saver.save(record({ uploadId })))
    await Promise.all(saves)
    assert.equal((await there()).uploadId, 'upload_3')
  })
})

describe('many saves at once', () => {
  it('are two writes at the most', async (t) => {
    const { saver, path } = await saving(t)
    const made = growing()
    const inodes = new Set<bigint>()
    const saves = Array.from({ length: 100 }, async (_, index) => {
      made.parts.push(part(index + 1))
      await saver.save(made)
      inodes.add((await stat(path, { bigint: true })).ino) // each write is a file of its own
    })
    await Promise.all(saves)
    assert.ok(inodes.size <= 2, `${inodes.size} writes`)
  })

  it('each resolve only once their own part is on the disk', async (t) => {
    const { saver, there } = await saving(t)
    const made = growing()
    const add = async (number: number) => {
      await new Promise((resolve) => setTimeout(resolve, number % 7))
      made.parts.push(part(number))
      await saver.save(made)
      const numbers = numbersOf(await there())
      assert.ok(numbers.includes(number), `${number} is not among ${numbers}`)
    }
    await Promise.all(Array.from({ length: 200 }, (_, index) => add(index + 1)))
    assert.equal(numbersOf(await there()).length, 200)
  })

  it('are written one after the other, though one comes the moment that another is done', async (t) => {
    const { saver, folder } = await saving(t)
    const made = growing()
    const add = (number: number) => {
      made.parts.push(part(number))
      return saver.save(made)
    }
    const state = { done: false, seen: 0, most: 0 }
    const watching = (async () => {
      for (let before: string[] = []; !state.done; ) {
        const now = await namesIn(folder, '.tmp')
        // One that is read while it changes may have both names, of which one is gone the next time.
        const both = now.filter((name) => before.includes(name))
        Object.assign(state, { seen: state.seen + now.length, most: Math.max(state.most, both.length) })
        before = now
      }
    })()
    for (let round = 0; round < 100; round++) {
      // Asked for in this order, the third comes between the end of the first write and the begin of the second.
      const third = add(round * 3 + 1).then(() => add(round * 3 + 3))
      await Promise.all([third, add(round * 3 + 2)])
    }
    state.done = true
    await watching
    assert.ok(state.seen > 0 && state.most <= 1, `${state.most} at once`)
  })
})

describe('a write that fails', () => {
  it('is said once, is the last one that is tried, and fails no upload', async (t) => {
    const { saver, folder, failures } = await saving(t)
    await rm(folder, { recursive: true })
    await Promise.all([saver.save(record()), saver.save(record()), saver.save(record())])
    await mkdir(folder)
    await saver.save(record())
    assert.equal(failures.length, 1)
    assert.deepEqual(await namesIn(folder), [])
  })

  it('leaves the state before it, whole', async (t) => {
    const { saver, folder, there, failures } = await saving(t)
    await saver.save(record())
    // Something stands in the way of the next temporary file: there is no room for a name so long.
    const next = createSaver(join(folder, `${'x'.repeat(250)}.json`), (error) => failures.push(error))
    await next.save(record({ uploadId: 'upload_2' }))
    assert.equal(failures.length, 1)
    assert.equal((await there()).uploadId, 'upload_1')
    assert.deepEqual(await namesIn(folder), ['a.json'])
  })
})

describe('a file that is written whole', () => {
  it('takes the place of the old one, whatever the mode of that', async (t) => {
    const path = join(await tempFolder(t), 'a')
    await writeFile(path, 'old')
    await chmod(path, 0o644)
    await writeFileWhole(path, 'new')
    assert.equal(await readFile(path, 'utf8'), 'new')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('is never seen in half by a reader', async (t) => {
    const path = join(await tempFolder(t), 'a')
    const texts = ['a', 'b'].map((letter) => letter.repeat(256 * 1024))
    await writeFileWhole(path, texts[0] ?? '')
    const state = { done: false, seen: 0 }
    const reading = (async () => {
      for (; !state.done; state.seen++) assert.ok(texts.includes(await readFile(path, 'utf8')))
    })()
    for (let i = 0; i < 30; i++) await writeFileWhole(path, texts[i % 2] ?? '')
    state.done = true
    await reading
    assert.ok(state.seen > 0)
  })

  it('that cannot take its place leaves nothing behind', async (t) => {
    const folder = await tempFolder(t)
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'a', 'stone'), '')
    await assert.rejects(writeFileWhole(join(folder, 'a'), 'new'))
    assert.deepEqual(await namesIn(folder), ['a'])
  })
})
