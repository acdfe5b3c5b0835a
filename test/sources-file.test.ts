/** Files: what is refused before it is opened, how ranges are read, and how a change is seen. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { inspectFile, inspectHandle } from '../src/sources/inspect.js'
import { openFile, readerOf } from '../src/sources/open-file.js'
import type { OnChunk } from '../src/sources/range-chunks.js'
import type { ByteReader } from '../src/sources/source.js'
import { pngBytes, type TestFile, tempFolder, testFile } from './helpers/files.js'

const MiB = 1024 ** 2

async function rejected(work: Promise<unknown>, code: ErrorCode, says?: RegExp): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  if (says) assert.match(error.message, says)
  return error
}

async function setup(t: TestContext, bytes: Buffer = pngBytes(1000)): Promise<{ file: TestFile; reader: ByteReader }> {
  const file = await testFile(await tempFolder(t), 'a.png', bytes)
  const inspected = await inspectFile(file.path, 'a.png', 16)
  const reader = await openFile(file.path, 'a.png', inspected)
  t.after(() => reader.close().catch(() => {}))
  return { file, reader }
}

const ignore: OnChunk = () => undefined

/** A chunk is its reader's again as soon as the next is asked for, so each is copied. */
async function read(reader: ByteReader, start: number, end: number, onChunk: OnChunk = ignore): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of reader.open({ start, end }, onChunk)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

describe('a path that is refused', () => {
  type Make = (folder: string, t: TestContext) => Promise<string>
  const rows: readonly [title: string, code: ErrorCode, says: RegExp, make: Make][] = [
    ['is not there', 'ERR_FILE_MISSING', /^shown: no such file$/, async (folder) => join(folder, 'none.png')],
    [
      'leads through a file',
      'ERR_FILE_MISSING',
      /no such file \(a part of the path is no folder\)/,
      async (folder) => join((await testFile(folder, 'a', Buffer.from('x'))).path, 'b.png'),
    ],
    [
      'is a link to nothing',
      'ERR_FILE_MISSING',
      /is a link to nothing/,
      async (folder) => {
        await symlink(join(folder, 'none'), join(folder, 'link'))
        return join(folder, 'link')
      },
    ],
    [
      'is a link to itself',
      'ERR_FILE_MISSING',
      /leads back to itself/,
      async (folder) => {
        await symlink(join(folder, 'link'), join(folder, 'link'))
        return join(folder, 'link')
      },
    ],
    ['has too long a name', 'ERR_FILE_MISSING', /too long/, async (folder) => join(folder, 'x'.repeat(300))],
    ['is a folder', 'ERR_NOT_A_FILE', /is a folder/, async (folder) => folder],
    [
      'is a link to a folder',
      'ERR_NOT_A_FILE',
      /is a folder/,
      async (folder) => {
        await mkdir(join(folder, 'deep'))
        await symlink(join(folder, 'deep'), join(folder, 'link'))
        return join(folder, 'link')
      },
    ],
    [
      'is a named pipe, which nobody waits for',
      'ERR_NOT_A_FILE',
      /is a named pipe/,
      async (folder) => {
        execFileSync('mkfifo', [join(folder, 'pipe')])
        return join(folder, 'pipe')
      },
    ],
    ['is a device', 'ERR_NOT_A_FILE', /is a device/, async () => '/dev/zero'],
    [
      'is a socket',
      'ERR_NOT_A_FILE',
      /is a socket/,
      async (folder, t) => {
        const server = createServer()
        await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve))
        t.after(() => server.close())
        return join(folder, 'socket')
      },
    ],
    ['is empty', 'ERR_FILE_EMPTY', /is empty/, async (folder) => (await testFile(folder, 'a', Buffer.alloc(0))).path],
  ]
  for (const [title, code, says, make] of rows) {
    it(`${title}: ${code}`, { timeout: 60_000 }, async (t) => {
      const error = await rejected(inspectFile(await make(await tempFolder(t), t), 'shown', 16), code, says)
      assert.equal(error.exitCode, 3)
    })
  }

  it('may not be read: ERR_FILE_UNREADABLE', {
    skip: process.getuid?.() === 0 && 'root may read everything',
  }, async (t) => {
    const { path } = await testFile(await tempFolder(t), 'a.png', pngBytes(10))
    await chmod(path, 0)
    await rejected(inspectFile(path, 'shown', 16), 'ERR_FILE_UNREADABLE', /permission denied/)
  })
})

describe('a file that is taken', () => {
  for (const [size, head] of [
    [1, 1],
    [15, 15],
    [16, 16],
    [5000, 16],
  ] as const) {
    it(`of ${size} bytes tells its size and how it begins`, async (t) => {
      const file = await testFile(await tempFolder(t), 'a.png', pngBytes(size))
      const inspected = await inspectFile(file.path, 'shown', 16)
      assert.equal(inspected.size, size)
      assert.ok(Buffer.from(inspected.head).equals(file.bytes.subarray(0, head)))
    })
  }

  it('may be reached through a link', async (t) => {
    const folder = await tempFolder(t)
    const file = await testFile(folder, 'a.png', pngBytes(10))
    await symlink(file.path, join(folder, 'link'))
    assert.equal((await inspectFile(join(folder, 'link'), 'shown', 16)).size, 10)
  })
})

