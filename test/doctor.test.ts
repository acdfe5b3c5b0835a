/**
 * `doctor`: what it says, with each thing that can be wrong put wrong, on real servers.
 *
 * Scenes: all is well · credentials · answers of the API · connections · certificates · proxies · the clock · the
 * machine · how it speaks · the library.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import type { RequestListener, ServerResponse } from 'node:http'
import https from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ErrorFields } from '../src/errors.js'
import { type Check, type DiagnoseOptions, diagnose, UploadError } from '../src/index.js'
import { makeAuthority, type Pair } from './helpers/authority.js'
import { envOf, impatientLookup, type Run, type RunOptions, run } from './helpers/command.js'
import { asPrinted } from './helpers/doctor.js'
import { tempFolder } from './helpers/files.js'
import { startProxy } from './helpers/proxy.js'
import { endBy, eventsOf, linesOf, sandboxFor, start } from './helpers/scene.js'
import { credentials, json, serve } from './helpers/servers.js'

const names = [
  ...['node', 'credentials', 'roots', 'proxy', 'dns', 'connection', 'tls', 'api', 'access', 'clock', 'state', 'temp'],
  'terminal',
]

/** Variables that would change what the doctor finds; each run begins without them. */
const cleared = { NODE_EXTRA_CA_CERTS: '', NODE_TLS_REJECT_UNAUTHORIZED: '', NO_PROXY: '', no_proxy: '' }

type Env = Record<string, string | undefined>

const doctor = (env: Env, args: readonly string[] = [], options: RunOptions = {}): Promise<Run> =>
  run(['doctor', ...args], { ...options, env: { ...cleared, ...env } })

const at = (apiUrl: string): Env => envOf({ apiUrl, credentials })

interface Document {
  schemaVersion: number
  ok: boolean
  sandbox?: boolean
  uploads: unknown[]
  checks: Check[]
  error: ErrorFields | null
}

/** The one document on stdout, in the form that is promised. */
function documentOf({ code, stdout, stderr }: Run): Document {
  assert.match(stdout, /^\{[^\n]*\}\n$/, `${stdout}${stderr}`)
  const document: Document = JSON.parse(stdout)
  const { sandbox, ...rest } = document
  assert.deepEqual(Object.keys(rest), ['schemaVersion', 'ok', 'uploads', 'checks', 'error'])
  assert.ok(sandbox === undefined || sandbox === true)
  assert.deepEqual([rest.schemaVersion, rest.ok, rest.uploads], [1, code === 0, []])
  for (const check of rest.checks) {
    assert.deepEqual(Object.keys(check), ['name', 'ok', 'message', 'hint'])
    assert.match(check.message, /^\S[^\n]*$/)
    assert.ok(check.ok ? check.hint === null : /not tried/.test(check.message) || check.hint)
  }
  return document
}

/** No run says what is in the credentials, or in a proxy's password. */
const secrets = [
  ...[credentials.key, credentials.secret, 'pa55word'],
  Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64'),
]

interface Ill {
  exit: number
  code: ErrorFields['code']
  /** Which check it is, and the others that cannot be tried for it. */
  check: string
  untried?: readonly string[]
  message: RegExp
  hint?: RegExp
}

/** A run in which one thing is wrong, and all else is well. */
function assertIll(ended: Run, { exit, code, check, untried = [], message, hint = /\S/ }: Ill): Document {
  assert.equal(ended.code, exit, `${ended.stdout}${ended.stderr}`)
  const document = documentOf(ended)
  assert.deepEqual(
    document.checks.map(({ name }) => name),
    names,
  )
  const bad = document.checks.filter(({ ok }) => !ok)
  assert.deepEqual(
    bad.map(({ name }) => name),
    [check, ...untried],
  )
  for (const each of bad.slice(1)) assert.equal(each.message, `not tried: mend \`${check}\` first`)
  assert.match(bad[0]?.message ?? '', message)
  assert.match(bad[0]?.hint ?? '', hint)
  const { requestId, retryable, ...fields } = document.error ?? {}
  assert.deepEqual(fields, { code, message: bad[0]?.message, hint: bad[0]?.hint, exitCode: exit })
  for (const secret of secrets) assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret), `it says ${secret}`)
  return document
}

