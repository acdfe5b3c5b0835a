/** What is held stays small, however much is sent: buffers are used again, a long reply is not copied again and again. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { partRange, planParts } from '../src/core/parts.js'
import { createBuffers } from '../src/sources/buffers.js'
import { rangeChunks } from '../src/sources/range-chunks.js'
import { startApi } from './bench/api.js'
import { tempFolder, testFile } from './helpers/files.js'

const MiB = 1024 ** 2

describe('memory', () => {
  it('holds two buffers for each part in flight, which the next part uses again', async (t) => {
    const { path } = await testFile(await tempFolder(t), 'a.bin', Buffer.alloc(5 * MiB))
    const handle = await open(path)
    t.after(() => handle.close())
    const [buffers, made] = [createBuffers(MiB), new Set<ArrayBufferLike>()]
    const file = { handle, shown: 'a.bin', buffers, refuseChange: async () => {} }
    const part = async () => {
      for await (const { buffer } of rangeChunks(file, { start: 0, end: 5 * MiB }, () => undefined)) made.add(buffer)
    }
    for (const atOnce of [1, 8, 8]) await Promise.all(Array.from({ length: atOnce }, part))
    assert.equal(made.size, 16)
  })

  it('holds one for a part that is read at once', async (t) => {
    const { path } = await testFile(await tempFolder(t), 'a.bin', Buffer.alloc(MiB))
    const handle = await open(path)
    t.after(() => handle.close())
    const made: Buffer[] = []
    const take = () => {
      const buffer = Buffer.alloc(MiB)
      made.push(buffer)
      return buffer
    }
    const file = { handle, shown: 'a.bin', buffers: { take, give: () => {} }, refuseChange: async () => {} }
    for await (const chunk of rangeChunks(file, { start: 0, end: MiB }, () => undefined))
      assert.equal(chunk.length, MiB)
    assert.equal(made.length, 1)
  })

  it('takes no more than 100 MiB for the 15 MB of a reply with 10,000 part URLs', async (t) => {
    const api = await startApi(`https://bucket.test/${'k'.repeat(1000)}`)
    t.after(api.close)
    const child = fileURLToPath(new URL('./helpers/reply-child.ts', import.meta.url))
    // With little room for what is young, and no threads that collect it: then it is the same on any machine, busy or not.
    const steady = ['--max-semi-space-size=4', '--single-threaded-gc']
    const args = [...steady, '--import', 'tsx', child, api.url, '10000']
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const { baselineMiB, peakMiB, held }: Record<string, number> = JSON.parse(stdout)
    t.diagnostic(`from ${baselineMiB} to ${peakMiB} MiB`)
    assert.equal(held, 10_000)
    assert.ok(Number(peakMiB) - Number(baselineMiB) <= 100, stdout)
  })
})

it('10,000 parts are planned in 10 ms', (t) => {
  const size = 10_000 * 5 * MiB
  const once = () => {
    const begun = performance.now()
    const plan = planParts(size, { parts: 10_000 })
    const ranges = Array.from({ length: plan.count }, (_, index) => partRange(plan, index + 1))
    assert.equal(ranges.at(-1)?.end, size)
    return performance.now() - begun
  }
  // What else runs on the machine only ever makes it slower.
  const ms = Math.min(...Array.from({ length: 9 }, once))
  t.diagnostic(`${ms.toFixed(2)} ms`)
  assert.ok(ms < 10, `${ms} ms`)
})
