/** What a failed way through a proxy means, said with the proxy's host and without its password. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkError } from '../src/core/network-error.js'
import { isTransient } from '../src/core/retry.js'
import { type Tunnel, tunnelError, tunnelSilence } from '../src/core/tunnel-error.js'

const tunnel: Tunnel = {
  proxy: new URL('http://proxy.test:3128'),
  target: 'api.scenario.test:443',
  met: false,
  reached: false,
}
const known: Tunnel = { ...tunnel, proxy: new URL('http://anna:topsecret@proxy.test:3128') }
const answered = (status: number, more: Partial<Tunnel> = {}) =>
  tunnelError(new Error(`Bad response: ${status}`), { ...tunnel, ...more })
const failed = (code: string) => Object.assign(new Error(code), { code })

describe("a proxy's answer", () => {
  it('407 is a refusal of its own, for want of a password or for a wrong one', () => {
    const asks = answered(407)
    assert.equal(asks.code, 'ERR_PROXY')
    assert.equal(asks.exitCode, 6)
    assert.equal(asks.message, 'the proxy proxy.test:3128 asks for a user name and password (407)')
    const refuses = tunnelError(new Error('Bad response: 407'), known)
    assert.equal(refuses.message, 'the proxy proxy.test:3128 refused the user name and password (407)')
    assert.notEqual(refuses.hint, asks.hint)
  })

  for (const status of [302, 400, 401, 403, 404, 405, 501]) {
    it(`${status} is a refusal for good, which names both hosts`, () => {
      const error = answered(status)
      assert.equal(error.code, 'ERR_PROXY')
      assert.equal(isTransient(error), false)
      assert.equal(error.message, `the proxy proxy.test:3128 refused to connect to api.scenario.test:443 (${status})`)
      assert.match(error.hint, /NO_PROXY/)
    })
  }

  for (const status of [408, 429, 500, 502, 503, 504]) {
    it(`${status} is temporary, and may be said of a host that is not there`, () => {
      const error = answered(status)
      assert.equal(error.code, 'ERR_NETWORK')
      assert.ok(isTransient(error))
      assert.equal(error.message, `the proxy proxy.test:3128 could not connect to api.scenario.test:443 (${status})`)
      assert.equal(error.circumstance, 'host-never-answered')
      assert.equal(answered(status, { met: true }).circumstance, 'host-never-answered')
      assert.equal(answered(status, { met: true, reached: true }).circumstance, undefined)
    })
  }
})

describe('a proxy that cannot be reached', () => {
  const rows: readonly [code: string, says: string][] = [
    ['ECONNREFUSED', 'the proxy proxy.test:3128 refused the connection'],
    ['ENOTFOUND', 'no such host: the proxy proxy.test:3128 (DNS)'],
    ['ECONNRESET', 'the proxy proxy.test:3128 closed the connection'],
    ['HPE_INVALID_CONSTANT', 'the proxy proxy.test:3128 does not speak HTTP'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'the proxy proxy.test:3128 does not speak TLS'],
  ]
  for (const [code, says] of rows) {
    it(`(${code}) is named, and the target is not: temporary`, () => {
      const error = tunnelError(failed(code), known)
      assert.equal(error.message, says)
      assert.equal(error.exitCode, 5)
      assert.match(error.hint, /HTTPS_PROXY/)
    })
  }

  it('may have a slip in its name, until it has led somewhere', () => {
    assert.equal(tunnelError(failed('ENOTFOUND'), tunnel).circumstance, 'host-never-answered')
    assert.equal(tunnelError(failed('ENOTFOUND'), { ...tunnel, met: true }).circumstance, undefined)
  })

  it('for its certificate is told so, with the hint for certificates', () => {
    const error = tunnelError(failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), tunnel)
    assert.equal(error.code, 'ERR_CERTIFICATE')
    assert.match(error.message, /^the certificate of the proxy proxy\.test:3128 is not trusted/)
    assert.match(error.hint, /NODE_EXTRA_CA_CERTS/)
  })

  it('that is silent is named, with how long it was', () => {
    const error = tunnelSilence(15_000, known)
    assert.equal(error.message, 'the proxy proxy.test:3128 did not answer for 15 s')
    assert.equal(error.exitCode, 5)
    assert.equal(error.circumstance, 'host-never-answered')
    assert.equal(tunnelSilence(15_000, { ...known, met: true }).circumstance, undefined)
  })
})

describe('the error of a tunnel', () => {
  it('is what the request that needed it ends with', () => {
    const own = answered(407)
    assert.equal(networkError(new Error('Bad response', { cause: own }), 'api.scenario.test', { met: false }), own)
  })

  it('holds no user name and no password, in its stack neither', () => {
    for (const error of [
      ...[302, 407, 503].map((status) => tunnelError(new Error(`Bad response: ${status}`), known)),
      ...['ECONNREFUSED', 'CERT_HAS_EXPIRED', ''].map((code) => tunnelError(failed(code), known)),
      tunnelSilence(1000, known),
    ]) {
      assert.equal(error.cause, undefined)
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /anna|topsecret/)
    }
  })
})
