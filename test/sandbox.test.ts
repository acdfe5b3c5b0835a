/**
 * The sandbox: a local Scenario with S3 manners.
 *
 * Scenes: the whole way of a file · remote sources · who may come in · what create refuses · part URLs · what the bucket
 * refuses before the body, and after it · what is kept of a part · what complete refuses · how processing ends · faults ·
 * what tests can see · what is left after close.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type FileBody, type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/index.js'
import { steadyLink } from './helpers/link.js'
import { basic, call, complete, create, look, partUrl, send, until } from './helpers/sandbox-client.js'
import { promised } from './helpers/scene.js'

const MiB = 1024 ** 2

async function setup(t: TestContext, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ validateMs: 10, importMs: 10, ...options })
  t.after(() => sandbox.close())
  return sandbox
}

function file(bytes: number, parts = 1, more: Partial<FileBody> = {}): FileBody {
  return { fileName: 'hero.png', contentType: 'image/png', fileSize: bytes, parts, kind: 'image', ...more }
}

function hex(algorithm: 'md5' | 'sha256', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex')
}

/** The S3 code of an XML answer. */
function code(body: string): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1]
}

/** Waits for what comes true soon; what never does is a failure after half a minute. */
async function eventually(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!isSo()) {
    assert.ok(performance.now() < end, `it never came: ${isSo}`)
    await sleep(5)
  }
}

/** A PUT that stops after these bytes, and breaks the connection once it has come so far. */
async function cutPut(url: string, length: number, bytes: Buffer, isThere: () => boolean): Promise<void> {
  const outgoing = request(url, { method: 'PUT', headers: { 'content-length': length }, agent: false })
  outgoing.on('error', () => {})
  outgoing.write(bytes)
  await eventually(isThere)
  outgoing.destroy()
}

/** Whether the sandbox with this folder is receiving a part of it just now. */
function receiving(tmpDir: string, id: string): boolean {
  const [folder = ''] = readdirSync(tmpDir)
  return readdirSync(join(tmpDir, folder, id)).some((name) => name.endsWith('.tmp'))
}

const putsOf = (sandbox: Sandbox) => sandbox.requests().filter(({ call }) => call === 'put').length

/** A pending upload of one part, and its URL. */
async function pending(sandbox: Sandbox, bytes: Buffer) {
  const upload = await create(sandbox, file(bytes.length))
  return { id: upload.id, url: partUrl(upload) }
}

describe('a file', () => {
  it('goes from pending to imported, and arrives with the same SHA-256', async (t) => {
    const sandbox = await setup(t)
    const bytes = randomBytes(12 * MiB + 7)
    const upload = await create(sandbox, file(bytes.length, 3))
    const pieces = [bytes.subarray(0, 5 * MiB), bytes.subarray(5 * MiB, 10 * MiB), bytes.subarray(10 * MiB)]
    const answers = await Promise.all(
      pieces.map((body, index) => send(partUrl(upload, index + 1), { body, headers: { expect: '100-continue' } })),
    )
    assert.deepEqual(
      answers.map(({ status, headers, continued }) => ({ status, etag: headers.etag, continued })),
      pieces.map((piece) => ({ status: 200, etag: `"${hex('md5', piece)}"`, continued: true })),
    )
    const completed = JSON.parse((await complete(sandbox, upload.id)).body).upload
    assert.equal(completed.status, 'validating')
    assert.match(completed.jobId, /^job_/)
    const imported = await until(sandbox, upload.id, ({ status }) => status === 'imported')
    assert.match(imported.entityId ?? '', /^asset_\w+$/)
    const [held] = sandbox.uploads()
    assert.equal(held?.sha256, hex('sha256', bytes))
    assert.equal(held?.bytes, bytes.length)
    assert.equal(held?.entityId, imported.entityId)
    assert.deepEqual(
      held?.parts,
      pieces.map((piece, index) => ({ number: index + 1, size: piece.length, md5: hex('md5', piece) })),
    )
  })

  it('is shown with the fields of the reference', async (t) => {
    const sandbox = await setup(t)
    const assetOptions = { collectionIds: ['c1'], hide: true, parentId: 'asset_1' }
    const upload = await create(sandbox, file(10, 2, { assetOptions }), '?projectId=proj_7')
    const { id, createdAt, updatedAt, parts, ...rest } = upload
    assert.match(id, /^upload_\w+$/)
    assert.ok(Date.parse(String(createdAt)) <= Date.parse(String(updatedAt)))
    assert.deepEqual(
      parts?.map(({ number }) => number),
      [1, 2],
    )
    assert.deepEqual(rest, {
      authorId: 'user_sandbox',
      ownerId: 'proj_7',
      status: 'pending',
      fileName: `${id}.png`,
      originalFileName: 'hero.png',
      kind: 'image',
      source: 'multipart',
      contentType: 'image/png',
      fileSize: 10,
      partsCount: 2,
      assetOptions,
    })
    assert.deepEqual(sandbox.uploads()[0]?.request, file(10, 2, { assetOptions }))
  })

  it('of kind model becomes a model', async (t) => {
    const sandbox = await setup(t)
    const upload = await create(sandbox, file(3, 1, { kind: 'model', contentType: 'application/zip' }))
    await send(partUrl(upload), { body: 'zip' })
    await complete(sandbox, upload.id)
    const { entityId } = await until(sandbox, upload.id, ({ status }) => status === 'imported')
    assert.match(entityId ?? '', /^model_/)
  })

  it('tells the caller when it was completed', async (t) => {
    const seen: (string | null)[] = []
    const sandbox = await setup(t, { onComplete: ({ sha256 }) => seen.push(sha256) })
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    await complete(sandbox, id)
    assert.deepEqual(seen, [hex('sha256', Buffer.from('abc'))])
  })
})