const beyondConnection = ['tls', 'api', 'access', 'clock']
const beyondDns = ['connection', ...beyondConnection]

/** The API, which knows no upload. */
const unknown: RequestListener = (_, response) => json(response, 404, { message: 'Upload not found' })

async function apiThat(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  return `${await serve(t, (_, response) => answer(response))}/v1`
}

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('doctor', { concurrency: 3 }, () => {
  describe('where all is well', { concurrency: 3 }, () => {
    it('says so, a line each, and ends 0', async (t) => {
      const folder = await tempFolder(t)
      const sandbox = await sandboxFor(t)
      const env = { ...envOf(sandbox), XDG_STATE_HOME: join(folder, 'state'), TMPDIR: folder }
      const ended = await doctor(env)
      assert.equal(ended.code, 0, ended.stdout)
      const golden = readFileSync(fileURLToPath(new URL('fixtures/doctor.txt', import.meta.url)), 'utf8')
      assert.equal(asPrinted(ended.stdout, folder), golden)
      assert.equal(ended.stderr, 'note: this is a sandbox: nothing reaches Scenario\n')
      assert.deepEqual(await readdir(join(folder, 'state', 'scenario-upload')), [], 'it leaves a file')
      assert.deepEqual(await readdir(folder), ['state'], 'it leaves a file')
    })

    it('asks the API once, by a harmless look at an upload that is not there', async (t) => {
      const seen: (string | undefined)[] = []
      const apiUrl = await serve(t, (request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization?.split(' ')[0]}`)
        unknown(request, response)
      })
      const ended = await doctor(at(`${apiUrl}/v1/`), ['--project', 'proj_1', '--json'])
      assert.equal(ended.code, 0, ended.stdout)
      assert.deepEqual(seen, ['GET /v1/uploads/upload_doctor0000000000000000?projectId=proj_1 Basic'])
      assert.equal(documentOf(ended).sandbox, undefined)
    })

    it('says so in the document, with `sandbox` where it is one', async (t) => {
      const ended = await doctor(envOf(await sandboxFor(t)), ['--json'])
      const { checks, error, sandbox } = documentOf(ended)
      assert.deepEqual([ended.code, error, sandbox], [0, null, true])
      assert.deepEqual(
        checks.map(({ name }) => name),
        names,
      )
    })
  })

  describe('finds that the credentials', { concurrency: 3 }, () => {
    it('are missing: 4, and goes on with what needs none', async (t) => {
      const seen: unknown[] = []
      const apiUrl = await serve(t, ({ headers }, response) => {
        seen.push(headers.authorization)
        json(response, 401, { message: 'Unauthorized' })
      })
      assertIll(await doctor({ SCENARIO_BASE_URL: `${apiUrl}/v1` }, ['--json']), {
        ...{ exit: 4, code: 'ERR_CREDENTIALS_MISSING', check: 'credentials', untried: ['access'] },
        ...{ message: /^no API key/, hint: /SCENARIO_SDK_API_KEY/ },
      })
      assert.deepEqual(seen, [undefined])
    })

    it('are half there: 4, with the name of the half that is not', async (t) => {
      const env = { ...at(await apiThat(t, (response) => json(response, 401, {}))), SCENARIO_SDK_API_SECRET: '' }
      assertIll(await doctor(env, ['--json']), {
        ...{ exit: 4, code: 'ERR_CREDENTIALS_MISSING', check: 'credentials', untried: ['access'] },
        ...{ message: /half.*SCENARIO_SDK_API_SECRET/, hint: /Set SCENARIO_SDK_API_SECRET/ },
      })
    })

    for (const status of [401, 403]) {
      it(`are refused (${status}): 4`, async (t) => {
        // It repeats what it was sent, as servers do.
        const apiUrl = await apiThat(t, (response) =>
          json(response, status, { message: `no rights for ${credentials.key}`, trace_id: 'trace_1' }),
        )
        const { error } = assertIll(await doctor(at(apiUrl), ['--json']), {
          ...{ exit: 4, code: 'ERR_CREDENTIALS_REFUSED', check: 'access' },
          ...{
            message: new RegExp(`refused the credentials \\(${status}\\): no rights for`),
            hint: /Check the API key/,
          },
        })
        assert.equal(error?.requestId, 'trace_1')
      })
    }

    it('are refused since a line break came with them', async (t) => {
      const apiUrl = await apiThat(t, (response) => json(response, 401, { message: 'no' }))
      assertIll(await doctor({ ...at(apiUrl), SCENARIO_SDK_API_KEY: `${credentials.key}\n` }, ['--json']), {
        ...{ exit: 4, code: 'ERR_CREDENTIALS_REFUSED', check: 'access', message: /401/, hint: /line break/ },
      })
    })
  })

  describe('finds that the API', { concurrency: 3 }, () => {
    const page = (response: ServerResponse, status: number) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html><title>Please sign in</title></html>')
    const answers: readonly [what: string, answer: (response: ServerResponse) => void, ill: Omit<Ill, 'check'>][] = [
      [
        'has had enough of requests (429)',
        (response) => json(response, 429, { message: 'slow down' }, { 'retry-after': '3600' }),
        { exit: 5, code: 'ERR_RATE_LIMITED', message: /fewer requests \(429\): slow down/, hint: /few minutes/ },
      ],
      [
        'is broken (500)',
        (response) => json(response, 500, { message: 'oops' }),
        { exit: 5, code: 'ERR_SERVER', message: /temporary failure \(500\): oops/, hint: /few minutes/ },
      ],
      [
        'is behind a gateway without a server (502)',
        (response) => page(response, 502),
        { exit: 5, code: 'ERR_SERVER', message: /502/, hint: /few minutes/ },
      ],
      [
        'is a sign-in page',
        (response) => page(response, 200),
        { exit: 1, code: 'ERR_REPLY', message: /200 with no JSON/, hint: /sign in first/ },
      ],
      [
        'is a page that is not found',
        (response) => page(response, 404),
        { exit: 6, code: 'ERR_API_REFUSED', message: /404 with a page/, hint: /\/v1/ },
      ],
      [
        'is a gateway that blocks it',
        (response) => page(response, 403),
        { exit: 4, code: 'ERR_CREDENTIALS_REFUSED', message: /403 with a page/, hint: /gateway/ },
      ],
      [
        'is elsewhere (302)',
        (response) => response.writeHead(302, { location: 'https://login.example/' }).end(),
        { exit: 6, code: 'ERR_REDIRECT', message: /redirect \(302\)/, hint: /--api-url/ },
      ],
      [
        'knows an upload that nobody made',
        (response) => json(response, 200, { upload: { id: 'upload_1', status: 'imported' } }),
        { exit: 1, code: 'ERR_REPLY', message: /nobody made/, hint: /\/v1/ },
      ],
    ]
    for (const [what, answer, ill] of answers) {
      it(`${what}: ${ill.exit}`, async (t) => {
        const apiUrl = await apiThat(t, answer)
        assertIll(await doctor(at(apiUrl), ['--json']), { check: 'api', untried: ['access'], ...ill })
      })
    }
  })

  describe('finds that the host', { concurrency: 3 }, () => {
    it('refuses the connection: 5', async () => {
      assertIll(await doctor(at('http://127.0.0.1:1/v1'), ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'connection', untried: beyondConnection },
        ...{ message: /127\.0\.0\.1:1 refused the connection/, hint: /Start what should listen/ },
      })
    })

    it('does not speak TLS: 5', async (t) => {
      const apiUrl = await apiThat(t, (response) => response.end())
      assertIll(await doctor(at(apiUrl.replace('http:', 'https:')), ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'connection', untried: beyondConnection },
        ...{ message: /^127\.0\.0\.1:\d+ does not speak TLS$/, hint: /http:/ },
      })
    })

    it('does not speak HTTP: 5', async (t) => {
      const port = await listening(
        t,
        createServer((socket) => {
          socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.6\r\n')
          t.after(() => socket.destroy())
        }),
      )
      assertIll(await doctor(at(`http://127.0.0.1:${port}/v1`), ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'connection', untried: beyondConnection },
        ...{ message: /^127\.0\.0\.1:\d+ does not speak HTTP$/, hint: /--api-url/ },
      })
    })

    it('does not exist: 5', async () => {
      assertIll(await doctor({ ...at('https://api.nowhere.invalid/v1'), ...impatientLookup }, ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'dns', untried: beyondDns },
        ...{ message: /api\.nowhere\.invalid.*DNS/, hint: /--api-url/ },
      })
    })

    for (const scheme of ['http', 'https']) {
      it(`is silent (${scheme}): 5, long before an upload would give it up`, async (t) => {
        const port = await listening(
          t,
          createServer((socket) => t.after(() => socket.destroy())),
        )
        const startedAt = performance.now()
        assertIll(await doctor(at(`${scheme}://127.0.0.1:${port}/v1`), ['--json']), {
          ...{
            exit: 5,
            code: 'ERR_NETWORK',
            check: 'connection',
            untried: beyondConnection,
            message: /silent|not answer/,
          },
        })
        assert.ok(performance.now() - startedAt < 25_000)
      })
    }

    it('never comes to an end with its answer: 5, soon', async (t) => {
      const apiUrl = await apiThat(t, (response) => {
        // Enough at a time to pass for a reply that flows.
        const drip = setInterval(() => response.write(' '.repeat(100_000)), 500)
        response.on('close', () => clearInterval(drip))
      })
      const startedAt = performance.now()
      assertIll(await doctor(at(apiUrl), ['--json']), {
        ...{
          exit: 5,
          code: 'ERR_NETWORK',
          check: 'connection',
          untried: beyondConnection,
          message: /not answer in 10 s/,
        },
      })
      assert.ok(performance.now() - startedAt < 25_000)
    })
  })

  const authorityFolder = mkdtempSync(join(tmpdir(), 'scenario-upload-test-'))
  after(() => rmSync(authorityFolder, { recursive: true, force: true }))
  const authority = makeAuthority(authorityFolder)

  async function secureApi(t: TestContext, pair: Pair): Promise<number> {
    const server = https.createServer({ ...pair }, unknown)
    t.after(() => server.closeAllConnections())
    return listening(t, server)
  }

  describe('finds that the certificate', { concurrency: 3, skip: !authority && 'there is no openssl here' }, () => {
    const { file = '', good, expired, other } = authority ?? {}
    const certificates: readonly [
      what: string,
      pair: Pair | undefined,
      roots: string,
      message: RegExp,
      hint: RegExp,
    ][] = [
      ['is not trusted', good, '', /certificate of 127\.0\.0\.1:\d+ is not trusted/, /NODE_EXTRA_CA_CERTS/],
      ['has expired', expired, file, /certificate of 127\.0\.0\.1:\d+ has expired/, /clock/],
      ['is that of another host', other, file, /certificate of 127\.0\.0\.1:\d+ is that of another host/, /--api-url/],
    ]
    for (const [what, pair, roots, message, hint] of certificates) {
      it(`${what}: 1`, async (t) => {
        if (!pair) return
        const env = { ...at(`https://127.0.0.1:${await secureApi(t, pair)}/v1`), NODE_EXTRA_CA_CERTS: roots }
        assertIll(await doctor(env, ['--json']), {
          ...{ exit: 1, code: 'ERR_CERTIFICATE', check: 'tls', untried: ['api', 'access', 'clock'], message, hint },
        })
      })
    }

    it('is trusted by NODE_EXTRA_CA_CERTS', async (t) => {
      if (!good) return
      const env = { ...at(`https://localhost:${await secureApi(t, good)}/v1`), NODE_EXTRA_CA_CERTS: file }
      const { stdout, code } = await doctor(env)
      assert.equal(code, 0, stdout)
      assert.match(stdout, /^✔ roots: Node's own and 1 certificate of .*ca\.pem/m)
      assert.match(stdout, /^✔ dns: localhost found in [\d.]+ m?s$/m)
      assert.match(stdout, /^✔ tls: the certificate of localhost:\d+ is trusted$/m)
    })

    it('is looked at all the same, whatever NODE_TLS_REJECT_UNAUTHORIZED says: 1', async (t) => {
      if (!expired) return
      const env = { ...at(`https://127.0.0.1:${await secureApi(t, expired)}/v1`), NODE_TLS_REJECT_UNAUTHORIZED: '0' }
      const { checks } = assertIll(await doctor(env, ['--json']), {
        ...{ exit: 1, code: 'ERR_CERTIFICATE', check: 'tls', untried: ['api', 'access', 'clock'], message: /expired/ },
      })
      assert.match(checks.find(({ name }) => name === 'roots')?.message ?? '', /is not heard/)
    })
  })

  describe('finds that the proxy', { concurrency: 3 }, () => {
    const behind = (proxy: string): Env => ({ ...at('https://api.scenario.test/v1'), HTTPS_PROXY: proxy })

    it('leads to the API, and looks up its name', { skip: !authority && 'there is no openssl here' }, async (t) => {
      if (!authority) return
      const port = await secureApi(t, authority.good)
      const { host } = await startProxy(t, { portOf: () => port })
      const env = { ...behind(`http://ada:pa55word@${host}`), NODE_EXTRA_CA_CERTS: authority.file }
      const { code, stdout, stderr } = await doctor(env, ['--debug'])
      assert.equal(code, 0, stdout)
      assert.match(stdout, new RegExp(`^✔ proxy: http://${host} \\(HTTPS_PROXY\\)$`, 'm'))
      assert.match(stdout, /^✔ dns: nothing to look up.*by the proxy$/m)
      assert.match(
        stdout,
        new RegExp(`^✔ connection: api\\.scenario\\.test answered in .*, through http://${host}$`, 'm'),
      )
      for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret), `it says ${secret}`)
    })

    it('is not there: 5', async () => {
      assertIll(await doctor(behind('http://ada:pa55word@127.0.0.1:1'), ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'connection', untried: beyondConnection },
        ...{ message: /proxy 127\.0\.0\.1:1 refused the connection/, hint: /HTTPS_PROXY/ },
      })
    })

    it('has a name that nobody knows: 5', async () => {
      assertIll(await doctor({ ...behind('http://proxy.nowhere.invalid:3128'), ...impatientLookup }, ['--json']), {
        ...{ exit: 5, code: 'ERR_NETWORK', check: 'dns', untried: beyondDns },
        ...{ message: /proxy\.nowhere\.invalid.*DNS/, hint: /HTTPS_PROXY/ },
      })
    })

    for (const [title, userinfo, hint] of [
      ['wants a password', '', /HTTPS_PROXY/],
      ['does not take the password', 'ada:pa55word@', /HTTPS_PROXY/],
    ] as const) {
      it(`${title} (407): 6`, async (t) => {
        const { host } = await startProxy(t, { answer: () => '407 Proxy Authentication Required' })
        assertIll(await doctor(behind(`http://${userinfo}${host}`), ['--json']), {
          ...{
            exit: 6,
            code: 'ERR_PROXY',
            check: 'connection',
            untried: beyondConnection,
            message: /proxy.*407/,
            hint,
          },
        })
      })
    }

    it('has no address: 2', async () => {
      assertIll(await doctor(behind('ftp://ada:pa55word@proxy.example'), ['--json']), {
        ...{ exit: 2, code: 'ERR_USAGE', check: 'proxy', untried: ['dns', ...beyondDns] },
        ...{ message: /HTTPS_PROXY/, hint: /http:\/\/proxy/ },
      })
    })

    it('is not for this machine itself', async (t) => {
      const apiUrl = await serve(t, unknown)
      const { code, stdout } = await doctor({ ...at(`${apiUrl}/v1`), HTTPS_PROXY: 'http://127.0.0.1:1' })
      assert.equal(code, 0, stdout)
      assert.match(stdout, /^✔ proxy: none: this machine is never asked through one$/m)
    })
  })

  describe('finds that the clock', { concurrency: 3 }, () => {
    for (const [title, ms, words] of [
      ['is an hour ahead', -3600_000, /clock is (1 h|59 min 5\d s) ahead of the API's/],
      ['is an hour behind', 3600_000, /clock is (1 h|59 min 5\d s) behind the API's/],
    ] as const) {
      it(`${title}: 1`, async (t) => {
        const apiUrl = await apiThat(t, (response) =>
          json(response, 404, { message: 'no' }, { date: new Date(Date.now() + ms).toUTCString() }),
        )
        assertIll(await doctor(at(apiUrl), ['--json']), {
          ...{ exit: 1, code: 'ERR_CLOCK', check: 'clock', message: words, hint: /Set the clock/ },
        })
      })
    }

    it('is not compared with an answer that has no date', async (t) => {
      const apiUrl = await apiThat(t, (response) => {
        response.sendDate = false
        json(response, 404, { message: 'no' })
      })
      assert.match((await doctor(at(apiUrl))).stdout, /^✔ clock: not compared/m)
    })
  })

  describe('finds on the machine that', { concurrency: 3 }, () => {
    const well = async (t: TestContext) => at(`${await serve(t, unknown)}/v1`)

    it('a file stands in the place of the state folder: 3', async (t) => {
      const folder = await tempFolder(t)
      await writeFile(join(folder, 'scenario-upload'), '')
      assertIll(await doctor({ ...(await well(t)), XDG_STATE_HOME: folder }, ['--json']), {
        ...{
          exit: 3,
          code: 'ERR_STATE_FOLDER',
          check: 'state',
          message: /scenario-upload cannot be written \(ENOTDIR\)/,
        },
        ...{ hint: /XDG_STATE_HOME/ },
      })
    })

    it('there is no temporary folder: 1', async (t) => {
      assertIll(await doctor({ ...(await well(t)), TMPDIR: '/nowhere/at/all' }, ['--json']), {
        ...{ exit: 1, code: 'ERR_SPOOL', check: 'temp', message: /\/nowhere\/at\/all.*ENOENT/, hint: /TMPDIR/ },
      })
    })

    it('NODE_EXTRA_CA_CERTS names no file: 1', async (t) => {
      assertIll(await doctor({ ...(await well(t)), NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }, ['--json']), {
        ...{ exit: 1, code: 'ERR_ROOTS', check: 'roots', message: /\/nowhere\/ca\.pem.*ENOENT/, hint: /PEM/ },
      })
    })

    it('NODE_EXTRA_CA_CERTS names a garbled file: 1', async (t) => {
      const path = join(await tempFolder(t), 'ca.pem')
      await writeFile(path, '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n')
      assertIll(await doctor({ ...(await well(t)), NODE_EXTRA_CA_CERTS: path }, ['--json']), {
        ...{ exit: 1, code: 'ERR_ROOTS', check: 'roots', message: /1 of 1 certificate cannot be read/, hint: /PEM/ },
      })
    })
  })

  describe('speaks', { concurrency: 3 }, () => {
    const refused = (t: TestContext) => apiThat(t, (response) => json(response, 401, { message: 'no' }))

    it('on stdout, with the action below what is not well, and says nothing twice', async (t) => {
      const { code, stdout, stderr } = await doctor(at(await refused(t)))
      assert.deepEqual([code, stderr], [4, ''])
      const lines = linesOf(stdout)
      const bad = lines.findIndex((line) => line.startsWith('✖'))
      assert.match(lines[bad] ?? '', /^✖ access: the API refused the credentials \(401\): no$/)
      assert.match(lines[bad + 1] ?? '', /^ {2}→ Check the API key/)
      assert.equal(lines.length, names.length + 1)
    })

    it('only of what is not well with --quiet', async (t) => {
      const { code, stdout } = await doctor(at(await refused(t)), ['--quiet'])
      assert.equal(code, 4)
      assert.match(stdout, /^✖ access: [^\n]*\n {2}→ [^\n]*\n$/)
      assert.equal((await doctor(envOf(await sandboxFor(t)), ['-q'])).stdout, '')
    })

    it('in colours where they are wanted', async (t) => {
      const { stdout } = await doctor(at(await refused(t)), ['--color', 'always'])
      assert.ok(stdout.includes('\u001b[32m✔\u001b[39m node: ') && stdout.includes('\u001b[31m✖\u001b[39m access: '))
      assert.ok(!(await doctor(at(await refused(t)))).stdout.includes('\u001b'))
    })

    it('of the failure on stderr too, where stdout is a document or stderr is for programs', async (t) => {
      const document = await doctor(at(await refused(t)), ['--json'])
      assert.match(document.stderr, /^✖ the API refused the credentials \(401\): no\n {2}→ Check/)
      const [event, ...others] = eventsOf(await doctor(at(await refused(t)), ['--progress', 'json']))
      assert.deepEqual([event?.event, event?.code, others], ['error', 'ERR_CREDENTIALS_REFUSED', []])
    })

    it('of the addresses of the host with --verbose', async () => {
      const { stderr } = await doctor(at('http://localhost:1/v1'), ['--verbose'])
      assert.match(stderr, /^· localhost is \S*(127\.0\.0\.1|::1)/m)
    })

    it('of its request with --debug, and of no secret', async (t) => {
      const { stdout, stderr } = await doctor(at(await refused(t)), ['--debug'])
      assert.match(stderr, /^· GET http:\/\/127\.0\.0\.1:\d+\/v1\/uploads\/upload_doctor0+: 401 after [\d.]+ m?s$/m)
      for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret), `it says ${secret}`)
    })

    it('safely of what others wrote', async (t) => {
      const apiUrl = await apiThat(t, (response) => json(response, 401, { message: 'a\u001b[2Jb\u202ec' }))
      assert.match((await doctor(at(apiUrl))).stdout, /^✖ access: .*: a�\[2Jb�c$/m)
    })

    it('of the terminal: what is drawn there, and why not', async (t) => {
      const env = envOf(await sandboxFor(t))
      assert.match(
        (await doctor(env)).stdout,
        /^✔ terminal: stderr is no terminal, no colours, Unicode: plain lines instead of bars$/m,
      )
    })

    for (const [title, args, code] of [
      ['an address that is none', ['--api-url', 'nonsense'], 2],
      ['a project that is none', ['--project', '?'], 2],
      ['a word too many', ['hero.png'], 2],
      ['a word after `--`', ['--', 'hero.png'], 2],
      ['an option of another command', ['--kind', 'image'], 2],
    ] as const) {
      it(`of ${title} as a usage error`, async () => {
        const ended = await doctor({}, [...args])
        assert.deepEqual([ended.code, ended.stdout], [code, ''])
        assert.match(ended.stderr, /^✖ .+\n {2}→ .+\n$/)
      })
    }

    it('with its last word where it is interrupted: 130 at once, with what it has seen', async (t) => {
      const port = await listening(
        t,
        createServer((socket) => t.after(() => socket.destroy())),
      )
      const env = { ...cleared, ...at(`http://127.0.0.1:${port}/v1`) }
      const started = start(t, ['doctor'], { env })
      await started.says(/^✔ dns/m)
      const ended = await endBy(started, 'SIGINT')
      assert.equal(ended.code, 130)
      assert.doesNotMatch(ended.stdout, /✖|connection/)
      assert.match(ended.stderr, /^✖ interrupted$/m)
    })
  })
})

