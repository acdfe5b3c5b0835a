/**
 * Networks and servers that misbehave: what is tried again, what is refused for good, and what nobody may see.
 *
 * Scenes: failures that pass · failures that stay · pauses that were asked for · a complete whose answer is lost ·
 * redirects · proofs that fail or cannot be had · refusals of the storage · replies that make no sense · the words of
 * the API's errors · secrets that a server repeats · hosts that cannot be reached
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import type { Fault } from '../src/sandbox/index.js'
import { impatientLookup, type Run } from './helpers/command.js'
import { pngBytes, type TestFile, tempFolder, testFile } from './helpers/files.js'
import {
  assertAnswer,
  assertFailure,
  command,
  control,
  documentOf,
  eventsOf,
  linesOf,
  MiB,
  sandboxFor,
} from './helpers/scene.js'
import {
  bodyOf,
  createReply,
  credentials,
  type FakeScenario,
  fakeScenario,
  goodPut,
  json,
  serve,
  uploadId,
} from './helpers/servers.js'

const hero = async (t: TestContext, size = 500): Promise<TestFile> =>
  testFile(await tempFolder(t), 'hero.png', pngBytes(size))

async function uploading(
  t: TestContext,
  at: Parameters<typeof command>[0],
  args: readonly string[] = [],
): Promise<Run> {
  const { path } = await hero(t)
  return command(at, [path, ...args])
}

const calls = ({ api }: FakeScenario) =>
  api.map(({ method, path }) => (method === 'GET' ? 'look' : path.endsWith('/action') ? 'complete' : 'create'))
const count = (list: readonly string[], what: string) => list.filter((each) => each === what).length

const xml = (response: ServerResponse, status: number, code: string, message: string, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'REQ123', ...headers })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)

/** What a gateway, a network or a busy storage does for a moment. */
const moments = {
  'a 503': (response: ServerResponse) => void response.writeHead(503).end('<html><title>Busy</title></html>'),
  'a 500': (response: ServerResponse) => json(response, 500, { message: 'oops' }),
  'a 429': (response: ServerResponse) => json(response, 429, { message: 'slow down' }),
  'a reset': (response: ServerResponse) => void response.socket?.resetAndDestroy(),
  'an answer that is cut off': (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"upload":')
    setTimeout(() => response.socket?.destroy(), 20)
  },
} as const

