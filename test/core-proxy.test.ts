/** Which proxy a request goes through: what HTTPS_PROXY and NO_PROXY mean, host by host. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bitsOf, isInNetwork } from '../src/core/ip.js'
import { checkProxy, chooseProxy, proxySettings } from '../src/core/proxy.js'
import { UploadError } from '../src/errors.js'

const api = 'https://api.scenario.test/v1'
const proxy = 'http://proxy.test:3128'
const hrefOf = (target: string, environment: Record<string, string | undefined>) =>
  chooseProxy(new URL(target), proxySettings(environment))?.href ?? null

describe('HTTPS_PROXY', () => {
  const rows: readonly [title: string, environment: Record<string, string>, chosen: string | null][] = [
    ['is the proxy', { HTTPS_PROXY: proxy }, `${proxy}/`],
    ['may be written in lower case', { https_proxy: proxy }, `${proxy}/`],
    ['is read in lower case first', { https_proxy: 'http://lower.test:1', HTTPS_PROXY: proxy }, 'http://lower.test:1/'],
    ['counts as unset where it is empty', { https_proxy: '', HTTPS_PROXY: '' }, null],
    ['in upper case counts where the other is empty', { https_proxy: '', HTTPS_PROXY: proxy }, `${proxy}/`],
    ['of blanks is none', { HTTPS_PROXY: '  ' }, null],
    ['may be an https proxy', { HTTPS_PROXY: 'https://proxy.test:8443' }, 'https://proxy.test:8443/'],
    ['without a scheme is an http proxy', { HTTPS_PROXY: 'proxy.test:3128' }, `${proxy}/`],
    ['may have blanks around it', { HTTPS_PROXY: ` ${proxy} ` }, `${proxy}/`],
    ['is the only one that is read', { HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy }, null],
  ]
  for (const [title, environment, chosen] of rows) it(title, () => assert.equal(hrefOf(api, environment), chosen))

  const credentials: readonly [title: string, given: string, user: string, password: string][] = [
    ['a user name and a password', 'http://anna:pass@p.test', 'anna', 'pass'],
    ['percent-encoded ones', 'http://an%40na:p%3Aa%2Fs%23s@p.test', 'an@na', 'p:a/s#s'],
    ['a bare percent sign beside percent-encoded characters', 'http://anna:1%00%25%ää@p.test', 'anna', '1\x00%%ää'],
    ['what is percent-encoded, but no text', 'http://anna:%ff@p.test', 'anna', '%ff'],
    ['a bare percent sign, which stands for itself', 'http://anna:100%@p.test', 'anna', '100%'],
    ['letters beyond ASCII', 'http://anna:pässwörd@p.test', 'anna', 'pässwörd'],
    ['an @ in the password', 'http://anna:p@ss@p.test', 'anna', 'p@ss'],
    ['them without a scheme', 'anna:pass@p.test:8080', 'anna', 'pass'],
  ]
  for (const [title, given, user, password] of credentials) {
    it(`may hold ${title}`, () => {
      const found = checkProxy({ httpsProxy: given })
      assert.deepEqual(
        [found?.username, found?.password].map((each) => decodeURIComponent(each ?? '')),
        [user, password],
      )
    })
  }

  for (const given of [
    'http://',
    'http://anna:topsecret@',
    'socks5://anna:topsecret@p.test:1080',
    'ftp://anna:topsecret@p.test',
    'http://anna:topsecret@p.test:port',
    'http://anna:topsecret@p q.test',
    'anna:topsecret@',
    'http://anna:12#topsecret@p.test',
    'http://anna:12/topsecret@p.test',
    'http://anna:12?topsecret@p.test',
    '::',
  ]) {
    it(`that is no address is a usage error, which does not repeat it: ${given}`, () => {
      assert.throws(
        () => chooseProxy(new URL(api), proxySettings({ HTTPS_PROXY: given })),
        (error) => {
          assert.ok(error instanceof UploadError)
          assert.equal(error.code, 'ERR_USAGE')
          assert.match(error.message, /HTTPS_PROXY/)
          assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /topsecret|anna/)
          return true
        },
      )
    })
  }

  it('that is no address is one for a host that needs none too', () => {
    assert.throws(
      () => chooseProxy(new URL(api), proxySettings({ HTTPS_PROXY: 'socks5://p.test', NO_PROXY: '*' })),
      /HTTPS_PROXY/,
    )
  })
})

describe('this machine is reached without a proxy:', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '[::1]', 'LOCALHOST']) {
    it(host, () => {
      assert.equal(hrefOf(`https://${host}:8443/v1`, { HTTPS_PROXY: proxy }), null)
      assert.equal(hrefOf(`http://${host}:8080/v1`, { HTTPS_PROXY: proxy }), null)
    })
  }
})

describe('NO_PROXY', () => {
  const rows: readonly [list: string, target: string, direct: boolean][] = [
    ['api.scenario.test', api, true],
    ['API.Scenario.Test', api, true],
    ['other.test', api, false],
    ['scenario.test', api, true],
    ['.scenario.test', api, true],
    ['*.scenario.test', api, true],
    ['.scenario.test', 'https://scenario.test', true],
    ['cenario.test', api, false],
    ['api.scenario', api, false],
    ['v2.api.scenario.test', api, false],
    ['api.scenario.test.', api, true],
    ['scenario.test', 'https://api.scenario.test.', true],
    ['bücher.test', 'https://shop.xn--bcher-kva.test', true],
    ['.', api, false],
    ['*.', api, false],
    // Ports.
    ['api.scenario.test:443', api, true],
    ['scenario.test:443', api, true],
    ['.scenario.test:443', api, true],
    ['api.scenario.test:8443', api, false],
    ['api.scenario.test:8443', 'https://api.scenario.test:8443', true],
    ['api.scenario.test:443', 'https://api.scenario.test:8443', false],
    ['api.scenario.test', 'https://api.scenario.test:8443', true],
    ['api.scenario.test:port', api, false],
    // All of them.
    ['*', api, true],
    ['*', 'https://10.0.0.1', true],
    // Several, with blanks and with nothing between them.
    ['a.test,api.scenario.test', api, true],
    ['a.test, api.scenario.test , b.test', api, true],
    ['a.test api.scenario.test', api, true],
    [',,api.scenario.test,', api, true],
    [' , ,', api, false],
    ['a.test,*', api, true],
    // Addresses.
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3:443', 'https://10.1.2.3', true],
    ['10.1.2.3:80', 'https://10.1.2.3', false],
    ['2.3', 'https://10.1.2.3', false],
    ['3', 'https://10.1.2.3', false],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]', 'https://[fd00::1]', true],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['[fd00::1]:8443', 'https://[fd00::1]', false],
    ['fd00:0:0:0:0:0:0:1', 'https://[fd00::1]', true],
    ['FD00::1', 'https://[fd00::1]', true],
    ['fd00::2', 'https://[fd00::1]', false],
    // Networks.
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.1.2.0/23', 'https://10.1.3.255', true],
    ['10.1.2.0/23', 'https://10.1.4.0', false],
    ['10.1.2.3/32', 'https://10.1.2.3', true],
    ['10.1.2.3/32', 'https://10.1.2.4', false],
    ['0.0.0.0/0', 'https://10.1.2.3', true],
    ['0.0.0.0/0', 'https://[fd00::1]', false],
    ['0.0.0.0/0', api, false],
    ['fd00::/8', 'https://[fdab::1]', true],
    ['fd00::/8', 'https://[fe80::1]', false],
    ['[fd00::]/8', 'https://[fdab::1]', true],
    ['2001:db8:1::/47', 'https://[2001:db8::5]', true],
    ['2001:db8:2::/47', 'https://[2001:db8::5]', false],
    ['10.0.0.0/33', 'https://10.0.0.0', false],
    ['10.0.0/8', 'https://10.0.0.0', false],
    ['10.0.0.0/', 'https://10.0.0.0', false],
    ['/8', 'https://10.0.0.0', false],
  ]
  for (const [list, target, direct] of rows) {
    it(`"${list}" ${direct ? 'lets' : 'does not let'} ${target} go without`, () => {
      assert.equal(hrefOf(target, { HTTPS_PROXY: proxy, NO_PROXY: list }), direct ? null : `${proxy}/`)
    })
  }

  it('is read in lower case first, and counts as unset where it is empty', () => {
    assert.equal(hrefOf(api, { HTTPS_PROXY: proxy, no_proxy: 'other.test', NO_PROXY: '*' }), `${proxy}/`)
    assert.equal(hrefOf(api, { HTTPS_PROXY: proxy, no_proxy: '', NO_PROXY: '*' }), null)
  })
})

describe('an address', () => {
  it('is its bits, and a name has none', () => {
    assert.equal(bitsOf('128.0.0.1'), `1${'0'.repeat(30)}1`)
    assert.equal(bitsOf('::1'), `${'0'.repeat(127)}1`)
    assert.equal(bitsOf('[8000::]'), `1${'0'.repeat(127)}`)
    assert.equal(bitsOf('1:2:3:4:5:6:7:8')?.length, 128)
    for (const other of ['example.test', '256.1.1.1', '1.2.3', ':::', '1:2', ''])
      assert.equal(bitsOf(other), null, other)
  })

  it('of one family is in no network of the other', () => {
    assert.equal(isInNetwork('10.0.0.1', '::/0'), false)
    assert.equal(isInNetwork('::1', '0.0.0.0/0'), false)
  })
})