describe('a remote source', () => {
  const remotes = [
    { source: 'url', body: { url: 'https://example.com/a.png', kind: 'image' }, entity: /^asset_/ },
    { source: 'huggingface', body: { huggingFaceModelName: 'owner/name' }, entity: /^model_/ },
    { source: 'huggingface', body: { huggingFaceModelName: 'owner/name', kind: 'model' }, entity: /^model_/ },
    {
      source: 'civitai',
      body: { civitaiModelUrl: 'https://civitai.com/models/12/a?modelVersionId=3' },
      entity: /^model_/,
    },
  ] as const
  for (const { source, body, entity } of remotes) {
    it(`needs no parts and no complete: ${JSON.stringify(body)}`, async (t) => {
      const sandbox = await setup(t)
      const upload = await create(sandbox, body)
      assert.deepEqual([upload.status, upload.source, upload.parts], ['validating', source, undefined])
      assert.match((await until(sandbox, upload.id, ({ status }) => status === 'imported')).entityId ?? '', entity)
      assert.equal((await complete(sandbox, upload.id)).status, 400)
    })
  }
})

describe('the API lets in', () => {
  const wrong = (sandbox: Sandbox) => ({
    nobody: {},
    'another secret': { authorization: basic({ ...sandbox.credentials, secret: 'sandbox_secret_0' }) },
    'another scheme': { authorization: basic(sandbox.credentials).replace('Basic', 'Bearer') },
    'half a pair': { authorization: basic({ key: sandbox.credentials.key, secret: '' }) },
  })
  it('only who has its key and secret, which are new at each start', async (t) => {
    const sandbox = await setup(t)
    for (const [who, headers] of Object.entries(wrong(sandbox))) {
      const { status, body } = await send(`${sandbox.apiUrl}/uploads/x`, { method: 'GET', headers })
      assert.equal(status, 401, who)
      assert.deepEqual([JSON.parse(body).statusCode, JSON.parse(body).error], [401, 'Unauthorized'])
    }
    const other = await setup(t)
    assert.match(other.credentials.key, /^sandbox_/)
    assert.match(other.credentials.secret, /^sandbox_/)
    assert.notDeepEqual(other.credentials, sandbox.credentials)
  })

  it('three calls and no other', async (t) => {
    const sandbox = await setup(t)
    const { id } = await create(sandbox, file(1))
    const rows = [
      ['GET', '/uploads', 405],
      ['DELETE', `/uploads/${id}`, 405],
      ['GET', `/uploads/${id}/action`, 405],
      ['GET', '/uploads/upload_unknown', 404],
      ['POST', '/uploads/upload_unknown/action', 404],
      ['GET', '/assets', 404],
      ['POST', '/uploads/', 404],
    ] as const
    for (const [method, path, status] of rows)
      assert.equal((await call(sandbox, method, path)).status, status, `${method} ${path}`)
  })

  it('JSON only, of at most 1 MiB', async (t) => {
    const sandbox = await setup(t)
    const url = `${sandbox.apiUrl}/uploads`
    const authorization = basic(sandbox.credentials)
    const say = (type: string, body: string) =>
      send(url, { method: 'POST', headers: { authorization, 'content-type': type }, body })
    assert.equal((await say('text/plain', JSON.stringify(file(1)))).status, 415)
    assert.equal((await say('application/json', '{"kind":')).status, 400)
    assert.equal((await say('application/json', `"${'x'.repeat(MiB)}"`)).status, 413)
    assert.equal((await say('application/json; charset=utf-8', JSON.stringify(file(1)))).status, 200)
  })
})

