/** The library: what it resolves to, what it rejects with, what it tells, and what it leaves alone. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  diagnose,
  forgetUpload,
  getUpload,
  listUnfinished,
  UploadError,
  type UploadEvent,
  type UploadOptions,
  upload,
  uploadMany,
  waitForUpload,
} from '../src/index.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/index.js'
import { cleanEnv } from './helpers/command.js'
import { pngBytes, sha256, type TestFile, tempFolder, testFile } from './helpers/files.js'
import { startProxy } from './helpers/proxy.js'
import { fakeScenario, json, uploadId } from './helpers/servers.js'
import { soonMs } from './helpers/soon.js'

const MiB = 1024 ** 2

interface Setup {
  sandbox: Sandbox
  folder: string
  hero: TestFile
  /** Where the sandbox is, and who may use it. */
  at: Pick<UploadOptions, 'apiUrl' | 'credentials'>
}

async function setup(t: TestContext, options: SandboxOptions = {}, size = 5000): Promise<Setup> {
  const sandbox = await startSandbox({ validateMs: 10, importMs: 10, ...options })
  t.after(() => sandbox.close())
  const folder = await tempFolder(t)
  const hero = await testFile(folder, 'hero.png', pngBytes(size))
  return { sandbox, folder, hero, at: { apiUrl: sandbox.apiUrl, credentials: sandbox.credentials } }
}

