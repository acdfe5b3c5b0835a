/** Certificates, as the command meets them: whom it trusts, and what it says of whom it does not. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { makeAuthority } from './helpers/authority.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { startProxy } from './helpers/proxy.js'
import { assertAnswer, assertFailure, command, documentOf, eventsOf, linesOf } from './helpers/scene.js'
import { apiHost, type SecureScenario, secureScenario } from './helpers/secure.js'

const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-certificates-'))
after(() => rmSync(folder, { recursive: true }))
const made = makeAuthority(folder)
const options = { concurrency: 3, skip: made === null ? 'there is no openssl here' : false }

function authority() {
  assert.ok(made)
  return made
}

async function hero(t: TestContext): Promise<string> {
  return (await testFile(await tempFolder(t), 'hero.png', pngBytes(500))).path
}

const trusting = () => ({ NODE_EXTRA_CA_CERTS: authority().file })
/** Whatever the machine that runs the test trusts beside the rest. */
const trustingNobody = { NODE_EXTRA_CA_CERTS: '' }

/** A proxy that leads to the API and to a bucket with another certificate. */
async function before(t: TestContext, api: SecureScenario, bucket: SecureScenario): Promise<string> {
  const portOf = (target: string) => (target.startsWith(apiHost) ? api.port : bucket.port)
  return (await startProxy(t, { portOf })).url
}

describe('an authority that NODE_EXTRA_CA_CERTS names', options, () => {
  it('is trusted, by the API and the bucket', async (t) => {
    const { local, seen } = await secureScenario(t, authority().good)
    assertAnswer(await command(local, [await hero(t)], { env: trusting() }), 'asset_tls\n')
    assert.deepEqual(
      seen.map((line) => line.split(' ')[0]),
      ['POST', 'PUT', 'POST', 'GET'],
    )
  })

  it('is trusted through a proxy too, by both', async (t) => {
    const scenario = await secureScenario(t, authority().good)
    const env = { ...trusting(), HTTPS_PROXY: await before(t, scenario, scenario) }
    assertAnswer(await command(scenario.named, [await hero(t)], { env }), 'asset_tls\n')
    assert.equal(scenario.seen.length, 4)
  })

  it("is needed whatever Node is told, whose own warning is not among the tool's words", async (t) => {
    const { local, seen } = await secureScenario(t, authority().good)
    const env = { ...trustingNobody, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    const args = [await hero(t), '--retry-for', '1s', '--progress', 'json']
    const ended = await command(local, args, { env })
    assert.equal(ended.code, 1, ended.stderr)
    assert.equal(eventsOf(ended).at(-1)?.code, 'ERR_CERTIFICATE')
    assert.deepEqual(seen, [])
  })

  it('is trusted for the proxy itself', async (t) => {
    const { port, named } = await secureScenario(t, authority().good)
    const proxy = await startProxy(t, { portOf: () => port, pair: authority().good })
    const args = [await hero(t), '--retry-for', '1s']
    assertAnswer(await command(named, args, { env: { ...trusting(), HTTPS_PROXY: proxy.url } }), 'asset_tls\n')
    const refused = await command(named, args, { env: { ...trustingNobody, HTTPS_PROXY: proxy.url } })
    assertFailure(refused, 1, /the certificate of the proxy localhost:\d+ is not trusted/, /NODE_EXTRA_CA_CERTS/)
  })

  it('in a file that is not there is told by Node itself, in one line before all that the command says', async (t) => {
    const { local, seen } = await secureScenario(t, authority().good)
    const env = { NODE_EXTRA_CA_CERTS: join(folder, 'nowhere.pem') }
    const ended = await command(local, [await hero(t), '--json', '--progress', 'json'], { env })
    const [warning, ...rest] = linesOf(ended.stderr)
    assert.match(warning ?? '', /^Warning: Ignoring extra certs from `.*nowhere\.pem`/)
    eventsOf({ ...ended, stderr: rest.join('\n') })
    assert.equal(documentOf(ended).upload.error?.code, 'ERR_CERTIFICATE')
    assert.match(documentOf(ended).upload.error?.hint ?? '', /NODE_EXTRA_CA_CERTS/)
    assert.deepEqual(seen, [])
  })
})

describe('a certificate', options, () => {
  it('that nobody vouches for ends 1, at the first try, and names NODE_EXTRA_CA_CERTS', async (t) => {
    const { local, seen } = await secureScenario(t, authority().good)
    const ended = await command(local, [await hero(t), '--json'], { env: trustingNobody })
    const sentence = /certificate of 127\.0\.0\.1:\d+ is not trusted/
    assertFailure({ ...ended, stdout: '' }, 1, sentence, /NODE_EXTRA_CA_CERTS/)
    assert.equal(documentOf(ended).upload.error?.code, 'ERR_CERTIFICATE')
    assert.equal(documentOf(ended).upload.retries, 0)
    assert.deepEqual(seen, [])
  })

  it('that nobody vouches for names the server behind the proxy, not the proxy', async (t) => {
    const scenario = await secureScenario(t, authority().good)
    const env = { ...trustingNobody, HTTPS_PROXY: await before(t, scenario, scenario) }
    const ended = await command(scenario.named, [await hero(t)], { env })
    assertFailure(ended, 1, /certificate of api\.scenario\.test is not trusted/, /NODE_EXTRA_CA_CERTS/)
  })

  it('that has expired is told from one that is not trusted: the clock may be wrong', async (t) => {
    const { local } = await secureScenario(t, authority().expired)
    const ended = await command(local, [await hero(t)], { env: trusting() })
    assertFailure(ended, 1, /certificate of 127\.0\.0\.1:\d+ has expired \(CERT_HAS_EXPIRED\)$/, /clock/)
    assert.doesNotMatch(ended.stderr, /NODE_EXTRA_CA_CERTS/)
  })

  it('of another host is told from one that is not trusted: the address may be wrong', async (t) => {
    const { local } = await secureScenario(t, authority().other)
    const ended = await command(local, [await hero(t)], { env: trusting() })
    assertFailure(ended, 1, /certificate of 127\.0\.0\.1:\d+ is that of another host/, /--api-url/)
    assert.doesNotMatch(ended.stderr, /NODE_EXTRA_CA_CERTS/)
  })

  for (const [name, is] of [
    ['expired', 'has expired'],
    ['other', 'is that of another host'],
  ] as const) {
    it(`of the bucket alone that ${is} ends 1 at the first try, and the id of the upload is known`, async (t) => {
      const [api, bucket] = [await secureScenario(t, authority().good), await secureScenario(t, authority()[name])]
      const env = { ...trusting(), HTTPS_PROXY: await before(t, api, bucket) }
      const { error, uploadId, retries } = documentOf(
        await command(api.named, [await hero(t), '--json'], { env }),
      ).upload
      assert.equal(error?.code, 'ERR_CERTIFICATE')
      assert.match(error?.message ?? '', new RegExp(`certificate of bucket\\.scenario\\.test ${is}`))
      assert.equal(uploadId, 'upload_test1')
      assert.equal(retries, 0)
    })
  }
})