describe('create refuses, and names the field:', () => {
  const refused: readonly [body: unknown, names: RegExp][] = [
    [[], /body must be an object/],
    [{}, /^fileName is required/],
    [{ ...file(1), fileName: '' }, /^fileName /],
    [{ ...file(1), contentType: 'png' }, /^contentType /],
    [{ ...file(1), fileSize: 0 }, /^fileSize /],
    [{ ...file(1), fileSize: '1' }, /^fileSize /],
    [{ ...file(1), fileSize: 5 * 1024 ** 4 + 1 }, /^fileSize /],
    [{ ...file(1), parts: 0 }, /^parts /],
    [{ ...file(1), parts: 1.5 }, /^parts /],
    [{ ...file(1), parts: 10_001 }, /^parts /],
    [{ ...file(1), kind: 'picture' }, /^kind must be one of 3d, asset, /],
    [{ ...file(1), partSize: 5 }, /^partSize is not allowed/],
    [{ ...file(1), toString: 5 }, /^toString is not allowed/],
    [{ ...file(1), assetOptions: null }, /^assetOptions must be an object/],
    [{ ...file(1), assetOptions: { hide: 'yes' } }, /^assetOptions\.hide /],
    [{ ...file(1), assetOptions: { collectionIds: [1] } }, /^assetOptions\.collectionIds /],
    [{ ...file(1), assetOptions: { parentId: 1 } }, /^assetOptions\.parentId /],
    [{ ...file(1), assetOptions: { folder: 'x' } }, /^assetOptions\.folder is not allowed/],
    [{ ...file(1), kind: 'model', assetOptions: {} }, /^assetOptions is not available for kind model/],
    [{ url: 'https://example.com/a.png' }, /^kind is required/],
    [{ url: 'ftp://example.com/a.png', kind: 'image' }, /^url /],
    [{ url: 'https://example.com/a.png', ...file(1) }, /^fileName is not allowed/],
    [{ huggingFaceModelName: 'owner' }, /^huggingFaceModelName /],
    [{ huggingFaceModelName: 'owner/name', kind: 'image' }, /^kind /],
    [{ huggingFaceModelName: 'owner/name', assetOptions: {} }, /^assetOptions is not allowed/],
    [
      { huggingFaceModelName: 'owner/name', civitaiModelUrl: 'https://civitai.com/models/1' },
      /^civitaiModelUrl is not/,
    ],
    [{ civitaiModelUrl: '370194' }, /^civitaiModelUrl /],
    [{ civitaiModelUrl: 'http://civitai.com/models/1' }, /^civitaiModelUrl /],
    [{ civitaiModelUrl: 'https://civitai.com/user/1' }, /^civitaiModelUrl /],
    [{ civitaiModelUrl: 'https://civitai.com/models/1', kind: 'model' }, /^kind is not allowed/],
  ]
  for (const [body, names] of refused) {
    it(JSON.stringify(body), async (t) => {
      const sandbox = await setup(t)
      const heard = await call(sandbox, 'POST', '/uploads', body)
      const { statusCode, error, message, traceId } = JSON.parse(heard.body)
      assert.deepEqual([heard.status, statusCode, error], [400, 400, 'Bad Request'])
      assert.match(message, names)
      assert.match(traceId, /^trace_/)
      assert.deepEqual(sandbox.uploads(), [])
    })
  }
})

