/**
 * Proxies, as the command meets them: what goes through, what does not, and what is said where a proxy is in the way.
 *
 * The servers stand under names that only the proxy can look up, so nothing of it can have gone past the proxy.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { makeAuthority } from './helpers/authority.js'
import { envOf, impatientLookup, type Run } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { type Asked, hungUp, type ProxyManners, silent, startProxy, type TestProxy } from './helpers/proxy.js'
import {
  assertAnswer,
  assertFailure,
  command,
  documentOf,
  endBy,
  eventsOf,
  MiB,
  promised,
  sandboxFor,
  start,
} from './helpers/scene.js'
import { apiHost, bucketHost, type SecureScenario, secureScenario } from './helpers/secure.js'

const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-proxy-'))
after(() => rmSync(folder, { recursive: true }))
const authority = makeAuthority(folder)
const options = { concurrency: 3, skip: authority === null ? 'there is no openssl here' : false }

interface Scene {
  scenario: SecureScenario
  proxy: TestProxy
  path: string
  run: (args?: readonly string[], env?: Record<string, string>) => Promise<Run>
}

/** An API and a bucket, a proxy that leads to them unless its manners are others, and a file to upload. */
async function setScene(t: TestContext, manners: ProxyManners = {}, bytes = 500): Promise<Scene> {
  assert.ok(authority)
  const scenario = await secureScenario(t, authority.good)
  const proxy = await startProxy(t, { portOf: () => scenario.port, ...manners })
  const { path } = await testFile(await tempFolder(t), 'hero.png', pngBytes(bytes))
  const trusting = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.file }
  const run: Scene['run'] = (args = [], env = {}) =>
    command(scenario.named, [path, ...args], { env: { ...trusting, ...env } })
  return { scenario, proxy, path, run }
}

const withUser = ({ url }: TestProxy, user: string) => url.replace('://', `://${user}@`)
const basic = (words: string) => `Basic ${Buffer.from(words).toString('base64')}`

describe('through a proxy', options, () => {
  it('go the API and the bucket alike, on connections that are kept', async (t) => {
    const { scenario, proxy, run } = await setScene(t, {}, 31 * MiB)
    assertAnswer(await run(['--part-size', '5MiB', '--concurrency', '2']), 'asset_tls\n')
    assert.equal(scenario.seen.filter((line) => line.startsWith(`PUT ${bucketHost}`)).length, 7)
    const targets = proxy.asked.map(({ target }) => target)
    assert.equal(targets.filter((target) => target === `${apiHost}:443`).length, 1)
    assert.equal(targets.filter((target) => target === `${bucketHost}:443`).length, 2)
    assert.equal(targets.length, 3)
  })

  it('that speaks TLS itself', async (t) => {
    const { proxy, run } = await setScene(t, { ...(authority && { pair: authority.good }) })
    const ended = await run(['--progress', 'json'])
    assertAnswer(ended, 'asset_tls\n')
    assert.equal(proxy.asked.length, 2)
    // By its number too, of which Node would rather warn.
    const again = await run(['--progress', 'json'], { HTTPS_PROXY: proxy.url.replace('localhost', '127.0.0.1') })
    assertAnswer(again, 'asset_tls\n')
    eventsOf(again)
  })

  it('that has no name, but a number of the long kind', async (t) => {
    const isThere = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
    if (!isThere) return t.skip('there is no IPv6 here')
    const { proxy, run } = await setScene(t, { address: '::1' })
    assertAnswer(await run(), 'asset_tls\n')
    assert.equal(proxy.asked.length, 2)
  })

  it('to a server that has no name, but a number of the long kind', async (t) => {
    // Node 22.23 finds no such number in any certificate, and so reaches no such server, with a proxy or without.
    const certificate = { subject: {}, subjectaltname: 'IP Address:FD00:0:0:0:0:0:0:5' }
    const isBroken = checkServerIdentity('fd00::5', certificate as PeerCertificate) !== undefined
    if (isBroken) return t.skip(`Node ${process.versions.node} knows no such numbers in certificates`)
    const { scenario, proxy, run } = await setScene(t)
    const { named } = scenario
    assertAnswer(await run([], envOf({ ...named, apiUrl: 'https://[fd00::5]:8443/v1' })), 'asset_tls\n')
    assert.deepEqual([...new Set(proxy.asked.map(({ target }) => target))], ['[fd00::5]:8443'])
  })

  it('named by lower-case https_proxy', async (t) => {
    const { proxy, run } = await setScene(t)
    assertAnswer(await run([], { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: proxy.url }), 'asset_tls\n')
  })

  it('goes `status` too', async (t) => {
    const { scenario, proxy } = await setScene(t)
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority?.file }
    assertAnswer(await command(scenario.named, ['status', 'upload_test1'], { env }), 'asset_tls\n')
    assert.deepEqual(proxy.asked, [{ target: `${apiHost}:443`, authorization: undefined }])
  })

  it('goes nothing that stays on this machine', async (t) => {
    const sandbox = await sandboxFor(t)
    const { proxy, path, run, scenario } = await setScene(t)
    const env = { HTTPS_PROXY: proxy.url }
    assert.equal((await command(sandbox, [path], { env })).code, 0)
    assert.equal((await run([], envOf(scenario.local))).code, 0)
    assert.equal((await command(sandbox, [path, '--sandbox'], { env })).code, 0)
    assert.deepEqual(proxy.asked, [])
  })

  it('goes nothing that NO_PROXY names', async (t) => {
    const { proxy, run } = await setScene(t)
    const env = { NO_PROXY: `other.test, ${bucketHost}:443`, ...impatientLookup }
    const ended = await run(['--retry-for', '100ms'], env)
    assertFailure(ended, 5, /(no such host:|could not look up) bucket\.scenario\.test/)
    assert.deepEqual(
      proxy.asked.map(({ target }) => target),
      [`${apiHost}:443`],
    )
  })
})

