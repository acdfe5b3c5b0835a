/** `--concurrency auto`, as a storage sees it: how many parts come at once. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pngBytes, sha256, tempFolder, testFile } from './helpers/files.js'
import { assertAnswer, assertFailure, command, MiB, promised } from './helpers/scene.js'
import { bodyOf, createReply, credentials, json, serve, uploadId } from './helpers/servers.js'

/** What a storage is like: how fast one connection is, and with how many parts it begins to refuse. */
interface Manners {
  bytesPerSecond?: number
  /** What it has taken is answered only once it has refused: until then all that may come at once have come. */
  welcome?: number
}

interface Seen {
  /** How many parts were under way, itself among them, as each came. */
  atOnce: number[]
  connections: Set<unknown>
  refused: number
  parts: Map<number, Buffer>
}

const slowDown = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'

/** An API and a bucket that counts. */
async function countingScenario(t: TestContext, { bytesPerSecond = Infinity, welcome = Infinity }: Manners = {}) {
  const seen: Seen = { atOnce: [], connections: new Set(), refused: 0, parts: new Map() }
  const state = { busy: 0, origin: '' }
  const { promise: refused, keep: refuse } = promised()
  if (welcome === Infinity) refuse()
  const put = async (number: number, request: IncomingMessage, response: ServerResponse) => {
    seen.connections.add(request.socket)
    seen.atOnce.push(state.busy + 1)
    if (state.busy >= welcome) {
      seen.refused++
      refuse()
      response.writeHead(503, { connection: 'close' }).end(slowDown)
      return
    }
    state.busy++
    const body = await slowly(request, bytesPerSecond, refused).finally(() => state.busy--)
    seen.parts.set(number, body)
    response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end()
  }
  state.origin = await serve(t, async (request, response) => {
    const part = new URL(request.url ?? '', 'http://host').searchParams.get('partNumber')
    if (part !== null) return put(Number(part), request, response)
    const body = await bodyOf(request)
    if (request.url === '/v1/uploads') json(response, 200, createReply(state.origin, JSON.parse(`${body}`).parts))
    else json(response, 200, { upload: { id: uploadId, status: 'imported', entityId: 'asset_auto' } })
  })
  return { place: { apiUrl: `${state.origin}/v1`, credentials }, seen }
}

/** A body, no faster than that, and no sooner. */
async function slowly(request: IncomingMessage, bytesPerSecond: number, begun: Promise<void>): Promise<Buffer> {
  await begun
  const chunks: Buffer[] = []
  const state = { due: performance.now() }
  for await (const chunk of request) {
    chunks.push(chunk)
    state.due += (1000 * chunk.length) / bytesPerSecond
    const early = state.due - performance.now()
    if (early > 5) await sleep(early)
  }
  return Buffer.concat(chunks)
}

const made = async (t: TestContext, bytes: number) => testFile(await tempFolder(t), 'hero.png', pngBytes(bytes))

const inOrder = ({ parts }: Seen) => Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, body]) => body))

const auto = ['--concurrency', 'auto', '--part-size', '5MiB']

describe('--concurrency auto', () => {
  it('sends more than four parts at once where each connection is slow, and says so', async (t) => {
    const { place, seen } = await countingScenario(t, { bytesPerSecond: 1e6 })
    const file = await made(t, 100 * MiB)
    const ended = await command(place, [file.path, ...auto, '--verbose'])
    assertAnswer(ended, 'asset_auto\n')
    const most = Math.max(...seen.atOnce)
    t.diagnostic(`${most} parts at once`)
    assert.ok(most >= 12 && most <= 20, `${most} parts at once`)
    assert.equal(sha256(inOrder(seen)), sha256(await readFile(file.path)))
    assert.match(ended.stderr, /--concurrency auto came to \d+ connections/)
  })

  it('sends fewer where the storage asks for fewer requests', async (t) => {
    const { place, seen } = await countingScenario(t, { bytesPerSecond: 200_000, welcome: 3 })
    const folder = await tempFolder(t)
    for (let file = 10; file < 50; file++) await testFile(folder, `${file}.png`, pngBytes(20_000))
    const many = ['-r', '--jobs', '16', '--rpm', '10000', '--no-wait']
    const ended = await command(place, [folder, '-c', 'auto', ...many])
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(seen.refused, 1)
    const [first, later] = [seen.atOnce.slice(0, 4), seen.atOnce.slice(4)]
    assert.deepEqual(first, [1, 2, 3, 4])
    assert.equal(later.length, 37)
    assert.ok(Math.max(...later) <= 2, `${later} parts at once from then on`)
  })

  it('makes one connection for a small file', async (t) => {
    const { place, seen } = await countingScenario(t)
    const file = await made(t, 20_000)
    assertAnswer(await command(place, [file.path, '--concurrency', 'auto']), 'asset_auto\n')
    assert.equal(seen.connections.size, 1)
    assert.equal(sha256(inOrder(seen)), file.sha256)
  })

  it('may be asked for in a dry run', async (t) => {
    const { place, seen } = await countingScenario(t)
    const ended = await command(place, [(await made(t, 500)).path, '-c', 'auto', '--dry-run'])
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(seen.atOnce.length, 0)
  })
})

describe('a number of connections', () => {
  const wrong: readonly [word: string, hint: RegExp][] = [
    ['AUTO', /Did you mean `--concurrency auto`\?/],
    ['automatic', /Did you mean `--concurrency auto`\?/],
    ['atuo', /Did you mean `--concurrency auto`\?/],
    ['many', /Give a number such as `--concurrency 8`, or `--concurrency auto`\./],
    ['', /Give a number such as/],
    ['0', /Give a whole number from 1 to 64/],
    ['65', /Give a whole number from 1 to 64/],
  ]
  for (const [word, hint] of wrong) {
    it(`of ${JSON.stringify(word)} is a usage error`, async (t) => {
      const { place, seen } = await countingScenario(t)
      const ended = await command(place, [(await made(t, 500)).path, '--concurrency', word])
      assertFailure(ended, 2, /^--concurrency takes a whole number from 1 to 64, (?:or auto, )?not "/, hint)
      assert.equal(seen.atOnce.length, 0)
    })
  }
})