async function rejected(work: Promise<unknown>, code: UploadError['code']): Promise<UploadError> {
  const error = await work.then(
    (value) => assert.fail(`it resolved to ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

/** As a caller without a compiler calls it. */
const untyped = async (call: (...args: never[]) => Promise<unknown>, ...args: unknown[]): Promise<unknown> =>
  Reflect.apply(call, null, args)

describe('upload', () => {
  it('resolves to what became of a file, with every field', async (t) => {
    const { sandbox, hero, at } = await setup(t, {}, 12 * MiB)
    const result = await upload(hero.path, { ...at, parts: 3 })
    const [held] = sandbox.uploads()
    assert.equal(held?.sha256, hero.sha256)
    const { durationMs, ...rest } = result
    assert.ok(typeof durationMs === 'number' && durationMs > 0)
    assert.deepEqual(rest, {
      source: hero.path,
      type: 'file',
      ok: true,
      uploadId: held?.id,
      entityId: held?.entityId,
      kind: 'image',
      status: 'imported',
      fileName: 'hero.png',
      contentType: 'image/png',
      bytes: 12 * MiB,
      parts: 3,
      resumedParts: 0,
      retries: 0,
      verified: 'md5',
      skipped: false,
      error: null,
    })
  })

  it('takes the options of the command, in camelCase', async (t) => {
    const { sandbox, hero, at } = await setup(t, {}, 11 * MiB)
    const options = {
      name: 'other.png',
      kind: 'avatar',
      contentType: 'image/x-other',
      partSize: 5 * MiB,
      project: 'proj_7',
    }
    const asset = { collection: ['c1', 'c2'], parent: 'asset_1', hide: true }
    const result = await upload(hero.path, { ...at, ...options, ...asset, verify: false, until: 'imported' })
    assert.deepEqual(sandbox.uploads()[0]?.request, {
      fileName: 'other.png',
      contentType: 'image/x-other',
      fileSize: 11 * MiB,
      parts: 3,
      kind: 'avatar',
      assetOptions: { collectionIds: ['c1', 'c2'], parentId: 'asset_1', hide: true },
    })
    for (const request of sandbox.requests().filter(({ door }) => door === 'api')) {
      assert.equal(request.query.projectId, 'proj_7', request.call)
    }
    assert.equal(result.verified, 'none')
  })

  const remotes = [
    [
      'a web address',
      { url: 'https://user:topsecret@a.b/photo.png?key=topsecret' },
      'url',
      'image',
      'https://a.b/photo.png?…',
    ],
    ['a Hugging Face model', { huggingface: 'owner/name' }, 'huggingface', 'model', 'owner/name'],
    ['a Civitai model', { civitai: '370194' }, 'civitai', 'model', '370194'],
  ] as const
  for (const [title, source, type, kind, shown] of remotes) {
    it(`takes ${title} as an object, and shows of it what may be shown`, async (t) => {
      const { sandbox, at } = await setup(t)
      const events: UploadEvent[] = []
      const result = await upload(source, { ...at, onEvent: (event) => events.push(event) })
      assert.deepEqual(
        { ...result, uploadId: null, entityId: null, durationMs: null },
        {
          source: shown,
          type,
          ok: true,
          uploadId: null,
          entityId: null,
          kind,
          status: 'imported',
          fileName: null,
          contentType: null,
          bytes: null,
          parts: null,
          resumedParts: null,
          retries: 0,
          durationMs: null,
          verified: null,
          skipped: false,
          error: null,
        },
      )
      assert.match(result.entityId ?? '', kind === 'model' ? /^model_/ : /^asset_/)
      assert.deepEqual(
        sandbox
          .requests()
          .map(({ call }) => call)
          .slice(0, 2),
        ['create', 'get'],
      )
      assert.doesNotMatch(JSON.stringify([result, events]), /topsecret/)
    })
  }

  it('takes a path as an object: then it is nothing but a path', async (t) => {
    const { folder, at, sandbox } = await setup(t)
    await testFile(folder, 'hf:owner.png', pngBytes(100))
    const before = process.cwd()
    process.chdir(folder)
    t.after(() => process.chdir(before))
    const result = await upload({ file: 'hf:owner.png' }, at)
    assert.deepEqual([result.type, result.fileName], ['file', 'hf:owner.png'])
    assert.equal(sandbox.uploads()[0]?.bytes, 100)
  })

  it('takes a source with options of its own', async (t) => {
    const { sandbox, hero, at } = await setup(t)
    const own = { name: 'other.png', kind: 'avatar', collection: 'c2', parent: 'p2', hide: false }
    const result = await upload({ source: hero.path, ...own }, { ...at, kind: 'image', collection: ['c1'], hide: true })
    assert.deepEqual([result.source, result.kind, result.fileName], [hero.path, 'avatar', 'other.png'])
    const request = sandbox.uploads()[0]?.request
    assert.deepEqual(request && 'assetOptions' in request && request.assetOptions, {
      collectionIds: ['c2'],
      parentId: 'p2',
    })
  })

  it('takes one source: no pattern is looked for, and no list read', async (t) => {
    const { folder, at, sandbox } = await setup(t)
    const options = { ...at, recursive: true, filesFrom: 'none' }
    await rejected(upload(join(folder, '*.png'), options), 'ERR_FILE_MISSING')
    await rejected(upload(folder, options), 'ERR_NOT_A_FILE')
    await rejected(upload(JSON.parse('{"filesFrom":"none"}'), at), 'ERR_USAGE')
    assert.deepEqual(sandbox.uploads(), [])
  })

  it('takes a stream for standard input', async (t) => {
    const { sandbox, at } = await setup(t)
    const bytes = pngBytes(6 * MiB)
    const stdin = Readable.from([bytes.subarray(0, MiB), bytes.subarray(MiB)])
    const result = await upload({ stdin: true }, { ...at, stdin, name: 'piped.png' })
    assert.deepEqual([result.source, result.type, result.fileName, result.bytes], ['-', 'stdin', 'piped.png', 6 * MiB])
    assert.equal(sandbox.uploads()[0]?.sha256, sha256(bytes))
  })

  it('with wait: false resolves as soon as the server has it all', async (t) => {
    const { hero, at } = await setup(t, { end: 'never' })
    const result = await upload(hero.path, { ...at, wait: false })
    assert.deepEqual([result.ok, result.status, result.entityId], [true, 'validating', null])
  })

  it('counts what was sent once more', async (t) => {
    const fault: SandboxOptions['fault'] = ({ call, attempt }) =>
      (call === 'put' || call === 'create') && attempt === 1
        ? { kind: 'reply', status: 503, headers: { 'retry-after': '0' } }
        : undefined
    const { hero, at } = await setup(t, { fault })
    const result = await upload(hero.path, at)
    assert.deepEqual([result.ok, result.retries], [true, 2])
  })
})

describe('upload rejects with an UploadError', () => {
  it('that has the fields of the JSON, and how far it came', async (t) => {
    const { hero, at, sandbox } = await setup(t, { end: 'failed' })
    const error = await rejected(upload(hero.path, at), 'ERR_IMPORT_FAILED')
    assert.ok(error instanceof Error)
    assert.equal(error.name, 'UploadError')
    assert.deepEqual(JSON.parse(JSON.stringify(error)), {
      code: 'ERR_IMPORT_FAILED',
      message: 'the import failed: The file is corrupt',
      hint: error.hint,
      exitCode: 1,
      retryable: false,
      requestId: null,
    })
    assert.equal(error.result?.uploadId, sandbox.uploads()[0]?.id)
    assert.equal(error.result?.ok, false)
    assert.equal(error.result?.status, 'failed')
    assert.equal(error.result?.error, error.cause)
  })

  type Row = [title: string, code: UploadError['code'], exitCode: number, run: (setup: Setup) => Promise<unknown>]
  const rows: Row[] = [
    ['for options that make no sense', 'ERR_USAGE', 2, ({ hero, at }) => upload(hero.path, { ...at, concurrency: 0 })],
    ['for a kind that does not exist', 'ERR_USAGE', 2, ({ hero, at }) => upload(hero.path, { ...at, kind: 'picture' })],
    [
      'for an address that is none',
      'ERR_USAGE',
      2,
      ({ hero, at }) => upload(hero.path, { ...at, apiUrl: 'http://api.example/v1' }),
    ],
    ['for a file that is not there', 'ERR_FILE_MISSING', 3, ({ folder, at }) => upload(join(folder, 'none.png'), at)],
    ['for a folder', 'ERR_NOT_A_FILE', 3, ({ folder, at }) => upload(folder, at)],
    [
      'for credentials that are refused',
      'ERR_CREDENTIALS_REFUSED',
      4,
      ({ hero, at }) => upload(hero.path, { ...at, credentials: { key: 'a', secret: 'b' } }),
    ],
  ]
  rows.push(
    [
      'for half of the credentials',
      'ERR_CREDENTIALS_MISSING',
      4,
      ({ hero, at }) => untyped(upload, hero.path, { ...at, credentials: { key: 'a' } }),
    ],
    ['for what is no source', 'ERR_USAGE', 2, ({ at }) => untyped(upload, undefined, at)],
    ['for an object that says of no source what it is', 'ERR_USAGE', 2, ({ at }) => untyped(upload, { path: 'x' }, at)],
    ['for a source that is no text', 'ERR_USAGE', 2, ({ at }) => untyped(upload, { file: 5 }, at)],
    ['for an id that is none', 'ERR_USAGE', 2, ({ at }) => untyped(getUpload, undefined, at)],
    ['for a time that is none', 'ERR_USAGE', 2, ({ hero, at }) => untyped(upload, hero.path, { ...at, timeout: '1s' })],
  )
  for (const [title, code, exitCode, run] of rows) {
    it(title, async (t) => {
      const made = await setup(t)
      assert.equal((await rejected(run(made), code)).exitCode, exitCode)
      assert.deepEqual(made.sandbox.uploads(), [])
    })
  }

  it('for a time that ran out: the upload is safe, and its id is there', async (t) => {
    const { hero, at, sandbox } = await setup(t, { end: 'never' })
    const error = await rejected(upload(hero.path, { ...at, timeout: 300 }), 'ERR_STILL_PROCESSING')
    assert.equal(error.exitCode, 8)
    assert.equal(error.result?.uploadId, sandbox.uploads()[0]?.id)
  })

  it('for what onEvent throws: that ends the upload', async (t) => {
    const { hero, at, sandbox } = await setup(t)
    const onEvent = () => {
      throw new Error('no more')
    }
    await rejected(upload(hero.path, { ...at, onEvent }), 'ERR_LISTENER')
    assert.notEqual(sandbox.uploads()[0]?.status, 'imported')
  })

  it('for what an async onEvent rejects with, in the same way, and no rejection is left unheard', async (t) => {
    const { hero, at, sandbox } = await setup(t)
    const unheard: unknown[] = []
    const hear = (reason: unknown) => void unheard.push(reason)
    process.on('unhandledRejection', hear)
    t.after(() => process.off('unhandledRejection', hear))
    const onEvent = async () => {
      throw new Error('no more')
    }
    const error = await rejected(upload(hero.path, { ...at, onEvent }), 'ERR_LISTENER')
    assert.match(error.message, /^the listener \(onEvent\) failed: Error: no more/)
    assert.notEqual(sandbox.uploads()[0]?.status, 'imported')
    await setImmediate()
    assert.deepEqual(unheard, [])
  })
})

describe('uploadMany', () => {
  it('resolves to all results in the order given, failures among them', async (t) => {
    const { folder, hero, at } = await setup(t)
    const other = await testFile(folder, 'other.png', pngBytes(200))
    const results = await uploadMany([hero.path, join(folder, 'none.png'), other.path, hero.path], at)
    assert.deepEqual(
      results.map(({ source, ok, error }) => [source, ok, error?.code ?? null]),
      [
        [hero.path, true, null],
        [join(folder, 'none.png'), false, 'ERR_FILE_MISSING'],
        [other.path, true, null],
        [hero.path, true, null],
      ],
    )
    assert.equal(results[0]?.uploadId, results[3]?.uploadId, 'what is given twice is sent once')
  })

  it('takes folders, patterns and lists, the lists last', async (t) => {
    const { folder, hero, at } = await setup(t)
    await mkdir(join(folder, 'art'))
    for (const name of ['a.png', 'b.png', 'c.psd']) await testFile(join(folder, 'art'), name, pngBytes(300))
    const stdin = Readable.from([`${JSON.stringify({ source: hero.path, kind: 'avatar' })}\n`])
    const options = { ...at, stdin, recursive: true, exclude: '*.psd', filesFrom: '-' }
    const results = await uploadMany([join(folder, 'art'), join(folder, '*.png')], options)
    assert.deepEqual(
      results.map(({ source, kind }) => [source, kind]),
      [
        [join(folder, 'art', 'a.png'), 'image'],
        [join(folder, 'art', 'b.png'), 'image'],
        [hero.path, 'image'],
        [hero.path, 'avatar'],
      ],
    )
  })

  it('rejects for a usage error in any of them, before any request', async (t) => {
    const { folder, hero, at, sandbox } = await setup(t)
    const unknown = await testFile(folder, 'unknown', Buffer.from('what is this'))
    await rejected(uploadMany([hero.path, unknown.path], at), 'ERR_KIND_UNKNOWN')
    assert.deepEqual(sandbox.requests(), [])
  })

  it('rejects for no source at all', async (t) => {
    const { at } = await setup(t)
    await rejected(uploadMany([], at), 'ERR_USAGE')
  })

  it('rejects for what is no list: the letters of a text are no sources', async (t) => {
    const { folder, at, sandbox } = await setup(t)
    const before = process.cwd()
    process.chdir(folder)
    t.after(() => process.chdir(before))
    for (const sources of ['hero.png', '', undefined, null, 5, { file: 'hero.png' }, new Set(['hero.png'])]) {
      const error = await rejected(untyped(uploadMany, sources, { ...at, recursive: true }), 'ERR_USAGE')
      assert.match(error.message, /^the sources must be an array, not /)
    }
    assert.deepEqual(sandbox.requests(), [])
  })

  it('leaves the rest after credentials that are refused', async (t) => {
    const { folder, hero, at, sandbox } = await setup(t)
    const other = await testFile(folder, 'other.png', pngBytes(200))
    const results = await uploadMany([hero.path, other.path], { ...at, credentials: { key: 'a', secret: 'b' } })
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED'],
    )
    assert.equal(sandbox.requests().length, 1)
  })
})

describe('a proxy', () => {
  const far = { apiUrl: 'https://api.scenario.test/v1', credentials: { key: 'key', secret: 'secret' } }

  it('is an option, for whatever is not on this machine', async (t) => {
    const { at, hero } = await setup(t)
    const { url, asked } = await startProxy(t, { answer: () => '407 Proxy Authentication Required' })
    const proxy = { httpsProxy: url.replace('://', '://anna:topsecret@'), noProxy: 'other.test' }
    const error = await rejected(upload(hero.path, { ...far, proxy, resume: false }), 'ERR_PROXY')
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /topsecret/)
    assert.deepEqual(
      asked.map(({ target }) => target),
      ['api.scenario.test:443'],
    )
    assert.equal((await upload(hero.path, { ...at, proxy, resume: false })).ok, true)
    assert.equal(asked.length, 1)
  })

  it('that is none is a usage error', async (t) => {
    const { hero } = await setup(t)
    for (const proxy of [
      { httpsProxy: 'socks5://p.test' },
      JSON.parse('{"httpsProxy":1}'),
      JSON.parse('{"noProxy":[]}'),
    ]) {
      await rejected(upload(hero.path, { ...far, proxy }), 'ERR_USAGE')
    }
  })
})

describe('an option that only a compiler would refuse', () => {
  const connecting = {
    project: [5, null],
    proxy: ['http://proxy.test:3128', new URL('http://proxy.test:3128'), [], null],
    signal: [5, {}, new AbortController(), null],
    onEvent: [5, {}, null],
  }
  const looking = connecting
  const keeping = { stateFolder: [5, '', null] }
  const waiting = { ...looking, ...keeping, wait: ['false'] }
  const sending = {
    ...{ ...connecting, ...keeping, deliver: [5, null], stdin: [5, 'text'] },
    ...{ verify: ['false', 0, null], wait: ['false'], resume: ['no'], failFast: ['yes'] },
    ...{ hide: ['yes', 1], force: ['yes'], dryRun: ['no', 1] },
  }
  const many = { ...sending, recursive: ['no'], null: ['no'] }

  type Call = (options: object, made: Setup) => Promise<unknown>
  const calls: readonly (readonly [name: string, call: Call, options: Record<string, readonly unknown[]>])[] = [
    ['upload', (options, { hero }) => untyped(upload, hero.path, options), sending],
    ['uploadMany', (options, { hero }) => untyped(uploadMany, [hero.path], options), many],
    ['getUpload', (options) => untyped(getUpload, 'upload_1', options), looking],
    ['waitForUpload', (options) => untyped(waitForUpload, 'upload_1', options), waiting],
    ['diagnose', (options) => untyped(diagnose, options), { ...connecting, ...keeping, onCheck: [5, null] }],
    ['listUnfinished', (options) => untyped(listUnfinished, options), keeping],
    ['forgetUpload', (options) => untyped(forgetUpload, 'upload_1', options), keeping],
  ]
  for (const [name, call, options] of calls) {
    it(`is a usage error that names it, before any request: ${name}`, async (t) => {
      const made = await setup(t)
      for (const [option, values] of Object.entries(options)) {
        for (const value of values) {
          const { message, hint } = await rejected(call({ ...made.at, [option]: value }, made), 'ERR_USAGE')
          const named = option === 'project' ? /not the id of a project/ : new RegExp(`^${option} must be `)
          assert.match(message, named)
          assert.doesNotMatch(message + hint, /proxy\.test/)
        }
      }
      assert.deepEqual(made.sandbox.requests(), [])
    })
  }

  it('counts as not given where it is undefined', async (t) => {
    const made = await setup(t)
    const given = Object.fromEntries(Object.keys(many).map((option) => [option, undefined]))
    assert.equal((await upload(made.hero.path, { ...given, ...made.at, resume: false })).ok, true)
  })
})

describe('getUpload and waitForUpload', () => {
  it('look at an upload that was begun elsewhere: once, and until its end', async (t) => {
    const begin = async (options: SandboxOptions) => {
      const { hero, at } = await setup(t, options)
      const { uploadId } = await upload(hero.path, { ...at, wait: false })
      return { at, uploadId: uploadId ?? assert.fail('it has no id') }
    }
    const { uploadId, at } = await begin({ end: 'never' })
    const seen = await getUpload(uploadId, at)
    assert.deepEqual(
      [seen.ok, seen.status, seen.source, seen.uploadId, seen.entityId],
      [true, 'validating', uploadId, uploadId, null],
    )
    assert.deepEqual(
      [seen.type, seen.kind, seen.fileName, seen.bytes, seen.parts],
      ['file', 'image', 'hero.png', 5000, 1],
    )
    const other = await begin({ validateMs: 300, importMs: 300 })
    const ended = await waitForUpload(other.uploadId, other.at)
    assert.deepEqual([ended.ok, ended.status], [true, 'imported'])
    assert.match(ended.entityId ?? '', /^asset_/)
  })

  it('answer a failed import each in its own way: as a state, and as an error', async (t) => {
    const { hero, at } = await setup(t, { end: 'failed' })
    const { uploadId } = await upload(hero.path, { ...at, wait: false })
    await rejected(waitForUpload(uploadId ?? '', at), 'ERR_IMPORT_FAILED')
    const seen = await getUpload(uploadId ?? '', at)
    assert.deepEqual([seen.ok, seen.status, seen.error?.code], [false, 'failed', 'ERR_IMPORT_FAILED'])
  })

  for (const look of [getUpload, waitForUpload]) {
    it(`reject for an id that nobody knows, and for what is no id (${look.name})`, async (t) => {
      const { at, sandbox } = await setup(t)
      assert.equal((await rejected(look('upload_none', at), 'ERR_UPLOAD_UNKNOWN')).exitCode, 6)
      const before = sandbox.requests().length
      await rejected(look('../uploads', at), 'ERR_USAGE')
      assert.equal(sandbox.requests().length, before)
    })
  }

  it('have an end: timeout', async (t) => {
    const { hero, at } = await setup(t, { end: 'never' })
    const { uploadId } = await upload(hero.path, { ...at, wait: false })
    await rejected(waitForUpload(uploadId ?? '', { ...at, timeout: 300 }), 'ERR_STILL_PROCESSING')
  })

  it('know by the state folder that bytes are missing, where the server does not say how they come', async (t) => {
    const { hero, folder } = await setup(t)
    const stateFolder = join(folder, 'state')
    const fake = await fakeScenario(t, {
      put: (response) => response.writeHead(403).end(),
      look: (response) => json(response, 200, { upload: { id: uploadId, status: 'pending' } }),
    })
    const at = { apiUrl: fake.apiUrl, credentials: fake.credentials, stateFolder }
    await rejected(upload(hero.path, at), 'ERR_STORAGE_REFUSED')
    const error = await rejected(waitForUpload(uploadId, { ...at, timeout: 4000 }), 'ERR_STILL_PROCESSING')
    assert.match(error.message, /its bytes are not all there/)
  })
})

describe('onEvent', () => {
  it('hears the phases in order, and the end, each about its source', async (t) => {
    const { hero, at, sandbox } = await setup(t)
    const events: UploadEvent[] = []
    await upload(hero.path, { ...at, onEvent: (event) => events.push(event) })
    const id = sandbox.uploads()[0]?.id
    const phases = events.flatMap((event) =>
      event.event === 'phase' ? [[event.phase, event.uploadId, event.total]] : [],
    )
    assert.deepEqual(phases, [
      ['creating', null, 5000],
      ['sending', id, 5000],
      ['finishing', id, 5000],
      ['validating', id, 5000],
    ])
    assert.equal(events.at(-1)?.event, 'done')
    const about = events.flatMap((event) => (event.event === 'accepted' ? [] : [[event.index, event.source]]))
    for (const each of about) assert.deepEqual(each, [0, hero.path])
    assert.equal(events.filter((event) => event.event === 'note' && event.sandbox).length, 1, 'that it is a sandbox')
  })

  it('hears of a remote source that it is created and validated', async (t) => {
    const { at } = await setup(t)
    const events: UploadEvent[] = []
    await upload({ huggingface: 'a/b' }, { ...at, onEvent: (event) => events.push(event) })
    assert.deepEqual(
      events.flatMap((event) => (event.event === 'phase' ? [event.phase] : [])),
      ['creating', 'validating'],
    )
  })

  it('hears absolute numbers, which never say all before the last 200', async (t) => {
    const { hero, at, sandbox } = await setup(
      t,
      {
        fault: ({ call, partNumber }) => (call === 'put' && partNumber === 3 ? { kind: 'delay', ms: 300 } : undefined),
      },
      26 * MiB,
    )
    const events: { bytes: number; inFlight: number; total: number }[] = []
    const result = await upload(hero.path, {
      ...at,
      partSize: 5 * MiB,
      onEvent: (event) => {
        if (event.event !== 'progress') return
        const { bytes, inFlight, total } = event
        events.push({ bytes, inFlight, total })
        const answered = sandbox.requests().filter(({ call, status }) => call === 'put' && status === 200).length
        if (bytes >= total) assert.equal(answered, 6)
        assert.ok(bytes <= answered * 5 * MiB, `${bytes} after ${answered} answers`)
      },
    })
    assert.equal(result.ok, true)
    assert.deepEqual(
      events.map(({ bytes }) => bytes),
      events.map(({ bytes }) => bytes).toSorted((a, b) => a - b),
    )
    for (const { bytes, inFlight, total } of events) assert.ok(total === 26 * MiB && bytes + inFlight <= total)
    assert.deepEqual(events.at(-1), { bytes: 26 * MiB, inFlight: 0, total: 26 * MiB })
    assert.ok(events.some(({ inFlight }) => inFlight > 0))
  })

  it('hears of several sources which one it is about, and of each how it ended', async (t) => {
    const { folder, hero, at } = await setup(t)
    const missing = join(folder, 'none.png')
    const events: UploadEvent[] = []
    await uploadMany([missing, hero.path], { ...at, onEvent: (event) => events.push(event) })
    const ends = events.flatMap((event) =>
      event.event === 'done' || event.event === 'error' ? [[event.event, event.index, event.source]] : [],
    )
    assert.deepEqual(ends, [
      ['error', 0, missing],
      ['done', 1, hero.path],
    ])
  })

  it('hears no secret: no key, no signature', async (t) => {
    const fault: SandboxOptions['fault'] = ({ call, attempt }) =>
      call === 'put' && attempt === 1 ? { kind: 'reset', afterBytes: 1 } : undefined
    const { hero, at, sandbox } = await setup(t, { fault })
    const events: UploadEvent[] = []
    await upload(hero.path, { ...at, onEvent: (event) => events.push(event) })
    const heard = JSON.stringify(events)
    assert.ok(events.some(({ event }) => event === 'retry'))
    for (const secret of [sandbox.credentials.key, sandbox.credentials.secret, 'X-Amz-Signature', 'Basic ']) {
      assert.ok(!heard.includes(secret), secret)
    }
  })
})

describe('an AbortSignal', () => {
  const hang: NonNullable<SandboxOptions['fault']> = () => ({ kind: 'silent' })
  const only = (name: string): SandboxOptions => ({
    fault: (request) => (request.call === name ? hang(request) : undefined),
  })
  /** Does this when a part comes, which it never answers. */
  const silentPut = (then: () => void): SandboxOptions => ({
    fault: (request) => {
      if (request.call !== 'put') return undefined
      then()
      return hang(request)
    },
  })
  const phases: readonly [phase: string, options: SandboxOptions][] = [
    ['creating', only('create')],
    ['sending', only('put')],
    ['finishing', only('complete')],
    ['validating', { end: 'never' }],
    ['validating', only('get')],
  ]
  for (const [i, [phase, options]] of phases.entries()) {
    it(`ends it within a second while it is ${phase}${i === 4 ? ' (no answer)' : ''}`, async (t) => {
      const { hero, at } = await setup(t, options)
      const controller = new AbortController()
      const times = { aborted: 0 }
      const error = await rejected(
        upload(hero.path, {
          ...at,
          signal: controller.signal,
          onEvent: (event) => {
            if (event.event !== 'phase' || event.phase !== phase) return
            setTimeout(() => {
              times.aborted = performance.now()
              controller.abort()
            }, 200)
          },
        }),
        'ERR_INTERRUPTED',
      )
      assert.ok(times.aborted > 0 && performance.now() - times.aborted < soonMs)
      assert.equal(error.exitCode, 130)
      assert.equal(error.retryable, true)
      assert.equal(error.result?.ok, false)
    })
  }

  it('ends it within a second in the pause before another try', async (t) => {
    const { hero, at } = await setup(t, {
      fault: ({ call }) =>
        call === 'create' ? { kind: 'reply', status: 429, headers: { 'retry-after': '60' } } : undefined,
    })
    const controller = new AbortController()
    const began = performance.now()
    const onEvent = ({ event }: UploadEvent) => {
      if (event === 'retry') controller.abort()
    }
    await rejected(upload(hero.path, { ...at, signal: controller.signal, onEvent }), 'ERR_INTERRUPTED')
    assert.ok(performance.now() - began < soonMs)
  })

  it('ends it within a second while standard input is read', async (t) => {
    const { at, sandbox } = await setup(t)
    const stdin = new Readable({ read() {} })
    stdin.push(pngBytes(100))
    const began = performance.now()
    const options = { ...at, stdin, name: 'a.png', signal: AbortSignal.timeout(100) }
    await rejected(upload('-', options), 'ERR_INTERRUPTED')
    assert.ok(performance.now() - began < soonMs)
    assert.deepEqual(sandbox.requests(), [])
  })

  it('that was aborted before lets nothing begin', async (t) => {
    const { hero, at, sandbox } = await setup(t)
    await rejected(upload(hero.path, { ...at, signal: AbortSignal.abort() }), 'ERR_INTERRUPTED')
    assert.deepEqual(sandbox.requests(), [])
  })

  it('with an UploadError as its reason ends it as that error', async (t) => {
    const reason = new UploadError('ERR_TERMINATED', 'the machine goes down')
    const controller = new AbortController()
    const { hero, at } = await setup(
      t,
      silentPut(() => controller.abort(reason)),
    )
    await assert.rejects(upload(hero.path, { ...at, signal: controller.signal }), (error) => {
      assert.ok(error instanceof UploadError)
      assert.deepEqual([error.code, error.message], ['ERR_TERMINATED', reason.message])
      assert.match(error.hint, /it goes on with the parts that are missing/)
      const causes = (thrown: unknown): unknown[] => (thrown instanceof Error ? [thrown, ...causes(thrown.cause)] : [])
      assert.ok(causes(error).includes(reason))
      return true
    })
  })

  it('that comes once the server has it all says that the upload is safe, and how to wait for it', async (t) => {
    const { hero, at, sandbox } = await setup(t, { end: 'never' })
    const reason = new UploadError('ERR_TERMINATED', 'the machine goes down')
    const controller = new AbortController()
    const onEvent = (event: UploadEvent) => {
      if (event.event === 'phase' && event.phase === 'validating') setTimeout(() => controller.abort(reason), 100)
    }
    const error = await rejected(upload(hero.path, { ...at, signal: controller.signal, onEvent }), 'ERR_TERMINATED')
    assert.equal(error.exitCode, 143)
    assert.equal(error.message, 'the machine goes down; the upload is safe on the server')
    assert.ok(error.hint.includes(`scenario-upload wait ${sandbox.uploads()[0]?.id}`), error.hint)
  })

  it('of many ends the one under way, and none of the others is tried', async (t) => {
    const controller = new AbortController()
    const { folder, hero, at, sandbox } = await setup(
      t,
      silentPut(() => controller.abort()),
    )
    const other = await testFile(folder, 'other.png', pngBytes(200))
    const results = await uploadMany([hero.path, other.path], { ...at, jobs: 1, signal: controller.signal })
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['ERR_INTERRUPTED', 'ERR_NOT_TRIED'],
    )
    assert.equal(sandbox.uploads().length, 1)
  })

  it('ends waitForUpload and getUpload too', async (t) => {
    const { at } = await setup(t, only('get'))
    for (const look of [getUpload, waitForUpload]) {
      const began = performance.now()
      await rejected(look('upload_1', { ...at, signal: AbortSignal.timeout(100) }), 'ERR_INTERRUPTED')
      assert.ok(performance.now() - began < soonMs, look.name)
    }
  })

  it('is left without a listener of ours once the call is over', async (t) => {
    const { hero, at } = await setup(t)
    const { signal } = new AbortController()
    const now = { listeners: 0 }
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      now.listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      now.listeners--
      remove(...args)
    }
    await upload(hero.path, { ...at, signal })
    assert.equal(now.listeners, 0)
  })
})

describe('an AbortSignal that many calls share', () => {
  it('is listened to once, ends them all, and is left without a listener', async (t) => {
    const { hero, at } = await setup(t)
    const controller = new AbortController()
    const { signal } = controller
    const listeners = () => getEventListeners(signal, 'abort').length
    const calls = [
      ...Array.from({ length: 10 }, () => upload(hero.path, { ...at, signal, resume: false })),
      ...Array.from({ length: 10 }, () => getUpload('upload_1', { ...at, signal })),
    ]
    assert.equal(listeners(), 1)
    controller.abort()
    await Promise.all(calls.map((call) => rejected(call, 'ERR_INTERRUPTED')))
    assert.equal(listeners(), 0)
  })

  it('keeps its listener until the last of them has ended', async (t) => {
    const { hero, at } = await setup(t, { end: 'never' })
    const { uploadId } = await upload(hero.path, { ...at, wait: false })
    const controller = new AbortController()
    const options = { ...at, signal: controller.signal }
    const listeners = () => getEventListeners(controller.signal, 'abort').length
    const waiting = waitForUpload(uploadId ?? '', options)
    for (const _ of [1, 2]) await getUpload(uploadId ?? '', options)
    assert.equal(listeners(), 1)
    controller.abort()
    await rejected(waiting, 'ERR_INTERRUPTED')
    assert.equal(listeners(), 0)
  })
})

describe('dryRun', () => {
  it('answers what would be sent, makes no request, and needs no credentials', async (t) => {
    const { hero, sandbox } = await setup(t, {}, 12 * MiB)
    const result = await upload(hero.path, { apiUrl: sandbox.apiUrl, dryRun: true, parts: 2 })
    const { uploadId, entityId, status, bytes, parts, kind, contentType, ok } = result
    assert.deepEqual(
      [uploadId, entityId, status, bytes, parts, kind, contentType, ok],
      [null, null, null, 12 * MiB, 2, 'image', 'image/png', true],
    )
    assert.deepEqual(sandbox.requests(), [])
  })

  it('refuses what would be refused', async (t) => {
    const { folder, hero } = await setup(t)
    await rejected(upload(join(folder, 'none.png'), { dryRun: true }), 'ERR_FILE_MISSING')
    await rejected(upload(hero.path, { dryRun: true, parts: 2 }), 'ERR_PARTS')
  })
})

interface Child {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a script that finds the library under `lib` and an upload's arguments in its environment. */
async function script(made: Setup, body: string, env: Record<string, string> = {}): Promise<Child> {
  const path = join(made.folder, `script-${Math.random().toString(36).slice(2)}.mts`)
  const lib = new URL('../src/index.ts', import.meta.url).href
  const at = { apiUrl: made.sandbox.apiUrl, credentials: made.sandbox.credentials }
  await writeFile(
    path,
    `const at = ${JSON.stringify(at)}
     const hero = ${JSON.stringify(made.hero.path)}
     ${body.replaceAll('LIB', JSON.stringify(lib))}`,
  )
  const child = spawn(process.execPath, ['--import', 'tsx', path], {
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    texts.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    texts.stderr += chunk
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { code, ...texts }
}

describe('the library in a process of its own', () => {
  it('prints nothing, leaves nothing open, and listens to no event of the process', async (t) => {
    const made = await setup(t, {}, 70 * MiB)
    const child = await script(
      made,
      `const counts = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)])
       const { upload } = await import(LIB)
       const before = JSON.stringify(counts())
       const during = new Set<string>()
       const result = await upload(hero, { ...at, concurrency: 16, onEvent: () => during.add(JSON.stringify(counts())) })
       if (!result.ok) process.exitCode = 11
       if (during.size !== 1 || !during.has(before) || JSON.stringify(counts()) !== before) process.exitCode = 12`,
    )
    assert.deepEqual(child, { code: 0, stdout: '', stderr: '' })
    assert.equal(made.sandbox.uploads()[0]?.sha256, made.hero.sha256)
  })

  it('works where the script itself comes from the command line, with a large file', async (t) => {
    const made = await setup(t, {}, 70 * MiB)
    const { apiUrl, credentials } = made.sandbox
    const code = `import { upload } from 'scenario-upload'
      const { verified } = await upload(${JSON.stringify(made.hero.path)}, ${JSON.stringify({ apiUrl, credentials })})
      console.log(verified)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: cleanEnv() })
    const out: Buffer[] = []
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => out.push(chunk))
    const exit = await new Promise((resolve) => child.once('close', resolve))
    assert.deepEqual([exit, Buffer.concat(out).toString()], [0, 'md5\n'])
  })

  for (const [title, options, phase] of [
    ['a failure', { end: 'failed' }, ''],
    ['an abort', { end: 'never' }, 'validating'],
    [
      'an abort in the middle of the bytes',
      { fault: ({ call }) => (call === 'put' ? { kind: 'silent' } : undefined) },
      'sending',
    ],
  ] as const satisfies readonly (readonly [string, SandboxOptions, string])[]) {
    it(`leaves nothing open and nothing said after ${title}`, async (t) => {
      const made = await setup(t, options)
      // A child that something keeps alive is killed, and has no code then.
      const child = await script(
        made,
        `const { upload } = await import(LIB)
         const caller = new AbortController()
         const onEvent = ({ event, phase }) => event === 'phase' && phase === '${phase}' && setTimeout(() => caller.abort(), 100)
         await upload(hero, { ...at, signal: caller.signal, onEvent }).catch(() => {})
         const endedAt = performance.now()
         process.once('exit', () => performance.now() - endedAt > 10_000 && (process.exitCode = 13))`,
      )
      assert.deepEqual(child, { code: 0, stdout: '', stderr: '' })
    })
  }

  /** Notes each of our variables that is read while the library works. */
  const watchingEnv = `const read = new Set<string>()
    const real = process.env
    process.env = new Proxy(real, {
      get: (target, name) => {
        if (String(name).startsWith('SCENARIO')) read.add(String(name))
        return target[String(name)]
      },
    })`

  it('reads no variable of the environment where credentials are given', async (t) => {
    const made = await setup(t)
    const env = {
      SCENARIO_SDK_API_KEY: 'wrong',
      SCENARIO_SDK_API_SECRET: 'wrong',
      SCENARIO_BASE_URL: 'http://127.0.0.1:9/v1',
      SCENARIO_PROJECT_ID: 'proj_env',
    }
    const child = await script(
      made,
      `${watchingEnv}
       const { upload } = await import(LIB)
       await upload(hero, at)
       if (read.size > 0) console.log([...read].join(' '))`,
      env,
    )
    assert.deepEqual(child, { code: 0, stdout: '', stderr: '' })
    for (const { query } of made.sandbox.requests()) assert.equal(query.projectId, undefined)
  })

  it('reads the credentials where none are given, and nothing else', async (t) => {
    const made = await setup(t)
    const { key, secret } = made.sandbox.credentials
    const child = await script(
      made,
      `${watchingEnv}
       const { upload } = await import(LIB)
       const { ok } = await upload(hero, { apiUrl: at.apiUrl })
       console.log(ok, [...read].filter((name) => !/_API_(KEY|SECRET)$/.test(name)).join(' '))`,
      { SCENARIO_SDK_API_KEY: key, SCENARIO_SDK_API_SECRET: secret, SCENARIO_PROJECT_ID: 'proj_env' },
    )
    assert.deepEqual(child, { code: 0, stdout: 'true \n', stderr: '' })
    for (const { query } of made.sandbox.requests()) assert.equal(query.projectId, undefined)
  })

  it('says that credentials are missing where there are none', async (t) => {
    const made = await setup(t)
    const child = await script(
      made,
      `const { upload } = await import(LIB)
       await upload(hero, { apiUrl: at.apiUrl }).catch((error) => console.log(error.code, error.exitCode))`,
    )
    assert.deepEqual(child, { code: 0, stdout: 'ERR_CREDENTIALS_MISSING 4\n', stderr: '' })
    assert.deepEqual(made.sandbox.requests(), [])
  })
})