describe('the user name and password of a proxy', options, () => {
  it('are sent to it decoded, and shown nowhere', async (t) => {
    const { proxy, run } = await setScene(t, { answer: (_, nth) => (nth === 1 ? '503 Busy' : undefined) })
    const env = { HTTPS_PROXY: withUser(proxy, 'anna%40example:top%3Asecr%65t') }
    const ended = await run(['--debug', '--json', '--progress', 'json'], env)
    assert.equal(ended.code, 0, ended.stderr)
    for (const { authorization } of proxy.asked) assert.equal(authorization, basic('anna@example:top:secret'))
    const said = `${ended.stdout}${ended.stderr}`
    assert.match(said, /503/)
    for (const secret of ['secr', 'anna', basic('anna@example:top:secret').slice(6)]) {
      assert.ok(!said.includes(secret), said)
    }
  })

  it('are asked for with 407: that ends 6 and says what to do', async (t) => {
    const { proxy, run } = await setScene(t, { answer: () => '407 Proxy Authentication Required' })
    const ended = await run()
    assertFailure(
      ended,
      6,
      /the proxy 127\.0\.0\.1:\d+ asks for a user name and password \(407\)$/,
      /HTTPS_PROXY: `http:/,
    )
    assert.equal(proxy.asked.length, 1, 'it was asked again')
  })

  it('are refused with 407: that ends 6, and shows neither', async (t) => {
    const { proxy, run } = await setScene(t, { answer: () => '407 Proxy Authentication Required' })
    const ended = await run(['--json', '--debug', '--progress', 'json'], {
      HTTPS_PROXY: withUser(proxy, 'anna:topsecret'),
    })
    assert.equal(ended.code, 6)
    const { error } = documentOf(ended).upload
    assert.equal(error?.code, 'ERR_PROXY')
    assert.equal(error?.retryable, false)
    assert.match(error?.message ?? '', /refused the user name and password \(407\)$/)
    assert.match(error?.hint ?? '', /percent-encoded/)
    assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /topsecret|anna|YW5uYT/)
  })

  it('are not repeated by a HTTPS_PROXY that is no address: a usage error', async (t) => {
    const { proxy, run } = await setScene(t)
    for (const env of ['socks5://anna:topsecret@p.test:1080', 'http://anna:topsecret@p.test:port']) {
      const ended = await run(['--debug'], { HTTPS_PROXY: env })
      assert.equal(ended.code, 2, ended.stderr)
      assert.match(ended.stderr, /^✖ .*\(HTTPS_PROXY\) is/)
      assert.doesNotMatch(ended.stderr, /topsecret|anna/)
    }
    assert.deepEqual(proxy.asked, [])
  })
})

describe('a proxy that', options, () => {
  it('passes on slowly gives no leave in place of the storage: no byte of the part goes out before its word', async (t) => {
    // The first try at the bucket is cut, so that the second asks for leave.
    const answer = (_: Asked, nth: number) => (nth === 1 ? hungUp : undefined)
    const { scenario, run } = await setScene(t, { answer, holdMs: 1500 }, 64 * 1024)
    assertAnswer(await run(), 'asset_tls\n')
    assert.equal(scenario.early.length, 1)
    assert.ok((scenario.early[0] ?? 0) < 5000, `${scenario.early} bytes came early`)
  })

  it('forbids the host ends it with 6 at the first try, and NO_PROXY is a way out', async (t) => {
    const { proxy, run } = await setScene(t, { answer: () => '403 Forbidden' })
    const sentence = /the proxy 127\.0\.0\.1:\d+ refused to connect to api\.scenario\.test:443 \(403\)$/
    assertFailure(await run(), 6, sentence, /NO_PROXY/)
    assert.equal(proxy.asked.length, 1)
  })

  it('forbids the bucket alone ends it with 6 too, and the id of the upload is known', async (t) => {
    const { run } = await setScene(t, { answer: ({ target }) => (target.startsWith('bucket') ? '403 No' : undefined) })
    const { error, uploadId } = documentOf(await run(['--json'])).upload
    assert.equal(error?.code, 'ERR_PROXY')
    assert.match(error?.message ?? '', /refused to connect to bucket\.scenario\.test:443/)
    assert.equal(uploadId, 'upload_test1')
  })

  it('cannot reach the host for a while is asked again', async (t) => {
    const { run } = await setScene(t, { answer: (_, nth) => (nth % 2 === 0 ? '503 Later' : undefined) })
    const { ok, retries } = documentOf(await run(['--json'])).upload
    assert.equal(ok, true)
    assert.equal(retries, 2)
  })

  it('cannot reach it at all ends 5, and the sentence has both names', async (t) => {
    const { run } = await setScene(t, { answer: () => '503 Service Unavailable' })
    const ended = await run(['--retry-for', '500ms'])
    assertFailure(ended, 5, /the proxy 127\.0\.0\.1:\d+ could not connect to api\.scenario\.test:443 \(503\)$/)
  })

  it('cannot be reached itself is named, and not the target: 5', async (t) => {
    const { run } = await setScene(t)
    const ended = await run(['--retry-for', '500ms'], { HTTPS_PROXY: 'http://127.0.0.1:1' })
    assertFailure(ended, 5, /the proxy 127\.0\.0\.1:1 refused the connection$/, /HTTPS_PROXY/)
    assert.doesNotMatch(ended.stderr, /scenario\.test/)
  })

  it('does not speak TLS is named, and how to write it is the hint', async (t) => {
    const { proxy, run } = await setScene(t)
    const ended = await run(['--retry-for', '500ms'], { HTTPS_PROXY: proxy.url.replace('http:', 'https:') })
    assertFailure(ended, 5, /the proxy 127\.0\.0\.1:\d+ does not speak TLS$/, /HTTPS_PROXY with http:/)
  })

  it('hangs up is named too', async (t) => {
    const { run } = await setScene(t, { answer: () => hungUp })
    assertFailure(await run(['--retry-for', '500ms']), 5, /the proxy 127\.0\.0\.1:\d+ closed the connection$/)
  })

  it('takes the question and stays silent is given up after --stall-timeout, and named', async (t) => {
    const { run } = await setScene(t, { answer: () => silent })
    const ended = await run(['--stall-timeout', '4s', '--retry-for', '1ms'])
    assertFailure(ended, 5, /the proxy 127\.0\.0\.1:\d+ did not answer for 3\.6 s$/, /HTTPS_PROXY/)
  })

  it('says yes and passes nothing on is given up after --stall-timeout likewise', async (t) => {
    const { run } = await setScene(t, { holdMs: 60_000 })
    // Wide enough that its yes comes in time on a busy machine too.
    const ended = await run(['--stall-timeout', '4s', '--retry-for', '1ms'])
    assertFailure(ended, 5, /api\.scenario\.test went silent: nothing moved for 4 s$/)
  })

  it('stays silent before the bucket is given up likewise, and asked again', async (t) => {
    const { proxy, run } = await setScene(t, { answer: (_, nth) => (nth === 1 ? silent : undefined) })
    const { ok, retries } = documentOf(await run(['--json', '--stall-timeout', '3s'])).upload
    assert.equal(ok, true)
    // Others may be silent for so long on a busy machine.
    assert.ok((retries ?? 0) >= 1)
    assert.equal(proxy.asked[1]?.target, `${bucketHost}:443`)
  })

  for (const host of ['api', 'bucket']) {
    it(`stays silent before the ${host} does not keep Ctrl-C from ending it at once`, async (t) => {
      const { promise: asked, keep } = promised()
      const { scenario, proxy, path } = await setScene(t, {
        answer: ({ target }) => {
          if (!target.startsWith(host)) return undefined
          keep()
          return silent
        },
      })
      const env = { ...envOf(scenario.named), HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority?.file }
      const started = start(t, [path], { env })
      await started.reaches(asked)
      assert.equal((await endBy(started, 'SIGINT')).code, 130)
    })
  }
})