describe('part URLs', () => {
  it('lead to another host, are signed, and say when they end', async (t) => {
    const sandbox = await setup(t)
    const upload = await create(sandbox, file(1))
    const url = new URL(partUrl(upload))
    assert.equal(url.origin, sandbox.bucketUrl)
    assert.notEqual(url.origin, new URL(sandbox.apiUrl).origin)
    assert.equal(url.searchParams.get('X-Amz-SignedHeaders'), 'host')
    const lifetime = Date.parse(upload.parts?.[0]?.expires ?? '') - Date.now()
    assert.ok(lifetime > 3_590_000 && lifetime <= 3_600_000, String(lifetime))
  })

  it('expire, and are signed afresh at each look while the upload is pending', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const sandbox = await setup(t, { urlLifetimeMs: 80 })
    const upload = await create(sandbox, file(3))
    t.mock.timers.tick(81)
    const { status, body } = await send(partUrl(upload), { body: 'abc' })
    assert.deepEqual([status, code(body)], [403, 'AccessDenied'])
    assert.match(body, /Request has expired/)
    assert.equal((await send(partUrl(await look(sandbox, upload.id)), { body: 'abc' })).status, 200)
    await complete(sandbox, upload.id)
    assert.equal((await look(sandbox, upload.id)).parts, undefined)
  })

  it('are good for one part of one upload, and an error about them tells no secret', async (t) => {
    const sandbox = await setup(t)
    const upload = await create(sandbox, file(3, 2))
    const url = partUrl(upload)
    const tampered = [
      url.replace('partNumber=1', 'partNumber=2'),
      url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=999999'),
      url.replace('.png?', '.jpg?'),
      url.replace(/Signature=\w{8}/, 'Signature=00000000'),
      url.replace(/Signature=\w{8}/, 'Signature='),
    ]
    for (const bad of tampered) {
      const { status, body } = await send(bad, { body: 'abc' })
      assert.deepEqual([status, code(body)], [403, 'SignatureDoesNotMatch'], bad)
      assert.doesNotMatch(body, /X-Amz|Credential|[0-9a-f]{64}/)
    }
    const unsigned = await send(url.replace(/&X-Amz-Signature=\w+/, ''), { body: 'abc' })
    assert.deepEqual([unsigned.status, code(unsigned.body)], [403, 'AccessDenied'])
    assert.deepEqual(sandbox.uploads()[0]?.parts, [])
  })
})

describe('the bucket refuses', () => {
  const refused = [
    ['a chunked body', { chunked: 'abc' }, 501, 'NotImplemented'],
    ['credentials', { body: 'abc', headers: { authorization: 'Basic YTpi' } }, 400, 'InvalidArgument'],
    ['an unsigned header', { body: 'abc', headers: { 'x-amz-checksum-crc32': 'NSRBwg==' } }, 403, 'AccessDenied'],
    ['another method', { method: 'GET' }, 405, 'MethodNotAllowed'],
    [
      'a part over 5 GiB',
      { headers: { 'content-length': 5 * 1024 ** 3 + 1, expect: '100-continue' } },
      400,
      'EntityTooLarge',
    ],
  ] as const
  for (const [what, said, status, name] of refused) {
    it(`${what}: ${status} ${name}, and closes the connection`, async (t) => {
      const sandbox = await setup(t)
      const { url } = await pending(sandbox, Buffer.from('abc'))
      const heard = await send(url, said)
      assert.deepEqual([heard.status, code(heard.body), heard.continued], [status, name, false])
      assert.equal(heard.headers.connection, 'close')
      assert.equal(heard.headers['content-type'], 'application/xml')
      const id = String(heard.headers['x-amz-request-id'])
      assert.ok(heard.body.includes(`<RequestId>${id}</RequestId>`))
      assert.deepEqual(sandbox.uploads()[0]?.parts, [])
    })
  }

  it('a body without its length: 411 MissingContentLength', async (t) => {
    const sandbox = await setup(t)
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const outgoing = request(url, { method: 'PUT', agent: false })
    outgoing.removeHeader('transfer-encoding')
    outgoing.useChunkedEncodingByDefault = false
    outgoing.end()
    const [response] = await once(outgoing, 'response')
    response.resume()
    assert.equal(response.statusCode, 411)
  })

  it('before it says 100 Continue, so that no byte of the body is sent in vain', async (t) => {
    const sandbox = await setup(t)
    const { url } = await pending(sandbox, Buffer.alloc(64 * MiB))
    const heard = await send(url.replace(/Signature=\w{8}/, 'Signature=00000000'), {
      body: Buffer.alloc(64 * MiB),
      headers: { expect: '100-continue' },
    })
    assert.deepEqual([heard.status, heard.continued], [403, false])
  })

  it('a part that does not have its Content-MD5, and keeps nothing of it', async (t) => {
    const sandbox = await setup(t)
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const md5 = (text: string) => createHash('md5').update(text).digest('base64')
    const put = (digest: string) => send(url, { body: 'abc', headers: { 'content-md5': digest } })
    assert.equal(code((await put(md5('abd'))).body), 'BadDigest')
    assert.equal(code((await put('short')).body), 'InvalidDigest')
    assert.deepEqual(sandbox.uploads()[0]?.parts, [])
    assert.equal((await put(md5('abc'))).status, 200)
  })

  it('a part that comes after complete: 404 NoSuchUpload', async (t) => {
    const sandbox = await setup(t)
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    await complete(sandbox, id)
    assert.equal(code((await send(url, { body: 'xyz' })).body), 'NoSuchUpload')
    assert.equal(sandbox.uploads()[0]?.sha256, hex('sha256', Buffer.from('abc')))
  })

  it('a part that was still on its way at complete: 404 NoSuchUpload', async (t) => {
    const sandbox = await setup(t)
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    const outgoing = request(url, { method: 'PUT', headers: { 'content-length': 3 }, agent: false })
    outgoing.write('xy')
    await eventually(() => putsOf(sandbox) === 2)
    assert.equal((await complete(sandbox, id)).status, 200)
    outgoing.end('z')
    const [response] = await once(outgoing, 'response')
    response.resume()
    assert.equal(response.statusCode, 404)
    assert.equal(sandbox.uploads()[0]?.parts[0]?.md5, hex('md5', Buffer.from('abc')))
  })
})