describe('diagnose', { concurrency: 3 }, () => {
  const here = async (t: TestContext): Promise<DiagnoseOptions> => ({
    ...{ apiUrl: `${await serve(t, unknown)}/v1`, credentials, stateFolder: await tempFolder(t) },
  })

  it('resolves to all checks but that of the terminal, and tells of each as it is made', async (t) => {
    const told: Check[] = []
    const { ok, checks, error } = await diagnose({ ...(await here(t)), onCheck: (check) => told.push(check) })
    assert.deepEqual([ok, error], [true, null])
    assert.deepEqual(
      checks.map(({ name }) => name),
      names.slice(0, -1),
    )
    assert.deepEqual(told, checks)
    assert.equal(checks.find(({ name }) => name === 'credentials')?.message, 'given by the caller')
  })

  it('resolves to the error of the first check that failed', async (t) => {
    const options = { ...(await here(t)), apiUrl: 'http://127.0.0.1:1/v1' }
    const { ok, error } = await diagnose(options)
    assert.ok(error instanceof UploadError)
    assert.deepEqual([ok, error.code, error.exitCode], [false, 'ERR_NETWORK', 5])
  })

  it('rejects for options that make no sense', async () => {
    await assert.rejects(diagnose({ apiUrl: 'nonsense' }), { code: 'ERR_USAGE' })
    await assert.rejects(diagnose({ project: '?' }), { code: 'ERR_USAGE' })
  })

  it('rejects where its signal ends it', async (t) => {
    const port = await listening(
      t,
      createServer((socket) => t.after(() => socket.destroy())),
    )
    const ending = new AbortController()
    const onCheck = ({ name }: Check) => name === 'dns' && setTimeout(() => ending.abort(), 50)
    const options = { ...(await here(t)), apiUrl: `http://127.0.0.1:${port}/v1`, signal: ending.signal, onCheck }
    await assert.rejects(diagnose(options), { code: 'ERR_INTERRUPTED' })
    await assert.rejects(diagnose({ signal: AbortSignal.abort() }), { code: 'ERR_INTERRUPTED' })
  })

  it('rejects where a listener throws', async (t) => {
    const boom = () => {
      throw new Error('boom')
    }
    await assert.rejects(diagnose({ ...(await here(t)), onCheck: boom }), { code: 'ERR_LISTENER' })
    await assert.rejects(diagnose({ ...(await here(t)), onEvent: boom }), { code: 'ERR_LISTENER' })
    const last = ({ name }: Check) => name === 'temp' && boom()
    await assert.rejects(diagnose({ ...(await here(t)), onCheck: last }), { code: 'ERR_LISTENER' })
  })

  it('rejects where an async listener does', async (t) => {
    const boom = async () => {
      throw new Error('boom')
    }
    const message = /^the listener \(onCheck\) failed: Error: boom$/
    await assert.rejects(diagnose({ ...(await here(t)), onCheck: boom }), { code: 'ERR_LISTENER', message })
    await assert.rejects(diagnose({ ...(await here(t)), onEvent: boom }), { code: 'ERR_LISTENER' })
  })

  it('looks at the variables of Node only where they are given', async (t) => {
    const options = await here(t)
    const roots = async (environment?: DiagnoseOptions['environment']) =>
      (await diagnose({ ...options, environment })).checks.find(({ name }) => name === 'roots')
    assert.deepEqual([(await roots())?.ok, (await roots({}))?.ok], [true, true])
    assert.equal((await roots({ NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }))?.ok, false)
  })
})
