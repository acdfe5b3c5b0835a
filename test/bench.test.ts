/** The bench itself: what it says of a process, its bucket that keeps nothing, and when a figure has become worse. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { worse } from './bench/figures.js'
import { measure, median } from './bench/measure.js'
import { race, ratioOf, spentBy } from './bench/race.js'
import { drawn } from './bench/section.js'
import { type Sink, startSink } from './bench/sink.js'
import { makeAuthority } from './helpers/authority.js'
import { tempFolder } from './helpers/files.js'

const node = (script: string) => ({ file: process.execPath, args: ['-e', script] })

describe('a process', { skip: existsSync('/usr/bin/time') ? false : 'GNU time is not installed' }, () => {
  it('is measured: how long it took, what it computed, what it held', async () => {
    const idle = await measure(node('setTimeout(() => {}, 300)'))
    assert.ok(idle.wallMs >= 300 && idle.peakMiB > 10, JSON.stringify(idle))
    const busy = await measure(node('const end = process.cpuUsage; while (end().user < 400_000);'))
    assert.ok(busy.cpuMs >= 390, JSON.stringify(busy))
    const large = await measure(node('globalThis.held = Buffer.alloc(200 * 1024 ** 2, 1)'))
    assert.ok(large.peakMiB > 200, JSON.stringify(large))
  })

  it('that fails is no figure', async () => {
    await assert.rejects(measure(node('console.error("no room"); process.exit(3)')), /ended with 3: no room/)
  })
})

describe('contenders', () => {
  const spent = (wallMs: number) => ({ wallMs, cpuMs: wallMs / 2, peakMiB: 100 })
  const one = { name: 'one', runs: [spent(1000), spent(9000), spent(2000)] }
  const other = { name: 'other', runs: [spent(2000), spent(9000), spent(8000)] }

  it('stand by the median of their runs, and against another by the median of each round', () => {
    assert.deepEqual(spentBy(one), { wallMs: 2000, cpuMs: 1000, peakMiB: 100 })
    assert.deepEqual(ratioOf(other, one), { wallMs: 2, cpuMs: 2, peakMiB: 1 })
  })

  it('one of which did not send all it had to end the race', async (t) => {
    if (!existsSync('/usr/bin/time')) return t.skip('GNU time is not installed')
    const check = () => Promise.reject(new Error('it sent too little'))
    await assert.rejects(race([{ name: 'liar', command: () => node(''), check }], 1), /it sent too little/)
  })

  it('the middle of an even number of figures is between two', () => {
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.throws(() => median([]), /no median/)
  })
})

describe('a figure', () => {
  it('is worse where it is over a quarter more than what is kept; a new one is not', () => {
    const kept = { wall: 1, CPU: 2, peak: 100 }
    assert.deepEqual(worse({ wall: 1.26, CPU: 2.49, peak: 90, start: 9 }, kept), [{ name: 'wall', now: 1.26, kept: 1 }])
  })

  it('stands in a table whose columns are as wide as their widest word', () => {
    const table = {
      title: 'T',
      columns: ['', 'wall'],
      rows: [
        ['curl', '1.00'],
        ['ours', '12.00'],
      ],
    }
    assert.equal(drawn(table), 'T\n       wall\n----  -----\ncurl   1.00\nours  12.00\n')
  })
})

const hasCompiler = () => spawnSync('cc', ['--version']).status === 0

for (const madeOf of ['C', 'Node'] as const) {
  const skip = madeOf === 'C' && !hasCompiler() ? 'there is no C compiler' : false
  describe(`the bucket that keeps nothing, in ${madeOf}`, { skip }, () => {
    async function sinkFor(t: TestContext, secure = false): Promise<{ sink: Sink; block: Buffer }> {
      const folder = await tempFolder(t)
      const block = randomBytes(1000)
      await writeFile(join(folder, 'block'), block)
      if (secure && !makeAuthority(folder)) throw new Error('openssl is missing')
      const pair = { cert: join(folder, 'good.pem'), key: join(folder, 'good-key.pem') }
      const certificate = secure ? pair : undefined
      const sink = await startSink({ folder, block: join(folder, 'block'), certificate, madeOf })
      t.after(() => sink.close())
      assert.equal(sink.madeOf, madeOf)
      return { sink, block }
    }
    const put = (url: string, body: Buffer) => fetch(`${url}/key?partNumber=1`, { method: 'PUT', body })

    it('answers with the MD5 of its block, repeated to the length of the body', async (t) => {
      const { sink, block } = await sinkFor(t)
      for (const length of [1, 999, 1000, 1001, 300_000]) {
        const body = Buffer.concat(Array.from({ length: Math.ceil(length / 1000) }, () => block)).subarray(0, length)
        const etag = (await put(sink.url, body)).headers.get('etag')
        assert.equal(etag, `"${createHash('md5').update(body).digest('hex')}"`, String(length))
      }
    })

    it('counts what has come since it was asked last', async (t) => {
      const { sink } = await sinkFor(t)
      await put(sink.url, Buffer.alloc(5000))
      await put(sink.url, Buffer.alloc(100))
      const { bytes, puts, connections } = await sink.count()
      assert.deepEqual([bytes, puts], [5100, 2])
      assert.ok(connections >= 1)
      assert.deepEqual(await sink.count(), { bytes: 0, puts: 0, connections: 0 })
    })

    it('is reached over TLS', async (t) => {
      const { sink } = await sinkFor(t, true)
      assert.match(sink.url, /^https:/)
      assert.deepEqual(await sink.count(), { bytes: 0, puts: 0, connections: 0 })
    })
  })
}