describe('of a part', () => {
  it('the latest is kept', async (t) => {
    const sandbox = await setup(t)
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'old and longer' })
    await send(url, { body: 'new' })
    assert.equal((await complete(sandbox, id)).status, 200)
    assert.equal(sandbox.uploads()[0]?.sha256, hex('sha256', Buffer.from('new')))
  })

  it('that is cut in the middle nothing is kept, and an older one stays', async (t) => {
    const tmpDir = mkdtempSync(join(tmpdir(), 'cut-'))
    t.after(() => rmSync(tmpDir, { recursive: true }))
    const sandbox = await setup(t, { tmpDir })
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    const cut = async () => {
      await cutPut(url, 10 * MiB, Buffer.alloc(MiB), () => receiving(tmpDir, id))
      await eventually(() => !receiving(tmpDir, id))
    }
    await cut()
    assert.deepEqual(sandbox.uploads()[0]?.parts, [])
    await send(url, { body: 'abc' })
    await cut()
    assert.equal(sandbox.uploads()[0]?.parts[0]?.size, 3)
    assert.deepEqual(readdirSync(join(tmpDir, readdirSync(tmpDir)[0] ?? '', id)), ['1'])
  })
})

describe('complete refuses', () => {
  it('anything but {"action":"complete"}', async (t) => {
    const sandbox = await setup(t)
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    for (const body of [{}, { action: 'upload-complete' }, { action: 'complete', parts: [] }, 'complete'])
      assert.equal((await call(sandbox, 'POST', `/uploads/${id}/action`, body)).status, 400)
    assert.equal(sandbox.uploads()[0]?.status, 'pending')
  })

  it('a second time', async (t) => {
    const sandbox = await setup(t)
    const { id, url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    assert.equal((await complete(sandbox, id)).status, 200)
    const again = await complete(sandbox, id)
    assert.equal(again.status, 400)
    assert.match(JSON.parse(again.body).message, /not pending/)
  })

  const wrong = [
    ['missing parts', file(10 * MiB, 3), { 2: 5 * MiB }, /^Missing: parts 1, 3 of 3$/],
    [
      'a small part that is not the last',
      file(5 * MiB, 2),
      { 1: 4 * MiB, 2: MiB },
      /^Smaller than 5242880 bytes: part 1;/,
    ],
    [
      'bytes that are not as many as fileSize says',
      file(3),
      { 1: 4 },
      /^Parts 1 to 1 have 4 bytes, but fileSize says 3$/,
    ],
  ] as const
  for (const [what, body, sizes, says] of wrong) {
    it(`${what}, and stays pending`, async (t) => {
      const sandbox = await setup(t)
      const upload = await create(sandbox, body)
      for (const [number, size] of Object.entries(sizes))
        await send(partUrl(upload, Number(number)), { body: Buffer.alloc(size) })
      const heard = await complete(sandbox, upload.id)
      assert.equal(heard.status, 400)
      assert.match(JSON.parse(heard.body).message, says)
      assert.equal(sandbox.uploads()[0]?.status, 'pending')
      assert.equal(sandbox.uploads()[0]?.sha256, null)
    })
  }
})

describe('processing', () => {
  const ends = [
    ['imported', 'imported', true],
    ['validated', 'validated', false],
    ['validated-with-id', 'validated', true],
    ['complete', 'complete', true],
    ['failed', 'failed', false],
    ['unknown', 'quarantined', false],
    ['never', 'validating', false],
  ] as const
  for (const [end, status, hasEntity] of ends) {
    it(`can end as ${end}: ${status}, ${hasEntity ? 'with' : 'without'} an entityId`, async (t) => {
      const sandbox = await setup(t, { end })
      const { id } = await create(sandbox, { huggingFaceModelName: 'owner/name' })
      await until(sandbox, id, (upload) => upload.status === status)
      await sleep(60)
      const upload = await look(sandbox, id)
      assert.deepEqual([upload.status, upload.entityId !== undefined], [status, hasEntity])
      assert.equal(upload.errorMessage, end === 'failed' ? 'The file is corrupt' : undefined)
    })
  }

  it('takes the time it is told to', async (t) => {
    const sandbox = await setup(t, { validateMs: 150, importMs: 150 })
    const begun = Date.now()
    const { id } = await create(sandbox, { huggingFaceModelName: 'owner/name' })
    // Who looks late may find it imported by now.
    await until(sandbox, id, ({ status }) => status !== 'validating')
    const validated = Date.now() - begun
    await until(sandbox, id, ({ status }) => status === 'imported')
    assert.ok(validated >= 145 && Date.now() - begun >= 295)
  })

  const types = [
    ['image', 'audio/mpeg', 'failed'],
    ['3d', 'image/png', 'failed'],
    ['audio', 'audio/wav', 'imported'],
    ['3d', 'application/vnd.autodesk.fbx', 'imported'],
    ['asset', 'video/mp4', 'imported'],
  ] as const
  for (const [kind, contentType, end] of types) {
    it(`looks at the content type only then: ${contentType} as ${kind} is ${end}`, async (t) => {
      const sandbox = await setup(t)
      const { id, parts } = await create(sandbox, file(1, 1, { kind, contentType }))
      await send(parts?.[0]?.url ?? '', { body: 'x' })
      assert.equal((await complete(sandbox, id)).status, 200)
      const { errorMessage } = await until(sandbox, id, ({ status }) => status === end)
      assert.equal(errorMessage?.includes(contentType) ?? false, end === 'failed')
    })
  }
})

describe('a fault', () => {
  it('is chosen by door, call, upload, part and attempt', async (t) => {
    const sandbox = await setup(t, {
      fault: ({ call, partNumber, attempt }) =>
        call === 'put' && partNumber === 2 && attempt < 3
          ? { kind: 'reply', status: 503, headers: { 'Retry-After': '1' }, body: 'slow down' }
          : undefined,
    })
    const upload = await create(sandbox, file(2, 2))
    assert.equal((await send(partUrl(upload, 1), { body: 'x' })).status, 200)
    const first = await send(partUrl(upload, 2), { body: 'x' })
    assert.deepEqual([first.status, first.headers['retry-after'], first.body], [503, '1', 'slow down'])
    assert.equal((await send(partUrl(upload, 2), { body: 'x' })).status, 503)
    assert.equal((await send(partUrl(upload, 2), { body: 'x' })).status, 200)
    const puts = sandbox.requests().filter(({ call }) => call === 'put')
    assert.deepEqual(
      puts.map(({ door, uploadId, partNumber, attempt }) => [door, uploadId === upload.id, partNumber, attempt]),
      [
        ['bucket', true, 1, 1],
        ['bucket', true, 2, 1],
        ['bucket', true, 2, 2],
        ['bucket', true, 2, 3],
      ],
    )
  })

  it('early-reply answers without the body and closes', async (t) => {
    const sandbox = await setup(t, {
      fault: ({ door }) => (door === 'bucket' ? { kind: 'early-reply', status: 500, body: 'no' } : undefined),
    })
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const heard = await send(url, { body: 'abc', headers: { expect: '100-continue' } })
    assert.deepEqual([heard.status, heard.body, heard.continued], [500, 'no', false])
    assert.equal(heard.headers.connection, 'close')
  })

  for (const afterBytes of [undefined, 2 * MiB]) {
    it(`reset breaks the connection after ${afterBytes ?? 'no'} bytes, and nothing is kept`, async (t) => {
      const sandbox = await setup(t, {
        fault: ({ door }) =>
          door === 'bucket' ? { kind: 'reset', ...(afterBytes !== undefined && { afterBytes }) } : undefined,
      })
      const { url } = await pending(sandbox, Buffer.alloc(8 * MiB))
      await assert.rejects(send(url, { body: Buffer.alloc(8 * MiB) }), { code: /ECONNRESET|EPIPE/ })
      assert.deepEqual(sandbox.uploads()[0]?.parts, [])
      assert.equal(sandbox.requests().at(-1)?.status, null)
    })
  }

  it('lost-answer does the work and cuts the line', async (t) => {
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'lost-answer' } : undefined) })
    const { url } = await pending(sandbox, Buffer.from('abc'))
    await assert.rejects(send(url, { body: 'abc' }), { code: 'ECONNRESET' })
    assert.equal(sandbox.uploads()[0]?.parts[0]?.md5, hex('md5', Buffer.from('abc')))
    assert.equal(sandbox.requests().at(-1)?.status, null)
  })

  it('silent takes the body and never answers', async (t) => {
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'silent' } : undefined) })
    const { url } = await pending(sandbox, Buffer.alloc(4 * MiB))
    const answer = send(url, { body: Buffer.alloc(4 * MiB) }).then(
      () => 'answered',
      () => 'closed',
    )
    assert.equal(await Promise.race([answer, sleep(200, 'silent')]), 'silent')
    await sandbox.close()
    assert.equal(await answer, 'closed')
  })

  it('corrupt stores another byte than was sent, and its ETag tells', async (t) => {
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'corrupt' } : undefined) })
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const { status, headers } = await send(url, { body: 'abc' })
    assert.deepEqual([status, headers.etag], [200, `"${hex('md5', Buffer.from('`bc'))}"`])
  })

  it('delay waits before the usual answer', async (t) => {
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'delay', ms: 120 } : undefined) })
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const begun = Date.now()
    assert.equal((await send(url, { body: 'abc' })).status, 200)
    assert.ok(Date.now() - begun >= 115)
  })

  it('delay forgets a client that did not wait', async (t) => {
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'delay', ms: 120 } : undefined) })
    const { url } = await pending(sandbox, Buffer.alloc(8 * MiB))
    await cutPut(url, 8 * MiB, Buffer.alloc(4 * MiB), () => putsOf(sandbox) === 1)
    await sleep(150)
    assert.deepEqual(sandbox.uploads()[0]?.parts, [])
    await sandbox.close()
  })

  it('slow takes the bytes of all requests as fast as the link that they share', async (t) => {
    const take = steadyLink(10 * MiB)
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'slow', take } : undefined) })
    const uploads = [await pending(sandbox, Buffer.alloc(2 * MiB)), await pending(sandbox, Buffer.alloc(2 * MiB))]
    const begun = Date.now()
    const answers = await Promise.all(uploads.map(({ url }) => send(url, { body: Buffer.alloc(2 * MiB) })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    )
    assert.ok(Date.now() - begun >= 395)
  })

  it('headers adds to the usual answer, and overrides', async (t) => {
    const headers = { ETag: '"other"', 'x-amz-server-side-encryption': 'aws:kms' }
    const sandbox = await setup(t, { fault: ({ call }) => (call === 'put' ? { kind: 'headers', headers } : undefined) })
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const heard = await send(url, { body: 'abc' })
    assert.deepEqual([heard.status, heard.headers.etag], [200, '"other"'])
    assert.equal(heard.headers['x-amz-server-side-encryption'], 'aws:kms')
  })
})