describe('a range of a file', () => {
  it('is exactly those bytes, whatever its bounds, and each chunk is shown before it is given out', async (t) => {
    const { file, reader } = await setup(t, pngBytes(3 * MiB + 17))
    const bound = fc.oneof(
      fc.integer({ min: 0, max: file.bytes.length }),
      fc.constantFrom(0, 1, MiB - 1, MiB, MiB + 1, 2 * MiB, 3 * MiB, file.bytes.length),
    )
    await fc.assert(
      fc.asyncProperty(bound, bound, async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        const shown: Buffer[] = []
        const bytes = await read(reader, start, end, (chunk) => {
          shown.push(Buffer.from(chunk))
          return undefined
        })
        assert.ok(bytes.equals(file.bytes.subarray(start, end)))
        assert.ok(Buffer.concat(shown).equals(bytes))
      }),
      { numRuns: 60 },
    )
  })

  it('can be read beside others, and again', async (t) => {
    const { file, reader } = await setup(t, pngBytes(4 * MiB))
    const ranges = [0, 1, 2, 3, 0, 2].map((i) => [i * MiB, (i + 1) * MiB] as const)
    const all = await Promise.all(ranges.map(([start, end]) => read(reader, start, end)))
    for (const [i, [start, end]] of ranges.entries())
      assert.ok(all[i]?.equals(file.bytes.subarray(start, end)), String(i))
  })

  it('that is left in the middle leaves the file open', async (t) => {
    const { file, reader } = await setup(t, pngBytes(4 * MiB))
    for await (const _ of reader.open({ start: 0, end: 4 * MiB }, ignore)) break
    assert.ok((await read(reader, MiB, 2 * MiB)).equals(file.bytes.subarray(MiB, 2 * MiB)))
  })

  it('stays as it is for as long as somebody looks at it, though its buffer is used again', async (t) => {
    const { file, reader } = await setup(t, pngBytes(6 * MiB))
    const later: Promise<Buffer>[] = []
    const look: OnChunk = (chunk) => {
      const seen = sleep(15).then(() => Buffer.from(chunk))
      later.push(seen)
      return seen.then(() => {})
    }
    for await (const _ of reader.open({ start: 0, end: 6 * MiB }, look)) await sleep(0)
    assert.ok(Buffer.concat(await Promise.all(later)).equals(file.bytes))
  })

  it('that ends early, since the file is shorter now, is a change', async (t) => {
    const { file, reader } = await setup(t, pngBytes(2 * MiB))
    await truncate(file.path, MiB + 5)
    const says = new RegExp(`its size went from ${2 * MiB} to ${MiB + 5} bytes, its mtime went from .* to `)
    await rejected(read(reader, 0, 2 * MiB), 'ERR_FILE_CHANGED', says)
  })

  it('that ends early, though no size says so, is a change all the same', async (t) => {
    const { reader } = await setup(t, pngBytes(1000))
    await rejected(read(reader, 0, 1001), 'ERR_FILE_CHANGED', /it ends at byte 1000 now/)
  })
})

describe('a failure of reading ahead', () => {
  it('waits until the next chunk is asked for, and does not end the process before', async (t) => {
    const unheard: unknown[] = []
    const onUnheard = (error: unknown) => unheard.push(error)
    process.on('unhandledRejection', onUnheard)
    t.after(() => process.off('unhandledRejection', onUnheard))
    const { file, reader } = await setup(t, pngBytes(3 * MiB))
    await truncate(file.path, MiB)
    const chunks = reader.open({ start: 0, end: 3 * MiB }, () => undefined)[Symbol.asyncIterator]()
    assert.equal((await chunks.next()).value?.length, MiB)
    await sleep(50) // the chunk is on its way out, and the next one has failed meanwhile
    await rejected(chunks.next(), 'ERR_FILE_CHANGED', new RegExp(`its size went from ${3 * MiB} to ${MiB} bytes`))
    assert.deepEqual(unheard, [])
  })

  it('of a hash is told in the same way', async (t) => {
    const unheard: unknown[] = []
    const onUnheard = (error: unknown) => unheard.push(error)
    process.on('unhandledRejection', onUnheard)
    t.after(() => process.off('unhandledRejection', onUnheard))
    const { reader } = await setup(t, pngBytes(4 * MiB))
    const failing = async () => {
      throw new Error('no hash')
    }
    const chunks = reader.open({ start: 0, end: 4 * MiB }, failing)[Symbol.asyncIterator]()
    await chunks.next()
    await sleep(50)
    const rest = async () => {
      for (let next = await chunks.next(); !next.done; ) next = await chunks.next()
    }
    await assert.rejects(rest, /no hash/)
    assert.deepEqual(unheard, [])
  })
})