describe('on a bad network', { concurrency: 3 }, () => {
  describe('a failure that passes', { concurrency: 3 }, () => {
    for (const call of ['create', 'put', 'complete'] as const) {
      for (const [what, fail] of Object.entries(moments)) {
        it(`is tried again: ${what} to ${call}`, async (t) => {
          const file = await hero(t, 70_000)
          const fake = await fakeScenario(t, {
            [call]: (response: ServerResponse, { body }: { body: Buffer }, nth: number) => {
              if (nth === 1) fail(response)
              else if (call === 'put') goodPut(response, { method: '', path: '', headers: {}, body }, nth)
              else if (call === 'create') json(response, 200, createReply(fake.bucketUrl, 1))
              else json(response, 200, { upload: { id: uploadId, status: 'validating' } })
            },
            // After a doubtful complete the first look must not say that all is well already.
            look: (response, _, nth) => {
              const pending = call === 'complete' && nth === 1 && what !== 'a 429'
              const state = pending ? { status: 'pending' } : { status: 'imported', entityId: 'asset_test1' }
              json(response, 200, { upload: { id: uploadId, ...state } })
            },
          })
          const ended = await command(fake, [file.path, '--json'])
          assert.equal(ended.code, 0, ended.stderr)
          const { upload } = documentOf(ended)
          assert.deepEqual([upload.entityId, upload.retries, upload.verified], ['asset_test1', 1, 'md5'])
          assert.equal(call === 'put' ? fake.puts.length : count(calls(fake), call), 2)
          assert.deepEqual(fake.puts.at(-1)?.body, file.bytes)
        })
      }
    }

    it('is tried again: SlowDown of the storage', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, received, nth) =>
          nth === 1
            ? xml(response, 503, 'SlowDown', 'Please reduce your request rate.')
            : goodPut(response, received, nth),
      })
      const ended = await uploading(t, fake, ['--json'])
      assert.deepEqual([ended.code, documentOf(ended).upload.retries], [0, 1])
    })

    it('in the middle of a large part has its bytes sent afresh, all of them', async (t) => {
      const file = await hero(t, 15 * MiB)
      const faults: Record<string, Fault> = {
        '1 1': { kind: 'reset', afterBytes: 2 * MiB },
        '2 1': { kind: 'corrupt' },
        '3 1': { kind: 'lost-answer' },
        '3 2': { kind: 'reply', status: 500 },
      }
      const sandbox = await sandboxFor(t, {
        fault: ({ call, partNumber, attempt }) => (call === 'put' ? faults[`${partNumber} ${attempt}`] : undefined),
      })
      const ended = await command(sandbox, [file.path, '--parts', '3', '--json'])
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(documentOf(ended).upload.retries, 4)
      assert.equal(documentOf(ended).upload.verified, 'md5')
      assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
    })

    it('is an event, with the number of the next try', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, received, nth) => (nth === 1 ? moments['a 503'](response) : goodPut(response, received, nth)),
      })
      const ended = await uploading(t, fake, ['--progress', 'json'])
      const retries = eventsOf(ended).filter(({ event }) => event === 'retry')
      assert.equal(retries.length, 1)
      assert.equal(retries[0]?.attempt, 2)
      assert.match(String(retries[0]?.reason), /503/)
    })

    it('in the answer to a create gives up that upload, and begins another', async (t) => {
      const file = await hero(t)
      const sandbox = await sandboxFor(t, {
        fault: ({ call, attempt }) => (call === 'create' && attempt === 1 ? { kind: 'lost-answer' } : undefined),
      })
      const ended = await command(sandbox, [file.path])
      const [orphan, held] = sandbox.uploads()
      assertAnswer(ended, `${held?.entityId}\n`)
      assert.equal(held?.sha256, file.sha256)
      assert.equal(orphan?.status, 'pending')
    })
  })

  describe('a failure that stays', { concurrency: 3 }, () => {
    const always = { status: 503, body: '<html><title>Busy</title></html>' }
    for (const call of ['create', 'put', 'complete'] as const) {
      it(`of ${call} is tried again for as long as --retry-for says, and ends 5`, async (t) => {
        const sandbox = await sandboxFor(t, {
          fault: (request) => (request.call === call ? { kind: 'reply', ...always } : undefined),
        })
        const ended = await uploading(t, sandbox, ['--json', '--retry-for', '3s'])
        assert.equal(ended.code, 5, ended.stderr)
        const { upload } = documentOf(ended)
        assert.deepEqual(
          [upload.ok, upload.error?.code, upload.error?.exitCode, upload.error?.retryable],
          [false, 'ERR_SERVER', 5, true],
        )
        const tries = sandbox.requests().filter((request) => request.call === call)
        assert.equal(tries.length, (upload.retries ?? 0) + 1)
        const lasted = (tries.at(-1)?.at ?? 0) - (tries.at(0)?.at ?? 0)
        assert.ok(lasted >= 2900 && lasted < 30_000, `it was tried for ${lasted} ms`)
      })
    }

    it('of the bytes themselves is sent again three times, and ends 5 with `--no-verify` as the hint', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response) => response.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end(),
      })
      const ended = await uploading(t, fake)
      assertFailure(ended, 5, /other bytes than were sent/, /--no-verify/)
      assert.equal(fake.puts.length, 4)
      assert.deepEqual(calls(fake), ['create'])
    })

    it('is not waited for where other parts are still to be sent: none is begun after it', async (t) => {
      const file = await hero(t, 40 * MiB)
      const sandbox = await sandboxFor(t, {
        fault: ({ call, partNumber }) =>
          call === 'put' && partNumber === 1
            ? { kind: 'reply', status: 403, body: '<Error><Code>No</Code></Error>' }
            : undefined,
      })
      const ended = await command(sandbox, [file.path, '--parts', '8', '--concurrency', '1'])
      assertFailure(ended, 6, /No/)
      assert.equal(
        count(
          sandbox.requests().map(({ call }) => call),
          'put',
        ),
        1,
      )
    })
  })

  describe('a pause that a server asks for', { concurrency: 3 }, () => {
    const times: Record<string, number[]> = {}
    const gapOf = (name: string) => (times[name]?.[1] ?? 0) - (times[name]?.[0] ?? 0)
    const noted = (name: string) => {
      times[name] = [...(times[name] ?? []), Date.now()]
    }
    const answer = (
      response: ServerResponse,
      nth: number,
      good: () => void,
      headers: Record<string, string>,
      body = {},
    ) => (nth === 1 ? json(response, 429, { message: 'slow down', ...body }, headers) : good())

    const pauses: [what: string, headers: () => Record<string, string>, body: object][] = [
      ['Retry-After in seconds', () => ({ 'retry-after': '2' }), {}],
      ['Retry-After as a date', () => ({ 'retry-after': new Date(Date.now() + 3000).toUTCString() }), {}],
      ['remainingSeconds in the body', () => ({}), { remainingSeconds: 2 }],
    ]
    for (const [what, headers, body] of pauses) {
      it(`is kept at create: ${what}`, async (t) => {
        const fake = await fakeScenario(t, {
          create: (response, _, nth) => {
            noted(what)
            answer(response, nth, () => json(response, 200, createReply(fake.bucketUrl, 1)), headers(), body)
          },
        })
        assert.equal((await uploading(t, fake)).code, 0)
        assert.ok(gapOf(what) >= 1900, `it came again after ${gapOf(what)} ms`)
      })
    }

    it('is kept at a part and at complete', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, received, nth) => {
          noted('put')
          answer(response, nth, () => goodPut(response, received, nth), { 'retry-after': '1' })
        },
        complete: (response, _, nth) => {
          noted('complete')
          answer(response, nth, () => json(response, 200, {}), { 'retry-after': '1' })
        },
      })
      assert.equal((await uploading(t, fake)).code, 0)
      for (const call of ['put', 'complete'])
        assert.ok(gapOf(call) >= 990, `${call} came again after ${gapOf(call)} ms`)
    })

    it('of hours ends at once with 5', async (t) => {
      const fake = await fakeScenario(t, {
        create: (response) => json(response, 429, { message: 'slow down' }, { 'retry-after': '7200' }),
      })
      assertFailure(await uploading(t, fake), 5, /429.*slow down/)
      assert.deepEqual(calls(fake), ['create'])
    })

    it('is none where a limit of the plan is reached: waiting does not help, and it ends 6', async (t) => {
      const details = { actionName: 'uploads', actionLimit: 10 }
      const fake = await fakeScenario(t, {
        create: (response) => json(response, 429, { message: 'Too many uploads', details }, { 'retry-after': '1' }),
      })
      assertFailure(await uploading(t, fake), 6, /Too many uploads/, /plan/)
      assert.deepEqual(calls(fake), ['create'])
    })
  })

  describe('a doubtful complete', { concurrency: 3 }, () => {
    it('whose answer was lost is looked at, not made again', async (t) => {
      const file = await hero(t)
      const sandbox = await sandboxFor(t, {
        fault: ({ call, attempt }) => (call === 'complete' && attempt === 1 ? { kind: 'lost-answer' } : undefined),
      })
      assertAnswer(await command(sandbox, [file.path]), `${sandbox.uploads()[0]?.entityId}\n`)
      const after = sandbox.requests().map(({ call }) => call)
      assert.equal(count(after, 'complete'), 1)
      assert.equal(after[after.indexOf('complete') + 1], 'get')
      assert.equal(sandbox.uploads()[0]?.sha256, file.sha256)
    })

    it('is made again only after a look that says pending', async (t) => {
      const fake = await fakeScenario(t, {
        complete: (response, _, nth) => (nth === 1 ? moments['a 503'](response) : json(response, 200, {})),
        look: (response, _, nth) =>
          json(response, 200, {
            upload: nth === 1 ? { status: 'pending' } : { status: 'imported', entityId: 'asset_test1' },
          }),
      })
      assertAnswer(await uploading(t, fake), 'asset_test1\n')
      assert.deepEqual(calls(fake), ['create', 'complete', 'look', 'complete', 'look'])
    })

    it('that is refused the second time is held against a look: past pending is success', async (t) => {
      const statuses = ['pending', 'validating', 'imported']
      const fake = await fakeScenario(t, {
        complete: (response, _, nth) =>
          nth === 1 ? moments['a 503'](response) : json(response, 400, { message: 'not pending' }),
        look: (response, _, nth) =>
          json(response, 200, { upload: { status: statuses[Math.min(nth, 3) - 1], entityId: 'asset_test1' } }),
      })
      const ended = await uploading(t, fake)
      assertAnswer(ended, 'asset_test1\n')
      assert.deepEqual(calls(fake), ['create', 'complete', 'look', 'complete', 'look', 'look'])
    })

    it('that is refused the first time is refused', async (t) => {
      const fake = await fakeScenario(t, {
        complete: (response) => json(response, 400, { message: 'Missing: part 1 of 1' }),
      })
      assertFailure(await uploading(t, fake), 6, /Missing: part 1 of 1/)
      assert.deepEqual(calls(fake), ['create', 'complete'])
    })
  })

  describe('a redirect', { concurrency: 3 }, () => {
    for (const call of ['create', 'put', 'complete', 'look'] as const) {
      for (const status of [302, 307]) {
        it(`${status} of ${call} ends 6, is not followed, and shows nothing to its target`, async (t) => {
          const seen: unknown[] = []
          const target = await serve(t, async (request, response) => {
            seen.push([request.url, request.headers.authorization, await bodyOf(request)])
            response.writeHead(200).end('{}')
          })
          const fake = await fakeScenario(t, {
            [call]: (response: ServerResponse) => response.writeHead(status, { location: `${target}/elsewhere` }).end(),
          })
          assertFailure(await uploading(t, fake), 6, new RegExp(`redirect.*${status}|${status}.*redirect`))
          assert.deepEqual(seen, [])
        })
      }
    }
  })

  describe('a proof', { concurrency: 3 }, () => {
    it('that fails once is made again', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, received, nth) =>
          nth === 1 ? response.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end() : goodPut(response, received, nth),
      })
      const { upload } = documentOf(await uploading(t, fake, ['--json']))
      assert.deepEqual([upload.ok, upload.verified, upload.retries], [true, 'md5', 1])
    })

    const foreign = createHash('md5').update('something else').digest('hex')
    const unlike: [what: string, headers: Record<string, string>][] = [
      ['encrypts with KMS', { etag: `"${foreign}"`, 'x-amz-server-side-encryption': 'aws:kms' }],
      ['encrypts with KMS twice', { etag: `"${foreign}"`, 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
      [
        'encrypts with a key of its customer',
        { etag: `"${foreign}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
      ],
      ['has tags of its own', { etag: '"0x8DCAFE-1"' }],
    ]
    for (const [what, headers] of unlike) {
      it(`cannot be had of a storage that ${what}: it ends well, with one note`, async (t) => {
        const fake = await fakeScenario(t, { put: (response) => response.writeHead(200, headers).end() })
        const file = await hero(t, 10 * MiB)
        const ended = await command(fake, [file.path, '--parts', '2', '--json'])
        assert.equal(ended.code, 0, ended.stderr)
        assert.equal(documentOf(ended).upload.verified, 'none')
        assert.equal(linesOf(ended.stderr).filter((line) => line.startsWith('note: ')).length, 1, ended.stderr)
        assert.equal(fake.puts.length, 2)
      })
    }

    it('is had in spite of encryption with keys of the storage (AES256), and in capital letters', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, { body }) => {
          const etag = createHash('md5').update(body).digest('hex').toUpperCase()
          response.writeHead(200, { etag: `"${etag}"`, 'x-amz-server-side-encryption': 'AES256' }).end()
        },
      })
      assert.equal(documentOf(await uploading(t, fake, ['--json'])).upload.verified, 'md5')
    })
  })

  describe('a refusal of the storage', { concurrency: 3 }, () => {
    it('ends 6 with its code, words and request id, and nothing of the URL', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response, { path }) =>
          xml(response, 403, 'SignatureDoesNotMatch', `The signature of ${fake.bucketUrl}${path} does not match.`),
      })
      const ended = await uploading(t, fake, ['--json', '--verbose', '--debug'])
      assert.equal(ended.code, 6)
      const { upload } = documentOf(ended)
      assert.equal(upload.error?.code, 'ERR_STORAGE_REFUSED')
      assert.equal(upload.error?.requestId, 'REQ123')
      assert.match(upload.error?.message ?? '', /SignatureDoesNotMatch: The signature of .* does not match/)
      assert.match(ended.stderr, /SignatureDoesNotMatch.*REQ123/)
      assert.doesNotMatch(ended.stdout + ended.stderr, /secretsignature|X-Amz-Signature|partNumber/)
      assert.equal(fake.puts.length, 1)
    })

    it('that comes while the body is still being sent is heard', async (t) => {
      const file = await hero(t, 24 * MiB)
      const sandbox = await sandboxFor(t, {
        fault: ({ call }) =>
          call === 'put'
            ? {
                kind: 'early-reply',
                status: 403,
                headers: { 'x-amz-request-id': 'EARLY1' },
                body: '<Error><Code>AccessDenied</Code><Message>Not yours</Message></Error>',
              }
            : undefined,
      })
      const ended = await command(sandbox, [file.path, '--parts', '1'])
      assertFailure(ended, 6, /AccessDenied: Not yours.*EARLY1/)
    })

    it('that was lost in a reset is asked for again, before the body is sent', async (t) => {
      const file = await hero(t, 8 * MiB)
      const body = '<Error><Code>AccessDenied</Code><Message>Not yours</Message></Error>'
      const sandbox = await sandboxFor(t, {
        fault: ({ call, headers }) => {
          if (call !== 'put') return undefined
          return headers.expect ? { kind: 'early-reply', status: 403, body } : { kind: 'reset', afterBytes: MiB }
        },
      })
      assertFailure(await command(sandbox, [file.path]), 6, /AccessDenied: Not yours/)
      const [first, ...others] = sandbox.requests().filter(({ call }) => call === 'put')
      // Where the machine stands still for longer than leave is waited for, these words may be lost once more.
      assert.deepEqual(
        [first?.headers.expect, ...new Set(others.map(({ headers }) => headers.expect))],
        [undefined, '100-continue'],
      )
    })

    it('of a URL that is too old ends 5', async (t) => {
      const sandbox = await sandboxFor(t, { urlLifetimeMs: 1 })
      const ended = await uploading(t, sandbox, ['--json'])
      assert.equal(ended.code, 5, ended.stderr)
      const { error } = documentOf(ended).upload
      assert.deepEqual([error?.code, error?.retryable], ['ERR_URL_EXPIRED', true])
      assert.match(error?.message ?? '', /expired/)
    })

    it('in HTML is no XML, and is no page on the screen either', async (t) => {
      const fake = await fakeScenario(t, {
        put: (response) =>
          response.writeHead(403, { 'content-type': 'text/html' }).end('<html><body>Blocked</body></html>'),
      })
      const ended = await uploading(t, fake)
      assertFailure(ended, 6, /403/)
      assert.doesNotMatch(ended.stderr, /<html>/)
    })
  })

  describe('a reply that makes no sense', { concurrency: 3 }, () => {
    type Reply = ReturnType<typeof createReply>
    const parts = (change: (parts: Reply['upload']['parts']) => unknown) => (reply: Reply) => ({
      upload: { ...reply.upload, parts: change(reply.upload.parts) },
    })
    const upload = (fields: object) => (reply: Reply) => ({ upload: { ...reply.upload, ...fields } })
    const rows: [what: string, change: (reply: Reply) => unknown, path: RegExp][] = [
      ['without an upload', () => ({}), /upload is missing/],
      ['that is a list', () => [], /the body is not an object/],
      ['without an id', upload({ id: undefined }), /upload\.id is missing/],
      ['whose id is null', upload({ id: null }), /upload\.id is missing/],
      ['whose id is a number', upload({ id: 7 }), /upload\.id is not a string/],
      ['whose id is a path', upload({ id: '../../v2/keys' }), /upload\.id is not an id/],
      ['whose id has a line break', upload({ id: 'upload_1\nupload_2' }), /upload\.id is not an id/],
      ['whose id is too long', upload({ id: 'u'.repeat(201) }), /upload\.id is not an id/],
      ['without parts', upload({ parts: undefined }), /upload\.parts is missing/],
      ['whose parts are no list', upload({ parts: {} }), /upload\.parts is not a list/],
      ['with too few parts', parts((all) => all.slice(1)), /upload\.parts has 1 entries where 2 were asked for/],
      ['with too many parts', parts((all) => [...all, ...all]), /upload\.parts has 4 entries where 2 were asked for/],
      ['with a part twice', parts(([first]) => [first, first]), /upload\.parts has no single part 2/],
      [
        'with a part 0',
        parts(([first, second]) => [{ ...first, number: 0 }, second]),
        /upload\.parts has no single part 1/,
      ],
      [
        'with a part without a number',
        parts(([, second]) => [{ url: 'https://x.test/' }, second]),
        /upload\.parts\[0\]\.number is missing/,
      ],
      [
        'with a number that is none',
        parts(([first, second]) => [first, { ...second, number: '2' }]),
        /upload\.parts\[1\]\.number is not a number/,
      ],
      ['with a part without a URL', parts(([first]) => [first, { number: 2 }]), /upload\.parts\[1\]\.url is missing/],
      [
        'with a URL that is none',
        parts(([first]) => [first, { number: 2, url: 'key' }]),
        /upload\.parts\[1\]\.url is not a URL/,
      ],
      [
        'with a URL that is http off this machine',
        parts(([first]) => [
          first,
          { number: 2, url: 'http://bucket.example.com/key?X-Amz-Signature=secretsignature' },
        ]),
        /upload\.parts\[1\]\.url is neither https nor on this machine/,
      ],
      [
        'with a URL to a file',
        parts(([first]) => [first, { number: 2, url: 'file:///etc/passwd' }]),
        /upload\.parts\[1\]\.url/,
      ],
    ]
    for (const [what, change, path] of rows) {
      it(`is named by its path: one ${what}`, async (t) => {
        const fake = await fakeScenario(t, {
          create: (response) => json(response, 200, change(createReply(fake.bucketUrl, 2))),
        })
        const file = await hero(t, 6 * MiB)
        const ended = await command(fake, [file.path, '--parts', '2', '--json'])
        assert.equal(ended.code, 1, ended.stderr)
        const { error } = documentOf(ended).upload
        assert.equal(error?.code, 'ERR_REPLY')
        assert.match(error?.message ?? '', path)
        assert.doesNotMatch(ended.stdout + ended.stderr, /secretsignature/)
        assert.equal(fake.puts.length, 0)
        assert.deepEqual(calls(fake), ['create'])
      })
    }

    for (const [what, body, type] of [
      ['a page', '<!doctype html><title>Welcome</title>', 'text/html'],
      ['nothing', '', 'application/json'],
      ['half a document', '{"upload":{"id":', 'application/json'],
    ] as const) {
      it(`is no JSON: ${what}`, async (t) => {
        const fake = await fakeScenario(t, {
          create: (response) => response.writeHead(200, { 'content-type': type }).end(body),
        })
        assertFailure(await uploading(t, fake), 1, /makes no sense.*200.*no JSON/, /--api-url/)
      })
    }

    it('is not one whose parts come in another order: they are sorted', async (t) => {
      const file = await hero(t, 11 * MiB)
      const fake = await fakeScenario(t, {
        create: (response) => {
          const reply = createReply(fake.bucketUrl, 3)
          json(response, 200, { upload: { ...reply.upload, parts: reply.upload.parts.toReversed() } })
        },
      })
      assertAnswer(await command(fake, [file.path, '--parts', '3', '-c', '1']), 'asset_test1\n')
      const byNumber = fake.puts.toSorted((a, b) => a.path.localeCompare(b.path)).map(({ body }) => body)
      assert.deepEqual(Buffer.concat(byNumber), file.bytes)
    })

    it('is not one whose optional fields are null or absent', async (t) => {
      const fake = await fakeScenario(t, {
        create: (response) => {
          const url = `${fake.bucketUrl}/key`
          json(response, 200, { upload: { id: uploadId, status: null, parts: [{ number: 1, url, expires: null }] } })
        },
        complete: (response) => response.writeHead(204).end(),
      })
      assertAnswer(await uploading(t, fake), 'asset_test1\n')
    })
  })

  describe("the API's own words", { concurrency: 3 }, () => {
    const shapes: [shape: object, words: RegExp, id: string | null][] = [
      [{ status: 422, code: 'bad_request', message: 'fileName is too long' }, /fileName is too long/, null],
      [
        { statusCode: 422, error: 'Unprocessable', message: 'kind is unknown', traceId: 'trace-1' },
        /kind is unknown/,
        'trace-1',
      ],
      [{ reason: 'quota is used up', trace_id: 'trace-2' }, /quota is used up/, 'trace-2'],
      [{ reason: 'no such project', traceId: 'trace-3' }, /no such project/, 'trace-3'],
      [{ message: 'try another file' }, /try another file/, null],
      [{ name: 'ValidationError' }, /ValidationError/, null],
    ]
    for (const [shape, words, id] of shapes) {
      it(`are said, with the trace id: ${JSON.stringify(shape)}`, async (t) => {
        const fake = await fakeScenario(t, { create: (response) => json(response, 422, shape) })
        const ended = await uploading(t, fake, ['--json'])
        assertFailure({ ...ended, stdout: '' }, 6, words)
        const { error } = documentOf(ended).upload
        assert.match(error?.message ?? '', words)
        assert.deepEqual([error?.code, error?.requestId], ['ERR_API_REFUSED', id])
        if (id !== null) assert.ok(ended.stderr.includes(id), ended.stderr)
      })
    }

    const codes: [status: number, exit: number][] = [
      [400, 6],
      [401, 4],
      [403, 4],
      [404, 6],
      [409, 6],
      [413, 6],
    ]
    for (const [status, exit] of codes) {
      it(`of ${status} are said once, without a second try: exit code ${exit}`, async (t) => {
        const fake = await fakeScenario(t, { create: (response) => json(response, status, { message: 'these words' }) })
        assertFailure(await uploading(t, fake), exit, /these words/)
        assert.deepEqual(calls(fake), ['create'])
      })
    }

    it('in a page of a gateway are its title, on one line', async (t) => {
      const page = '<html>\n<head><title>413 Request\n Entity Too Large</title></head></html>'
      const fake = await fakeScenario(t, { create: (response) => response.writeHead(413).end(page) })
      assertFailure(await uploading(t, fake), 6, /413 Request Entity Too Large/)
    })

    it('cannot move the cursor, nor speak to a CI runner', async (t) => {
      const message = 'first\n::error::second\r\u001b[2Jthird \u202etxt.exe'
      const fake = await fakeScenario(t, { create: (response) => json(response, 400, { message }) })
      const ended = await uploading(t, fake)
      assertFailure(ended, 6, /first.*second.*third/)
      assert.doesNotMatch(ended.stderr, control)
      assert.doesNotMatch(ended.stderr, /^\s*::|\u202e/m)
    })
  })

  describe('a server that repeats what it was sent', { concurrency: 3 }, () => {
    const basic = Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64')
    const echo = `secret ${credentials.secret}, key ${credentials.key}, Authorization: Basic ${basic}`
    const answers: [where: string, answers: Parameters<typeof fakeScenario>[1]][] = [
      ['in a refusal', { create: (response) => json(response, 400, { message: echo, traceId: credentials.secret }) }],
      ['in a page', { create: (response) => void response.writeHead(422).end(`<html><title>${echo}</title></html>`) }],
      ['in the header of a request id', { create: (response) => json(response, 400, {}, { 'x-request-id': basic }) }],
      [
        'in why an import failed',
        { look: (response) => json(response, 200, { upload: { status: 'failed', errorMessage: echo } }) },
      ],
      ['in a status', { look: (response) => json(response, 200, { upload: { status: echo } }) }],
      [
        'in a refusal of the storage',
        {
          put: (response, { path }) =>
            xml(response, 403, 'AccessDenied', `http://bucket.test${path.replaceAll('&', '&amp;')}`),
        },
      ],
    ]
    for (const [where, given] of answers) {
      it(`${where} is not repeated, not even with --verbose and --debug`, async (t) => {
        const fake = await fakeScenario(t, given)
        const args = ['--verbose', '--debug', '--timeout', '200ms']
        const both = await Promise.all([
          uploading(t, fake, [...args, '--json']),
          uploading(t, fake, [...args, '--progress', 'json']),
        ])
        for (const ended of both) {
          assert.notEqual(ended.code, 0)
          for (const secret of [credentials.secret, credentials.key, basic, 'secretsignature']) {
            assert.ok(!(ended.stdout + ended.stderr).includes(secret), `${secret} in ${ended.stdout}${ended.stderr}`)
          }
        }
      })
    }
  })

  describe('a host', { concurrency: 3 }, () => {
    it('that refuses the connection ends 5 after five tries', async (t) => {
      const ended = await uploading(t, { apiUrl: 'http://127.0.0.1:1/v1', credentials }, ['--verbose'])
      assertFailure(ended, 5, /127\.0\.0\.1:1 refused the connection/, /network/)
      assert.equal(linesOf(ended.stderr).filter((line) => /\btry \d/.test(line)).length, 4, ended.stderr)
    })

    it('that does not exist ends 5 after few tries, long before `--retry-for` is over', async (t) => {
      const { path } = await hero(t)
      const nowhere = { apiUrl: 'https://no-such-host.invalid/v1', credentials }
      // A command that goes on trying is killed, and has no code.
      const ended = await command(nowhere, [path, '--json'], { env: impatientLookup })
      assert.equal(ended.code, 5, ended.stderr)
      assert.ok((documentOf(ended).upload.retries ?? 0) < 5, ended.stdout)
      const { error } = documentOf(ended).upload
      assert.deepEqual([error?.code, error?.retryable], ['ERR_NETWORK', true])
      assert.match(error?.message ?? '', /no-such-host\.invalid/)
    })

    it('whose bucket refuses the connection ends 5 too, and the id of the upload is known', async (t) => {
      const fake = await fakeScenario(t, {
        create: (response) => json(response, 200, createReply('http://127.0.0.1:1', 1)),
      })
      const ended = await uploading(t, fake, ['--json'])
      assert.equal(ended.code, 5)
      assert.equal(documentOf(ended).upload.uploadId, uploadId)
      assert.match(ended.stderr, /127\.0\.0\.1:1 refused the connection/)
      assert.doesNotMatch(ended.stderr, /secretsignature/)
    })
  })
})