describe('a test can see', () => {
  it('that every answer comes from a sandbox', async (t) => {
    const sandbox = await setup(t)
    const { url } = await pending(sandbox, Buffer.from('abc'))
    const answers = [
      await send(url, { body: 'abc' }),
      await send(sandbox.bucketUrl, { method: 'GET' }),
      await send(`${sandbox.apiUrl}/uploads`, { method: 'POST' }),
      await call(sandbox, 'GET', '/nothing'),
    ]
    for (const { headers } of answers) assert.equal(headers['x-scenario-sandbox'], '1')
  })

  it('every request in order, without credentials and signatures', async (t) => {
    const sandbox = await setup(t)
    const upload = await create(sandbox, file(3), '?projectId=p1')
    await send(partUrl(upload), { body: 'abc', headers: { 'content-type': 'image/png' } })
    await complete(sandbox, upload.id)
    const requests = sandbox.requests()
    assert.deepEqual(
      requests.map(({ door, call, method, status, hasAuthorization }) => [
        door,
        call,
        method,
        status,
        hasAuthorization,
      ]),
      [
        ['api', 'create', 'POST', 200, true],
        ['bucket', 'put', 'PUT', 200, false],
        ['api', 'complete', 'POST', 200, true],
      ],
    )
    assert.deepEqual(requests[0]?.query, { projectId: 'p1' })
    assert.equal(requests[1]?.headers['content-type'], 'image/png')
    assert.equal(requests[1]?.query.partNumber, '1')
    const signature = new URL(partUrl(upload)).searchParams.get('X-Amz-Signature') ?? assert.fail()
    const told = JSON.stringify(requests)
    for (const secret of [signature, sandbox.credentials.secret, basic(sandbox.credentials)])
      assert.ok(!told.includes(secret))
  })

  it('how many parts came in at once', async (t) => {
    const three = promised()
    const sandbox = await setup(t, {
      fault: ({ call }) => {
        if (call !== 'put') return undefined
        if (putsOf(sandbox) === 3) three.keep()
        return { kind: 'slow', take: () => three.promise }
      },
    })
    const upload = await create(sandbox, file(5, 5))
    const put = (number: number) => send(partUrl(upload, number), { body: 'x' })
    await Promise.all([put(1), put(2), put(3)])
    await Promise.all([put(4), put(5)])
    assert.equal(sandbox.maxPartsInFlight(), 3)
  })
})

