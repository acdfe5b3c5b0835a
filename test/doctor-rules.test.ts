/** The doctor's rules: what is said of what was looked at, and what to do about it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { rootCertificates } from 'node:tls'
import { checkOf, type Finding, notTried } from '../src/doctor/finding.js'
import {
  credentialsFinding,
  type ExtraRoots,
  nodeFinding,
  rootsFinding,
  stateFinding,
  tempFinding,
} from '../src/doctor/on-machine.js'
import {
  type Asked,
  accessFinding,
  apiFinding,
  clockFinding,
  connectionFinding,
  dnsFinding,
  proxyFinding,
  tlsFinding,
} from '../src/doctor/on-network.js'
import { countCertificates, nameIn, resolve } from '../src/doctor/probes.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { isPadded } from '../src/scenario/credentials.js'
import { tryFolder } from '../src/state/try-folder.js'
import { tempFolder } from './helpers/files.js'

/** What a rule says: the code of what is wrong (null: all is well), the sentence, the action. */
type Row = [title: string, finding: Finding, code: ErrorCode | null, message: RegExp, hint?: RegExp]

function rows(all: readonly Row[]): void {
  for (const [title, finding, code, message, hint] of all) {
    it(title, () => {
      const check = checkOf('it', finding)
      assert.equal(finding.ok ? null : finding.error?.code, code)
      assert.equal(check.ok, code === null)
      assert.match(check.message, message)
      if (code === null) assert.equal(check.hint, null)
      else assert.match(check.hint ?? '', hint ?? /\S/)
    })
  }
}

const found = (key: string, secret: string) => ({ credentials: { key, secret }, from: null, note: null })
const system = (code: string) => Object.assign(new Error('no'), { code })

describe('of Node it says', () => {
  rows([
    ['which it is', nodeFinding('20.19.0'), null, /^Node 20\.19\.0$/],
    ['which it is, where it is newer', nodeFinding('26.1.0'), null, /^Node 26\.1\.0$/],
    ['that a minor version is too old', nodeFinding('20.18.3'), 'ERR_NODE', /20\.19.*this is 20\.18\.3/, /Install/],
    ['that it is too old', nodeFinding('18.20.0'), 'ERR_NODE', /this is 18\.20\.0/, /Install/],
  ])
})

describe('of the credentials it says', () => {
  const ours = { ...found('k', 's'), from: ['A_KEY', 'A_SECRET'] as const }
  rows([
    ['in which variables they are', credentialsFinding(ours), null, /^A_KEY and A_SECRET are set$/],
    ['what is odd about them', credentialsFinding({ ...ours, note: 'B is not set' }), null, /^B is not set$/],
    ['that a caller gave them', credentialsFinding(found('k', 's')), null, /^given by the caller$/],
    [
      'that there are none',
      credentialsFinding(new UploadError('ERR_CREDENTIALS_MISSING', 'none')),
      'ERR_CREDENTIALS_MISSING',
      /none/,
      /SCENARIO_SDK_API_KEY/,
    ],
  ])

  for (const [key, secret, padded] of [
    ['key', 'secret', false],
    ['key\n', 'secret', true],
    ['key', ' secret', true],
  ] as const) {
    it(`whether white space stands around them: ${JSON.stringify([key, secret])}`, () =>
      assert.equal(isPadded(found(key, secret)), padded))
  }
})