describe('a file that is being sent', () => {
  it('is the same as long as nobody touches it', async (t) => {
    const { reader } = await setup(t)
    assert.equal(await reader.check(), 'same')
  })

  const changes: readonly [title: string, says: RegExp, change: (path: string) => Promise<unknown>][] = [
    ['grows', /its size went from 1000 to 1001 bytes/, async (path) => writeFile(path, 'x', { flag: 'a' })],
    ['shrinks', /its size went from 1000 to 10 bytes/, async (path) => truncate(path, 10)],
    [
      'is written in place, at the same size',
      /its mtime went from/,
      async (path) => {
        await sleep(20) // the clock of some file systems is a coarse one
        const handle = await open(path, 'r+')
        await handle.write(Buffer.from('x'), 0, 1, 500)
        await handle.close()
      },
    ],
    ['gets another mtime', /its mtime went from .* to 2001-09-09T01:46:40/, async (path) => utimes(path, 1e9, 1e9)],
    [
      'is replaced by another file of the same size',
      /another file took its name/,
      async (path) => {
        await writeFile(`${path}.new`, randomBytes(1000))
        await rename(`${path}.new`, path)
      },
    ],
  ]
  for (const [title, says, change] of changes) {
    it(`and ${title} has changed`, async (t) => {
      const { file, reader } = await setup(t)
      await change(file.path)
      const error = await rejected(reader.check(), 'ERR_FILE_CHANGED', says)
      assert.equal(error.exitCode, 3)
      await rejected(reader.check(), 'ERR_FILE_CHANGED') // and stays so
    })

    it(`and ${title} cannot be settled`, async (t) => {
      const { file, reader } = await setup(t)
      await change(file.path)
      await reader.settle().catch(() => {})
      await rejected(reader.check(), 'ERR_FILE_CHANGED')
    })
  }

  const touches: readonly [title: string, touch: (path: string) => Promise<unknown>][] = [
    ['gets other permissions', (path) => chmod(path, 0o600)],
    ['gets a second name', (path) => link(path, `${path}.2`)],
    [
      'is written, with its old mtime put back',
      async (path) => {
        execFileSync(
          'sh',
          [
            '-c',
            'touch -r "$1" "$1.ref" && printf x | dd of="$1" conv=notrunc bs=1 seek=9 && touch -r "$1.ref" "$1"',
            'sh',
            path,
          ],
          { stdio: 'ignore' },
        )
      },
    ],
  ]
  for (const [title, touch] of touches) {
    it(`and ${title} is touched, until that is settled`, async (t) => {
      const { file, reader } = await setup(t)
      await sleep(20)
      await touch(file.path)
      assert.equal(await reader.check(), 'touched')
      assert.equal(await reader.check(), 'touched')
      await reader.settle()
      assert.equal(await reader.check(), 'same')
    })
  }

  it('and moved away is still there: the handle has all of it', async (t) => {
    const { file, reader } = await setup(t)
    await sleep(20)
    await rename(file.path, `${file.path}.old`)
    assert.notEqual(await reader.check(), undefined)
    assert.ok((await read(reader, 0, 1000)).equals(file.bytes))
  })
})

describe('between the first look and the open', () => {
  const rows: readonly [title: string, code: ErrorCode, change: (path: string) => Promise<unknown>][] = [
    ['a file that was written has changed', 'ERR_FILE_CHANGED', (path) => writeFile(path, 'x', { flag: 'a' })],
    [
      'a file that was replaced has changed',
      'ERR_FILE_CHANGED',
      async (path) => {
        await writeFile(`${path}.new`, randomBytes(1000))
        await rename(`${path}.new`, path)
      },
    ],
    ['a file that was removed is missing', 'ERR_FILE_MISSING', (path) => rm(path)],
  ]
  for (const [title, code, change] of rows) {
    it(title, async (t) => {
      const file = await testFile(await tempFolder(t), 'a.png', pngBytes(1000))
      const inspected = await inspectFile(file.path, 'a.png', 16)
      await change(file.path)
      await rejected(openFile(file.path, 'a.png', inspected), code)
    })
  }
})

describe('a file without a name', () => {
  it('is read and watched by its handle alone, which closing the reader closes', async (t) => {
    const file = await testFile(await tempFolder(t), 'a.png', pngBytes(1000))
    const handle = await open(file.path, 'r')
    await rm(file.path)
    const { fingerprint, size } = await inspectHandle(handle, 'standard input', 16)
    assert.equal(size, 1000)
    const reader = readerOf(handle, 'standard input', fingerprint)
    assert.ok((await read(reader, 10, 990)).equals(file.bytes.subarray(10, 990)))
    assert.equal(await reader.check(), 'same')
    await reader.close()
    assert.equal(handle.fd, -1)
  })
})
