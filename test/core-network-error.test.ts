/** What a failed connection means, said with the host and without the address. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkError, silenceError } from '../src/core/network-error.js'
import { isTransient } from '../src/core/retry.js'

const met = { met: true }
const url = 'https://bucket.example/key?X-Amz-Signature=topsecret'

function failed(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`connect ${code} ${url}`, { cause }), code === '' ? {} : { code })
}

describe('a connection that failed with', () => {
  const rows: readonly [code: string, says: string][] = [
    ['ENOTFOUND', 'no such host: bucket.example (DNS)'],
    ['EAI_AGAIN', 'could not look up bucket.example (DNS)'],
    ['ECONNREFUSED', 'bucket.example refused the connection'],
    ['ECONNRESET', 'bucket.example closed the connection'],
    ['EPIPE', 'bucket.example closed the connection'],
    ['ECONNABORTED', 'bucket.example closed the connection'],
    ['ETIMEDOUT', 'bucket.example did not answer in time'],
    ['EHOSTUNREACH', 'bucket.example cannot be reached'],
    ['ENETUNREACH', 'bucket.example cannot be reached: no network'],
    ['ENETDOWN', 'bucket.example cannot be reached: no network'],
    ['EPROTO', 'bucket.example could not agree on TLS (EPROTO)'],
    ['HPE_INVALID_CONSTANT', 'bucket.example does not speak HTTP'],
    ['HPE_INVALID_CHUNK_SIZE', 'bucket.example answered HTTP that makes no sense (HPE_INVALID_CHUNK_SIZE)'],
    ['', 'the connection to bucket.example failed'],
  ]
  for (const [code, says] of rows) {
    it(`${code === '' ? 'no code' : code} is temporary, and says so`, () => {
      const error = networkError(failed(code), 'bucket.example', met)
      assert.equal(error.code, 'ERR_NETWORK')
      assert.equal(error.message, says)
      assert.ok(isTransient(error))
    })
  }
})

describe('a certificate that is refused with', () => {
  const [own, clock, address] = [/NODE_EXTRA_CA_CERTS/, /clock/, /address/]
  const rows: readonly [code: string, is: string, hint: RegExp][] = [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted', own],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'is not trusted', own],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted', own],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is not trusted', own],
    ['UNABLE_TO_GET_ISSUER_CERT', 'is not trusted', own],
    ['CERT_UNTRUSTED', 'is not trusted', own],
    ['CERT_HAS_EXPIRED', 'has expired', clock],
    ['CERT_NOT_YET_VALID', 'is not valid yet', clock],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is that of another host', address],
    ['HOSTNAME_MISMATCH', 'is that of another host', address],
  ]
  for (const [code, is, hint] of rows) {
    it(`${code} ${is}; it is not tried again, and ends with 1`, () => {
      const error = networkError(failed(code), 'bucket.example', met)
      assert.equal(error.code, 'ERR_CERTIFICATE')
      assert.equal(error.exitCode, 1)
      assert.equal(error.message, `the certificate of bucket.example ${is} (${code})`)
      assert.match(error.hint, hint)
      assert.equal(isTransient(error), false)
    })
  }
})

describe('the reason is found', () => {
  const refused = 'bucket.example refused the connection'
  const rows: readonly [title: string, error: unknown, says: string][] = [
    ["under the HTTP client's own error", failed('ERR_GOT_REQUEST_ERROR', failed('ECONNREFUSED')), refused],
    ['under an error without a code', failed('', failed('ECONNREFUSED')), refused],
    [
      'in the first of several tries, one an address',
      new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')]),
      refused,
    ],
    ['in the error itself, whatever it came from', failed('ECONNREFUSED', failed('ENOTFOUND')), refused],
    ['in what is no error at all', 'ECONNREFUSED', 'the connection to bucket.example failed'],
  ]
  for (const [title, error, says] of rows) {
    it(title, () => assert.equal(networkError(error, 'bucket.example', met).message, says))
  }
})

describe('the error of a connection', () => {
  it('holds the address nowhere: not in its message, stack, cause or JSON', () => {
    for (const code of ['ECONNRESET', 'CERT_HAS_EXPIRED', 'EWHATEVER', '']) {
      const error = networkError(failed(code), 'bucket.example', met)
      assert.equal(error.cause, undefined)
      for (const text of [error.message, error.stack, JSON.stringify(error), error.hint]) {
        assert.doesNotMatch(text ?? '', /topsecret|Signature|\/key/)
      }
    }
  })
})

describe('a host that has never answered', () => {
  const unmet = { met: false }
  const timeout = (event: string) => Object.assign(failed('ETIMEDOUT'), { event })

  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']) {
    it(`and fails with ${code} may have a slip in its name`, () => {
      assert.equal(networkError(failed(code), 'h', unmet).circumstance, 'host-never-answered')
    })
  }

  for (const event of ['lookup', 'connect', 'secureConnect']) {
    it(`and takes too long to ${event} likewise`, () => {
      assert.equal(networkError(timeout(event), 'h', unmet).circumstance, 'host-never-answered')
    })
  }

  it('but was connected to is there', () => {
    for (const error of [failed('ECONNRESET'), failed('EPIPE'), timeout('response'), failed('ETIMEDOUT')]) {
      assert.equal(networkError(error, 'h', unmet).circumstance, undefined)
    }
  })

  it('is told from one that has', () => {
    assert.equal(networkError(failed('ECONNREFUSED'), 'h', met).circumstance, undefined)
    assert.equal(networkError(timeout('connect'), 'h', met).circumstance, undefined)
  })
})

describe('a host that speaks something else', () => {
  const eproto = (words: string) =>
    Object.assign(new Error(`write EPROTO 80:error:0A:SSL routines:f:${words}:x.c:350:`), { code: 'EPROTO' })
  const parser = (code: string, start: number[]) => Object.assign(failed(code), { rawPacket: Buffer.from(start) })
  const under = (error: Error & { code?: string }) => failed(error.code ?? '', error)
  const rows: readonly [title: string, error: Error, says: string, api: RegExp, proxy: RegExp][] = [
    ['than TLS', eproto('wrong version number'), 'h does not speak TLS', /--api-url.*http:/, /HTTPS_PROXY with http:/],
    ['than TLS, with a long record', eproto('packet length too long'), 'h does not speak TLS', /http:/, /http:/],
    [
      "than TLS, in the words of Node's next versions",
      failed('ERR_SSL_WRONG_VERSION_NUMBER'),
      'h does not speak TLS',
      /http:/,
      /http:/,
    ],
    [
      'than HTTP',
      parser('HPE_INVALID_CONSTANT', [83, 83, 72]),
      'h does not speak HTTP',
      /port in `--api-url`/,
      /port in HTTPS_PROXY/,
    ],
    ['than any HTTP known', failed('HPE_INVALID_VERSION'), 'h does not speak HTTP', /--api-url/, /HTTPS_PROXY/],
    [
      'than HTTP without TLS',
      under(parser('HPE_INVALID_CONSTANT', [0x15, 3, 1, 0, 2, 2, 70])),
      'h speaks TLS, and was spoken to without',
      /--api-url.*https:/,
      /HTTPS_PROXY with https:/,
    ],
  ]
  for (const [title, error, says, api, proxy] of rows) {
    it(`${title}, is told so, with where to mend it, and is soon given up`, () => {
      const own = networkError(error, 'h', { met: false })
      assert.deepEqual([own.code, own.message, own.circumstance], ['ERR_NETWORK', says, 'host-never-answered'])
      assert.match(own.hint, api)
      assert.match(networkError(error, 'h', { met: false, door: 'proxy' }).hint, proxy)
      assert.doesNotMatch(networkError(error, 'h', { met: false, door: 'storage' }).hint, /--api-url|HTTPS_PROXY/)
    })
  }

  it('is soon given up too where nobody can tell what is wrong', () => {
    for (const error of [eproto('tlsv1 alert protocol version'), failed('HPE_INVALID_STATUS')])
      assert.equal(networkError(error, 'h', { met: false }).circumstance, 'host-never-answered')
  })

  it('after it has answered is waited for as any other', () => {
    for (const [, error] of rows) assert.equal(networkError(error, 'h', met).circumstance, undefined)
  })
})

describe('a kept connection', () => {
  for (const [code, circumstance] of [
    ['ECONNRESET', 'stale-connection'],
    ['EPIPE', 'stale-connection'],
    ['ETIMEDOUT', undefined],
    ['ENOTFOUND', undefined],
  ] as const) {
    it(`that ends with ${code} is ${circumstance ?? 'nothing odd'}`, () => {
      assert.equal(networkError(failed(code), 'h', { met: true, reused: true }).circumstance, circumstance)
    })
  }

  it('is told from a new one', () => {
    assert.equal(networkError(failed('ECONNRESET'), 'h', { met: true, reused: false }).circumstance, undefined)
  })
})

describe('a host that goes silent', () => {
  const silent = (met: boolean, connected: boolean) => silenceError('bucket.example', 30_000, { met, connected })

  it('is named, with how long nothing moved, and may be tried again', () => {
    const error = silent(true, true)
    assert.equal(error.code, 'ERR_NETWORK')
    assert.equal(error.message, 'bucket.example went silent: nothing moved for 30 s')
    assert.ok(isTransient(error))
  })

  it('before it was connected to, may have a slip in its name, until it has answered', () => {
    assert.equal(silent(false, false).circumstance, 'host-never-answered')
    assert.equal(silent(true, false).circumstance, undefined)
  })

  it('once it was connected to, is there', () => assert.equal(silent(false, true).circumstance, undefined))
})
