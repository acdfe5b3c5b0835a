/** MD5s, on the main thread for what is small, on a thread of their own for what is large. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { noDigest } from '../src/hash/digest.js'
import { createHasher } from '../src/hash/hasher.js'

const MiB = 1024 ** 2
const md5 = (...chunks: Buffer[]) => createHash('md5').update(Buffer.concat(chunks)).digest('hex')
const shared = (bytes: Buffer) => {
  const buffer = Buffer.from(new SharedArrayBuffer(bytes.length))
  bytes.copy(buffer)
  return buffer
}

describe('a digest', () => {
  for (const [where, size] of [
    ['on the main thread', 1000],
    ['on a thread of its own', 64 * MiB],
  ] as const) {
    it(`is the MD5 of all chunks, in order, ${where}`, async (t) => {
      const hasher = createHasher()
      t.after(() => hasher.close())
      const chunks = [randomBytes(MiB), randomBytes(10), randomBytes(MiB)]
      const digest = hasher.start(size)
      for (const chunk of chunks) await digest.update(shared(chunk))
      assert.equal(await digest.hex(), md5(...chunks))
    })

    it(`keeps those of several parts apart, ${where}`, async (t) => {
      const hasher = createHasher()
      t.after(() => hasher.close())
      const parts = Array.from({ length: 4 }, () => [randomBytes(1000), randomBytes(1000)] as const)
      const digests = parts.map(() => hasher.start(size))
      for (const half of [0, 1] as const) {
        await Promise.all(
          digests.map((digest, index) => digest.update(shared(parts[index]?.[half] ?? Buffer.alloc(0)))),
        )
      }
      assert.deepEqual(
        await Promise.all(digests.map((digest) => digest.hex())),
        parts.map((chunks) => md5(...chunks)),
      )
    })
  }

  for (const size of [1000, 64 * MiB]) {
    it(`is a SHA-256 where that is what is wanted, of a file of ${size} bytes too`, async (t) => {
      const hasher = createHasher('sha256')
      t.after(() => hasher.close())
      const digest = hasher.start(size)
      const bytes = randomBytes(1000)
      await digest.update(shared(bytes))
      assert.equal(await digest.hex(), createHash('sha256').update(bytes).digest('hex'))
    })
  }

  it('is that of nothing where there was nothing', async (t) => {
    const hasher = createHasher()
    t.after(() => hasher.close())
    assert.equal(await hasher.start(64 * MiB).hex(), md5())
  })

  it('has looked at a chunk of a large file only once it says so: the chunk may be written over then', async (t) => {
    const hasher = createHasher()
    t.after(() => hasher.close())
    const bytes = randomBytes(MiB)
    const chunk = shared(bytes)
    const digest = hasher.start(64 * MiB)
    await digest.update(chunk)
    chunk.fill(0)
    assert.equal(await digest.hex(), md5(bytes))
  })

  it('fails, and is not waited for in vain, where its thread is gone', async () => {
    const hasher = createHasher()
    const digest = hasher.start(64 * MiB)
    const waiting = digest.hex()
    hasher.close()
    await assert.rejects(waiting, /thread ended/)
  })

  it('after a thread that died is made on a new one', async (t) => {
    const hasher = createHasher()
    t.after(() => hasher.close())
    const first = hasher.start(64 * MiB)
    const dying = first.update(shared(Buffer.from('poison')))
    await dying
    hasher.close()
    await assert.rejects(first.hex(), /thread ended/)
    assert.equal(await hasher.start(64 * MiB).hex(), md5())
  })

  it('hashes nothing where nothing is to be verified', async () => {
    noDigest.update(Buffer.from('bytes'))
    assert.equal(await noDigest.hex(), null)
  })
})
