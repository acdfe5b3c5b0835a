/** The command behind a real proxy, Debian's squid: the names of the servers lead to this machine through it alone. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { makeAuthority } from '../helpers/authority.js'
import type { Run } from '../helpers/command.js'
import { pngBytes, tempFolder, testFile } from '../helpers/files.js'
import { assertAnswer, assertFailure, command, documentOf, MiB } from '../helpers/scene.js'
import { type SecureScenario, secureScenario } from '../helpers/secure.js'
import { missingSquid, type Squid, startSquid } from './squid.js'

const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-squid-'))
after(() => rmSync(folder, { recursive: true }))
const options = { concurrency: 2, skip: missingSquid() }
const authority = options.skip === false ? makeAuthority(folder) : null

interface Scene {
  squid: Squid
  scenario: SecureScenario
  /** The proxy's address with a user name and a password in it. */
  as: (user: string) => { HTTPS_PROXY: string }
  run: (args?: readonly string[], env?: Record<string, string>, apiUrl?: string) => Promise<Run>
}

async function setScene(t: TestContext, { user, bytes = 500 }: { user?: string; bytes?: number } = {}): Promise<Scene> {
  assert.ok(authority, 'no certificates could be made: there is no openssl here')
  const scenario = await secureScenario(t, authority.good)
  const squid = await startSquid(t, user)
  const { path } = await testFile(await tempFolder(t), 'hero.png', pngBytes(bytes))
  const named = `https://api.scenario.test:${scenario.port}/v1`
  const own = { HTTPS_PROXY: squid.url, NODE_EXTRA_CA_CERTS: authority.file }
  const run: Scene['run'] = (args = [], env = {}, apiUrl = named) =>
    command({ ...scenario.named, apiUrl }, [path, ...args], { env: { ...own, ...env } })
  return { squid, scenario, as: (whom) => ({ HTTPS_PROXY: squid.url.replace('://', `://${whom}@`) }), run }
}

describe('through squid', options, () => {
  it('go the API and the bucket alike, on tunnels that are kept', async (t) => {
    const { squid, scenario, run } = await setScene(t, { bytes: 31 * MiB })
    assertAnswer(await run(['--part-size', '5MiB', '--concurrency', '2']), 'asset_tls\n')
    assert.equal(scenario.seen.filter((line) => line.startsWith('PUT bucket.scenario.test')).length, 7)
    const [api, bucket] = ['api', 'bucket'].map((name) => `${name}.scenario.test:${scenario.port} 200`)
    assert.deepEqual((await squid.stop()).toSorted(), [api, bucket, bucket])
  })

  it('goes nothing to a host that it bars: 6, and the sentence names both', async (t) => {
    const { squid, run } = await setScene(t)
    const ended = await run([], {}, 'https://barred.scenario.test/v1')
    assertFailure(ended, 6, /the proxy 127\.0\.0\.1:\d+ refused to connect to barred\.scenario\.test:443 \(403\)/)
    assert.deepEqual(await squid.stop(), ['barred.scenario.test:443 403'])
  })

  it('goes nothing to a server that is not there: 5, after several tries', async (t) => {
    const { squid, run } = await setScene(t)
    const ended = await run(['--retry-for', '1s'], {}, 'https://api.scenario.test:1/v1')
    assertFailure(ended, 5, /the proxy 127\.0\.0\.1:\d+ could not connect to api\.scenario\.test:1 \(503\)/)
    assert.ok((await squid.stop()).length >= 2)
  })

  it('goes nothing once it has gone: 5, and it is the proxy that is named', async (t) => {
    const { squid, run } = await setScene(t)
    await squid.stop()
    assertFailure(await run(['--retry-for', '500ms']), 5, /the proxy 127\.0\.0\.1:\d+ refused the connection/)
  })
})

describe('a squid that wants a password', options, () => {
  const user = 'anna:p@ss:w/rd'
  const written = 'anna:p%40ss%3Aw%2Frd'

  it('lets those pass who have it', async (t) => {
    const { scenario, squid, as, run } = await setScene(t, { user })
    const ended = await run(['--debug'], as(written))
    assertAnswer(ended, 'asset_tls\n')
    assert.doesNotMatch(ended.stderr, /anna|p@ss|p%40ss/)
    assert.equal(scenario.seen.length, 4)
    assert.equal((await squid.stop()).length, 2)
  })

  for (const [title, whom, sentence] of [
    ['none', undefined, /asks for a user name and password \(407\)$/],
    ['another one', 'anna:topsecret', /refused the user name and password \(407\)$/],
  ] as const) {
    it(`does not let those pass who have ${title}: 6 at the first try, and not 4`, async (t) => {
      const { scenario, squid, as, run } = await setScene(t, { user })
      const ended = await run(['--json', '--debug'], whom === undefined ? {} : as(whom))
      assert.equal(ended.code, 6, ended.stderr)
      const { error } = documentOf(ended).upload
      assert.equal(error?.code, 'ERR_PROXY')
      assert.match(error?.message ?? '', sentence)
      assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, /topsecret|anna/)
      assert.deepEqual(scenario.seen, [])
      assert.deepEqual(await squid.stop(), [`api.scenario.test:${scenario.port} 407`])
    })
  }
})

describe('NO_PROXY', options, () => {
  const name = 'https://api.scenario.test:8443/v1'
  // Of the range that documents use: nobody answers there, whichever way one asks.
  const number = 'https://192.0.2.7:8443/v1'
  const rows: readonly [list: string, apiUrl: string, way: 'direct' | 'proxy'][] = [
    ['', name, 'proxy'],
    ['other.test', name, 'proxy'],
    ['api.scenario.test', name, 'direct'],
    ['.scenario.test', name, 'direct'],
    ['scenario.test', name, 'direct'],
    ['a.test, , scenario.test:8443', name, 'direct'],
    ['scenario.test:443', name, 'proxy'],
    ['*', name, 'direct'],
    ['', number, 'proxy'],
    ['192.0.2.0/24', number, 'direct'],
    ['192.0.3.0/24', number, 'proxy'],
    ['192.0.2.7', number, 'direct'],
    ['*', number, 'direct'],
  ]
  for (const [list, apiUrl, way] of rows) {
    it(`"${list}" leaves the way to ${new URL(apiUrl).host} ${way === 'direct' ? 'direct' : 'through the proxy'}`, async (t) => {
      const { squid, run } = await setScene(t)
      const ended = await run(['--retry-for', '1ms', '--stall-timeout', '3s'], { NO_PROXY: list }, apiUrl)
      assert.equal(ended.code, 5, ended.stderr)
      const asked = await squid.stop()
      if (way === 'direct') assert.deepEqual(asked, [])
      else assert.ok(asked.length >= 1 && asked.every((line) => line.startsWith(new URL(apiUrl).host)), `${asked}`)
      assert.equal(/the proxy/.test(ended.stderr), way === 'proxy', ended.stderr)
    })
  }
})