describe('of the roots of trust it says', () => {
  const extra = (read: ExtraRoots['read']) => rootsFinding({ path: 'ca.pem', read }, false)
  rows([
    ["that they are Node's own", rootsFinding(null, false), null, /Node's own; NODE_EXTRA_CA_CERTS is not set/],
    ['how many more there are', extra({ good: 2, bad: 0 }), null, /Node's own and 2 certificates of ca\.pem/],
    ['that there is one more', extra({ good: 1, bad: 0 }), null, /1 certificate of ca\.pem/],
    ['that the file is not there', extra({ error: system('ENOENT') }), 'ERR_ROOTS', /ca\.pem, .*ENOENT/, /NODE_EXTRA/],
    ['that the file holds none', extra({ good: 0, bad: 0 }), 'ERR_ROOTS', /no certificate/, /NODE_EXTRA_CA_CERTS/],
    ['that some are garbled', extra({ good: 2, bad: 1 }), 'ERR_ROOTS', /1 of 3 certificates/, /NODE_EXTRA_CA_CERTS/],
    ['that they are heard in any case', rootsFinding(null, true), null, /NODE_TLS_REJECT_UNAUTHORIZED is not heard/],
  ])

  const [first = '', second = ''] = rootCertificates
  const garbled = first.replace(/[A-Za-z]{20}/, '!'.repeat(20))
  const counts: readonly [title: string, pem: string, good: number, bad: number][] = [
    ['two', `# one\n${first}\n# other\n${second}\n`, 2, 0],
    ['a garbled one between two', `${first}\n${garbled}\n${second}`, 2, 1],
    ['one that is cut off', `${second}\n${first.slice(0, 300)}`, 1, 1],
    ['none in a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 0, 0],
    ['none in nothing', '', 0, 0],
  ]
  for (const [title, pem, good, bad] of counts) {
    it(`how many a file holds: ${title}`, () => assert.deepEqual(countCertificates(pem), { good, bad }))
  }
})

describe('of the way to the API it says', () => {
  const api = new URL('https://api.example/v1')
  const here = new URL('http://127.0.0.1:4000/v1')
  const proxy = new URL('http://ada:s3cret@proxy.example:3128')
  const wrong = new UploadError('ERR_USAGE', 'the address of the proxy is not an address')
  const none = new UploadError('ERR_NETWORK', 'no such host: api.example (DNS)')
  const there = { addresses: ['192.0.2.1'], tookMs: 12 }
  rows([
    ['that there is no proxy', proxyFinding(null, false, api), null, /none: HTTPS_PROXY is not set/],
    ['that NO_PROXY says so', proxyFinding(null, true, api), null, /none, by NO_PROXY/],
    ['that this machine needs none', proxyFinding(null, true, here), null, /none: this machine/],
    [
      'which proxy it is, without its password',
      proxyFinding(proxy, true, api),
      null,
      /^http:\/\/proxy\.example:3128 \(/,
    ],
    ['that the proxy has no address', proxyFinding(wrong, true, api), 'ERR_USAGE', /not an address/],
    [
      'how long the DNS took',
      dnsFinding({ name: 'api.example', found: there }, false),
      null,
      /^api\.example found in 12 ms$/,
    ],
    [
      'what else the proxy looks up',
      dnsFinding({ name: 'proxy.example', found: there }, true),
      null,
      /proxy\.example found.*by the proxy/,
    ],
    ['that an address needs no DNS', dnsFinding(null, false), null, /^nothing to look up/],
    [
      'that there is no such name',
      dnsFinding({ name: 'a', found: none }, false),
      'ERR_NETWORK',
      /no such host/,
      /--api-url.*HTTPS_PROXY/,
    ],
    [
      'that there is no such proxy',
      dnsFinding({ name: 'a', found: none }, true),
      'ERR_NETWORK',
      /no such host/,
      /\(HTTPS_PROXY\)/,
    ],
  ])

  for (const [address, name] of [
    ['https://api.example/v1', 'api.example'],
    ['https://192.0.2.1/v1', undefined],
    ['https://[2001:db8::1]:8443/v1', undefined],
  ] as const) {
    it(`whether there is a name to look up: ${address}`, () => assert.equal(nameIn(new URL(address)), name))
  }
})

describe('a name that is looked up', () => {
  const never = new AbortController().signal

  /** A resolver that keeps the process alive, as the real one does, and never says anything. */
  function silence(t: TestContext) {
    const alive = setInterval(() => {}, 1000)
    t.after(() => clearInterval(alive))
    return () => new Promise<never>(() => {})
  }

  it('is known with its addresses and the time it took', async () => {
    const before = performance.now()
    const found = await resolve('api.example', never, 60_000, async () => [{ address: '192.0.2.1', family: 4 }])
    assert.ok(!(found instanceof UploadError))
    assert.deepEqual(found.addresses, ['192.0.2.1'])
    assert.ok(found.tookMs >= 0 && found.tookMs <= performance.now() - before, String(found.tookMs))
  })

  it('is given up after its time, where the DNS says nothing', { timeout: 30_000 }, async (t) => {
    const found = await resolve('api.example', never, 20, silence(t))
    assert.ok(found instanceof UploadError)
    assert.match(found.message, /^no answer of the DNS for api\.example in 20 ms$/)
  })

  it('is given up at once where the caller ends it', { timeout: 30_000 }, async (t) => {
    const ending = new AbortController()
    const found = resolve('api.example', ending.signal, 60_000, silence(t))
    ending.abort(new UploadError('ERR_INTERRUPTED', 'over'))
    await assert.rejects(found, { code: 'ERR_INTERRUPTED' })
  })
})

describe('of one request to the API it says', () => {
  const api = new URL('https://api.example/v1')
  const here = new URL('http://localhost:4000/v1')
  const proxy = new URL('http://ada:s3cret@proxy.example:3128')
  const asked = (error: UploadError | null, more: Partial<Asked> = {}): Asked => ({
    ...{ error, answered: true, tookMs: 40, aheadMs: 0, sandbox: false },
    ...more,
  })
  const error = (code: ErrorCode, apiStatus?: number, page = false) =>
    new UploadError(code, 'their words', { apiStatus, circumstance: page ? 'page' : undefined })
  const unknown = asked(error('ERR_UPLOAD_UNKNOWN', 404))
  const refused = asked(error('ERR_CREDENTIALS_REFUSED', 401))
  const cut = asked(error('ERR_NETWORK'), { answered: false })
  const untrusted = asked(error('ERR_CERTIFICATE'), { answered: false })

  describe('about the connection', () => {
    rows([
      ['how soon an answer came', connectionFinding(unknown, api, null), null, /^api\.example answered in 40 ms$/],
      [
        'through which proxy',
        connectionFinding(unknown, api, proxy),
        null,
        /in 40 ms, through http:\/\/proxy\.example:3128$/,
      ],
      [
        'that a certificate came over it',
        connectionFinding(untrusted, api, null),
        null,
        /^api\.example can be reached$/,
      ],
      ['that there is none', connectionFinding(cut, api, null), 'ERR_NETWORK', /their words/, /firewall.*HTTPS_PROXY/],
      [
        'that there is none on this machine',
        connectionFinding(cut, here, null),
        'ERR_NETWORK',
        /their words/,
        /^Start/,
      ],
      [
        'that something else is there, with the hint of who knows',
        connectionFinding(
          asked(new UploadError('ERR_NETWORK', 'no TLS', { hint: 'The word.' }), { answered: false }),
          here,
          null,
        ),
        'ERR_NETWORK',
        /no TLS/,
        /^The word\.$/,
      ],
      [
        'that there is none through the proxy, with the hint of who knows',
        connectionFinding(
          asked(new UploadError('ERR_PROXY', '407', { hint: 'The word.' }), { answered: false }),
          api,
          proxy,
        ),
        'ERR_PROXY',
        /407/,
        /^The word\.$/,
      ],
    ])
  })

  describe('about the certificate', () => {
    rows([
      ['that it is trusted', tlsFinding(unknown, api), null, /of api\.example is trusted$/],
      ['that it is not', tlsFinding(untrusted, api), 'ERR_CERTIFICATE', /their words/, /NODE_EXTRA_CA_CERTS/],

      ['that none is needed', tlsFinding(unknown, here), null, /http/],
    ])
  })

  describe('about the API', () => {
    const code = (name: ErrorCode, status?: number, page?: boolean) => apiFinding(asked(error(name, status, page)), api)
    rows([
      [
        'that it knows no such upload, which is well',
        code('ERR_UPLOAD_UNKNOWN', 404),
        null,
        /answers as the API does$/,
      ],
      [
        'that it asks who we are, which is well',
        code('ERR_CREDENTIALS_REFUSED', 401),
        null,
        /answers as the API does$/,
      ],
      ['that it is a sandbox', apiFinding({ ...unknown, sandbox: true }, api), null, /\(a sandbox\)$/],
      ['that it knows too much', apiFinding(asked(null), api), 'ERR_REPLY', /nobody made/, /\/v1/],
      ['that a page is not found', code('ERR_UPLOAD_UNKNOWN', 404, true), 'ERR_API_REFUSED', /404 with a page/, /\/v1/],
      [
        'that its address is an unusual one, which may be well',
        apiFinding(unknown, new URL('https://api.example')),
        null,
        /answers as the API does, though its address usually ends in \/v1, and this one does not$/,
      ],
      [
        'that a page refuses',
        code('ERR_CREDENTIALS_REFUSED', 403, true),
        'ERR_CREDENTIALS_REFUSED',
        /403 with a page/,
        /browser/,
      ],
      ['that it speaks no JSON', code('ERR_REPLY'), 'ERR_REPLY', /their words/, /sign in/],
      ['that it has had enough', code('ERR_RATE_LIMITED', 429), 'ERR_RATE_LIMITED', /their words/, /few minutes/],
      ['that it is broken', code('ERR_SERVER', 500), 'ERR_SERVER', /their words/, /few minutes/],
      ['that it is elsewhere', code('ERR_REDIRECT', 302), 'ERR_REDIRECT', /their words/, /--api-url/],
    ])
  })

  describe('about the credentials', () => {
    rows([
      ['that they are taken', accessFinding(unknown, true), null, /takes the credentials/],
      [
        'that they are not',
        accessFinding(refused, false),
        'ERR_CREDENTIALS_REFUSED',
        /their words/,
        /Check the API key/,
      ],
      [
        'why they may not be',
        accessFinding(refused, true),
        'ERR_CREDENTIALS_REFUSED',
        /their words/,
        /space or a line break/,
      ],
    ])
  })

  describe('about the clock', () => {
    const ahead = (ms: number | null) => clockFinding({ ...unknown, aheadMs: ms })
    const minute = 60_000
    rows([
      ['that it is right', ahead(-1900), null, /^it shows the API's time$/],
      ['that it is a little ahead', ahead(4 * minute), null, /^4 min ahead of the API's$/],
      ['that it is a little behind', ahead(-5 * minute), null, /^5 min behind the API's$/],
      [
        'that it is far ahead',
        ahead(61 * minute),
        'ERR_CLOCK',
        /clock is 1 h 1 min ahead of the API's$/,
        /timedatectl/,
      ],
      ['that it is far behind', ahead(-5.1 * minute), 'ERR_CLOCK', /clock is 5 min 6 s behind the API's$/, /clock/],
      ['that nothing is known of it', ahead(null), null, /no date/],
    ])
  })
})

describe('of the folders it says', () => {
  const mine = { mode: 0o700, owner: 1000, writer: 1000 }
  rows([
    ['that the state is kept', stateFinding('/s', mine, false), null, /^\/s can be written \(0700, yours\)$/],
    ['whose it is', stateFinding('/s', { ...mine, owner: 0 }, false), null, /of user 0, and you are user 1000/],
    ['less on Windows', stateFinding('C:\\s', mine, true), null, /^C:\\s can be written$/],
    [
      'that the state is not kept',
      stateFinding('/s', { error: system('EROFS') }, false),
      'ERR_STATE_FOLDER',
      /EROFS/,
      /XDG_STATE/,
    ],
    ['what room is left', tempFinding('/t', { freeBytes: 12e9 }), null, /^\/t can be written, 12\.0 GB are free$/],
    ['that nothing is taken', tempFinding('/t', new UploadError('ERR_SPOOL', 'full')), 'ERR_SPOOL', /full/, /TMPDIR/],
  ])
})

describe('what was not tried', () => {
  it('is not well, names what comes first, and is no error of its own', () => {
    const finding = notTried('dns')
    const check = { name: 'tls', ok: false, message: 'not tried: mend `dns` first', hint: null }
    assert.deepEqual(checkOf('tls', finding), check)
  })
})

describe('a folder is tried', () => {
  it('by a file that is gone again', async (t) => {
    const folder = join(await tempFolder(t), 'new', 'state')
    const { mode, owner, writer } = await tryFolder(folder)
    assert.deepEqual(await readdir(folder), [])
    if (process.platform === 'win32') return
    assert.deepEqual([mode, owner], [0o700, writer])
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
  })

  it('in vain where a file stands in its place', async (t) => {
    const path = join(await tempFolder(t), 'state')
    await writeFile(path, '')
    await assert.rejects(tryFolder(path), { code: 'ENOTDIR' })
  })

  it('in vain where nothing can be written, not even by root', { skip: process.platform !== 'linux' }, async (t) => {
    const folder = join(await tempFolder(t), 'full')
    await mkdir(folder)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      return t.skip('nothing may be mounted here')
    }
    const trial = tryFolder(folder).finally(() => execFileSync('umount', [folder]))
    await assert.rejects(trial, { code: 'EROFS' })
  })
})
