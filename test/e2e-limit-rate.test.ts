/** `--limit-rate`, measured where the bytes arrive. SECONDS says how long the measured upload takes. */
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

/** An API and a bucket that notes when each piece of a body came. */
async function measuringScenario(t: TestContext, onPart: () => void = () => {}) {
  const arrivals: Arrival[] = []
  const server = http.createServer(async (request, response) => {
    const part = new URL(request.url ?? '', origin).searchParams.get('partNumber')
    if (part !== null) {
      onPart()
      request.on('data', (chunk: Buffer) => arrivals.push({ at: performance.now(), bytes: chunk.length, part }))
      request.once('end', () => response.writeHead(200, { etag: 'no-md5' }).end())
      return
    }
    const body = await bodyOf(request)
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

const seconds = Number(process.env.SECONDS || 4)

describe('an upload of several parts at a limited rate', () => {
  it(`takes its ${seconds} s, without bursts, and each part gets its share`, async (t) => {
    const { place, arrivals } = await measuringScenario(t)
    const size = 20 * MiB
    const rate = Math.round(size / seconds)
    const args = [await png(t, size), '--parts', '4', '--limit-rate', `${rate}/s`, '--stall-timeout', '1s']
    const ended = await command(place, args)
    assertAnswer(ended, 'asset_slow\n')
    assert.equal(sum(arrivals), size, 'something was sent twice')
    const [first, last] = [arrivals[0]?.at ?? 0, arrivals.at(-1)?.at ?? 0]
    const measured = size / ((last - first) / 1000)
    const most = mostInASecond(arrivals)
    const halfway = arrivals.filter(({ at }) => at < (first + last) / 2)
    const shares = ['1', '2', '3', '4'].map((nth) => sum(halfway.filter(({ part }) => part === nth)) / sum(halfway))
    t.diagnostic(
      `${rate} B/s asked for, ${Math.round(measured)} measured; most in a second: ${most}; shares: ${shares}`,
    )
    // The first pieces, which need not wait, count for more in a short upload.
    assert.ok(Math.abs(measured / rate - 1) < 0.05 + 0.1 / seconds, `${measured} bytes a second`)
    assert.ok(most < rate * 1.5, `${most} bytes in a second`)
    for (const share of shares) assert.ok(Math.abs(share - 0.25) < 0.05 + 0.2 / seconds, shares.join(' '))
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
