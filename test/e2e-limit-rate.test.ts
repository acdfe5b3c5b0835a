/**
 * `--limit-rate`, where the bytes arrive: never ahead of it, whatever the machine does meanwhile. How evenly they leave is
 * simulated in core-token-bucket.test.ts, and measured here on a quiet machine by `SECONDS=20`, which is how long the
 * upload takes.
 */
import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { assertAnswer, assertFailure, command, endBy, linesOf, MiB, promised, start } from './helpers/scene.js'
import { bodyOf, createReply, credentials, json, uploadId } from './helpers/servers.js'

interface Arrival {
  at: number
  bytes: number
  part: string
}

/** An API and a bucket that notes how long after the create each piece of a body came. */
async function measuringScenario(t: TestContext, onPart: () => void = () => {}) {
  const arrivals: Arrival[] = []
  const state = { createdAt: 0 }
  const server = http.createServer(async (request, response) => {
    const part = new URL(request.url ?? '', origin).searchParams.get('partNumber')
    if (part !== null) {
      onPart()
      request.on('data', (chunk: Buffer) =>
        arrivals.push({ at: performance.now() - state.createdAt, bytes: chunk.length, part }),
      )
      request.once('end', () => response.writeHead(200, { etag: 'no-md5' }).end())
      return
    }
    const body = await bodyOf(request)
    if (request.url === '/v1/uploads') state.createdAt = performance.now()
    if (request.url === '/v1/uploads') json(response, 200, createReply(origin, JSON.parse(`${body}`).parts))
    else json(response, 200, { upload: { id: uploadId, status: 'imported', entityId: 'asset_slow' } })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { place: { apiUrl: `${origin}/v1`, credentials }, arrivals }
}

async function png(t: TestContext, bytes: number): Promise<string> {
  return (await testFile(await tempFolder(t), 'hero.png', pngBytes(bytes))).path
}

const sum = (arrivals: readonly Arrival[]) => arrivals.reduce((all, { bytes }) => all + bytes, 0)

/** The most that came within any second, wherever it begins. */
function mostInASecond(arrivals: readonly Arrival[]): number {
  return Math.max(...arrivals.map(({ at: from }) => sum(arrivals.filter(({ at }) => at >= from && at < from + 1000))))
}

const isMeasured = Boolean(process.env.SECONDS)
const seconds = Number(process.env.SECONDS || 4)

describe('an upload of several parts at a limited rate', () => {
  it(`takes its ${seconds} s, is never ahead of its rate, and each part gets its share`, async (t) => {
    const { place, arrivals } = await measuringScenario(t)
    const size = 20 * MiB
    const rate = Math.round(size / seconds)
    const ended = await command(place, [await png(t, size), '--parts', '4', '--limit-rate', `${rate}/s`])
    assertAnswer(ended, 'asset_slow\n')
    assert.equal(sum(arrivals), size, 'something was sent twice')
    const soFar = arrivals.map(({ at }, index) => ({ at, bytes: sum(arrivals.slice(0, index + 1)) }))
    const ahead = Math.max(...soFar.map(({ at, bytes }) => bytes - (rate * at) / 1000)) / rate
    const [last = 0] = arrivals.slice(-1).map(({ at }) => at / 1000)
    const half = arrivals.slice(0, soFar.findIndex(({ bytes }) => bytes >= size / 2) + 1)
    const shares = ['1', '2', '3', '4'].map((nth) => sum(half.filter(({ part }) => part === nth)) / sum(half))
    const most = mostInASecond(arrivals) / rate
    t.diagnostic(`${last} s; ahead by ${ahead} s at most, ${most} s of it in a second; shares of a half: ${shares}`)
    if (isMeasured) {
      assert.ok(Math.abs(last / seconds - 1) < 0.05, `it took ${last} s`)
      assert.ok(most < 1.5, `${most} s of its rate came in a second`)
    }
    // The first pieces need not wait.
    assert.ok(ahead < 0.25, `it was ahead by ${ahead} s`)
    assert.ok(last < 10 * seconds, `it took ${last} s`)
    // A machine that stands still reads up to two mebibytes of one part before it reads of the next.
    for (const share of shares) assert.ok(share > 0.1, shares.join(' '))
  })

  it('ends at once by Ctrl-C', async (t) => {
    const { promise: begun, keep } = promised()
    const { place } = await measuringScenario(t, keep)
    const started = start(t, [await png(t, MiB), '--limit-rate', '1000'], { env: envOf(place) })
    await started.reaches(begun)
    assert.equal((await endBy(started, 'SIGINT')).code, 130)
  })
})

describe('a rate', () => {
  const wrong: readonly [word: string, sentence: RegExp][] = [
    ['0', /--limit-rate must be at least 1000 bytes a second/],
    ['999', /at least 1000/],
    ['fast', /--limit-rate takes a size/],
    ['2M', /--limit-rate "2M" is ambiguous/],
    ['2MB/min', /--limit-rate takes a size/],
  ]
  for (const [word, sentence] of wrong) {
    it(`of ${word} is a usage error`, async (t) => {
      const { place } = await measuringScenario(t)
      assertFailure(await command(place, [await png(t, 500), '--limit-rate', word]), 2, sentence)
    })
  }

  for (const word of ['1000', '500KiB', '2MB', '2MB/s', '1.5 MB/s']) {
    it(`may be written ${word}`, async (t) => {
      const { place } = await measuringScenario(t)
      const ended = await command(place, [await png(t, 20), '--limit-rate', word])
      assertAnswer(ended, 'asset_slow\n')
      assert.ok(linesOf(ended.stderr).length > 0)
    })
  }
})