describe('after close', () => {
  it('the temporary folder, which nobody else may enter, is gone, and so are the servers', async (t) => {
    const tmpDir = mkdtempSync(join(tmpdir(), 'close-'))
    t.after(() => rmSync(tmpDir, { recursive: true }))
    // Nobody asks at their ports: those may be another test's by now.
    const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = servers()
    const sandbox = await startSandbox({ tmpDir })
    assert.equal(servers(), before + 2)
    const { url } = await pending(sandbox, Buffer.from('abc'))
    await send(url, { body: 'abc' })
    const [folder = ''] = readdirSync(tmpDir)
    assert.equal(statSync(join(tmpDir, folder)).mode & 0o777, 0o700)
    await sandbox.close()
    assert.ok(!existsSync(join(tmpDir, folder)))
    assert.equal(servers(), before)
    await sandbox.close()
  })

  it('a part in the middle of its way leaves nothing behind', async (t) => {
    const tmpDir = mkdtempSync(join(tmpdir(), 'close-'))
    t.after(() => rmSync(tmpDir, { recursive: true }))
    const sandbox = await startSandbox({ tmpDir })
    const { id, url } = await pending(sandbox, Buffer.alloc(8 * MiB))
    const outgoing = request(url, { method: 'PUT', headers: { 'content-length': 8 * MiB }, agent: false })
    const broken = new Promise((resolve) => outgoing.on('close', resolve))
    outgoing.on('error', () => {})
    outgoing.write(Buffer.alloc(MiB))
    await eventually(() => receiving(tmpDir, id))
    await sandbox.close()
    await broken
    assert.deepEqual(readdirSync(tmpDir), [])
  })

  it('no timer keeps the process alive', async () => {
    const script = `
import { startSandbox } from './src/sandbox/index.ts'
      const hour = 3_600_000
      const sandbox = await startSandbox({ validateMs: hour, fault: ({ call }) => call === 'get' ? { kind: 'delay', ms: hour } : undefined })
      const headers = { authorization: 'Basic ' + btoa(sandbox.credentials.key + ':' + sandbox.credentials.secret), 'content-type': 'application/json' }
      await fetch(sandbox.apiUrl + '/uploads', { method: 'POST', headers, body: '{"huggingFaceModelName":"a/b"}' })
      const look = fetch(sandbox.apiUrl + '/uploads/x', { headers }).catch(() => console.log('cut'))
      await new Promise((resolve) => setTimeout(resolve, 100))
      await sandbox.close()
      await look
      console.log(sandbox.uploads()[0].status)`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
    assert.equal(stdout, 'cut\nvalidating\n')
  })
})
