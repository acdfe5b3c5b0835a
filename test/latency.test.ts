/**
 * What an upload costs beside its bytes: no connection, no request and no pause that need not be.
 *
 * Scenes: a small picture, with and without TLS · what leaves as one · many looks · many parts · the end.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { createBucket } from '../src/storage/bucket.js'
import { makeAuthority } from './helpers/authority.js'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { type InstantOptions, instantScenario, roundTripsBeyond } from './helpers/instant.js'
import { assertAnswer, command, MiB, start } from './helpers/scene.js'
import { uploadId } from './helpers/servers.js'

const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-latency-'))
after(() => rmSync(folder, { recursive: true }))
const authority = makeAuthority(folder)
const secured = { skip: authority === null ? 'there is no openssl here' : false }
const env = { NODE_EXTRA_CA_CERTS: authority?.file }

const overTls = (): InstantOptions => (authority ? { pair: authority.good } : {})

const fileOf = async (t: TestContext, size: number) =>
  (await testFile(await tempFolder(t), 'hero.png', pngBytes(size))).path

const ideal = [
  ['POST /v1/uploads', `POST /v1/uploads/${uploadId}/action`, `GET /v1/uploads/${uploadId}`],
  ['PUT /bucket/key'],
]

describe('a small picture', () => {
  const ways: readonly [way: string, options: () => InstantOptions, skip: string | boolean][] = [
    ['without TLS', () => ({}), false],
    ['over TLS', overTls, secured.skip],
  ]
  for (const [way, options, skip] of ways) {
    it(`costs one connection to the API, one to the bucket, and four requests (${way})`, { skip }, async (t) => {
      const there = await instantScenario(t, options())
      assertAnswer(await command(there, [await fileOf(t, 50_000)], { env }), 'asset_instant\n')
      const { api, bucket } = there
      assert.deepEqual([api.connections, bucket.connections], [1, 1])
      assert.deepEqual([api.requests, bucket.requests], ideal)
      assert.deepEqual([api.asked, bucket.asked], [0, 0], 'nobody asks for leave on the first attempt')
      assert.equal(roundTripsBeyond(there), 0)
    })
  }

  it('leaves in one piece with the head of its request', async (t) => {
    const pieces: string[] = []
    const server = createServer((socket: Socket) => {
      socket.on('data', (piece) => {
        pieces.push(piece.toString('latin1'))
        socket.end('HTTP/1.1 200 OK\r\netag: "x"\r\ncontent-length: 0\r\n\r\n')
      })
      socket.on('error', () => {}) // it has been answered
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const bucket = createBucket({ connections: 1, userAgent: 'test/1' })
    t.after(bucket.close)
    const bytes = pngBytes(2000)
    await bucket.putPart({
      label: 'part 1 of 1',
      url: `http://127.0.0.1:${address.port}/key`,
      size: bytes.length,
      open: async function* () {
        yield bytes
      },
      askFirst: false,
      onSent: () => {},
      signal: new AbortController().signal,
    })
    assert.match(pieces[0] ?? '', /^PUT \/key HTTP\/1\.1\r\n/)
    assert.ok(pieces[0]?.endsWith(bytes.toString('latin1')), `${pieces.length} pieces`)
  })
})

describe('however many looks', () => {
  it('go over the one connection that create came on', async (t) => {
    const there = await instantScenario(t, { looks: 3 })
    assertAnswer(await command(there, [await fileOf(t, 500)]), 'asset_instant\n')
    assert.equal(there.api.requests.filter((each) => each.startsWith('GET')).length, 3)
    assert.equal(there.api.connections, 1)
  })
})

describe('many parts', () => {
  const args = ['--part-size', '5MiB', '-c', '1']

  it('go over the connections that are there', async (t) => {
    const there = await instantScenario(t)
    assertAnswer(await command(there, [await fileOf(t, 11 * MiB), ...args]), 'asset_instant\n')
    assert.deepEqual([there.bucket.requests.length, there.bucket.connections], [3, 1])
  })

  it('go on with the TLS session of the first where the bucket ends each connection', secured, async (t) => {
    const there = await instantScenario(t, { ...overTls(), bucketCloses: true })
    assertAnswer(await command(there, [await fileOf(t, 11 * MiB), ...args], { env }), 'asset_instant\n')
    assert.deepEqual([there.bucket.connections, there.bucket.resumed], [3, 2])
  })
})

describe('the end', () => {
  it('comes with the answer, though the connections would live on', async (t) => {
    const there = await instantScenario(t)
    const begun = start(t, [await fileOf(t, 500)], { env: envOf(there) })
    await begun.says(/^asset_instant\n$/)
    const saidAt = performance.now()
    assert.equal((await begun.ended).code, 0)
    // The servers keep a connection for a minute.
    assert.ok(performance.now() - saidAt < 30_000, `${Math.round(performance.now() - saidAt)} ms`)
  })
})
