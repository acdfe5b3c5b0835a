/**
 * How the wait for the import ends, and the two commands that look at an upload later.
 *
 * Scenes: every success · failure · statuses nobody knows · time running out · `--until` · `--no-wait` · what goes wrong
 * while looking, for a moment and for good · `wait` · `status`.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Run } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { assertAnswer, assertFailure, command, documentOf, eventsOf, linesOf, sandboxFor } from './helpers/scene.js'
import { type FakeScenario, fakeScenario, json, uploadId } from './helpers/servers.js'

interface Look {
  status: string
  entityId?: string | null
  errorMessage?: string
}

/** What a look finds: the first, the second … and the last of these from then on; and when each of them came. */
async function looking(t: TestContext, looks: readonly Look[]): Promise<FakeScenario & { lookedAt: number[] }> {
  const lookedAt: number[] = []
  const fake = await fakeScenario(t, {
    look: (response, _, nth) => {
      lookedAt.push(performance.now())
      json(response, 200, { upload: { id: uploadId, ...looks[Math.min(nth, looks.length) - 1] } })
    },
  })
  return { ...fake, lookedAt }
}

async function uploading(t: TestContext, fake: FakeScenario, args: readonly string[] = []): Promise<Run> {
  const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(500))
  return command(fake, [file.path, ...args])
}

/** A time for a wait in which a look is answered, though a machine stands still for some seconds. */
const some = 4

const looks = ({ api }: FakeScenario) => api.filter(({ method }) => method === 'GET')
const notes = ({ stderr }: Run) => linesOf(stderr).filter((line) => line.startsWith('note: '))

describe('how an upload ends', { concurrency: 3 }, () => {
  describe('a success', { concurrency: 3 }, () => {
    for (const status of ['validated', 'complete', 'imported']) {
      it(`is \`${status}\`, and its id is printed at once where it has one`, async (t) => {
        const fake = await looking(t, [{ status, entityId: 'asset_7' }])
        assertAnswer(await uploading(t, fake), 'asset_7\n')
        assert.equal(looks(fake).length, 1)
      })
    }

    it('comes after any number of statuses that are no end', async (t) => {
      const fake = await looking(t, [
        { status: 'validating' },
        { status: 'quarantined', entityId: null },
        { status: 'imported', entityId: 'asset_7' },
      ])
      const ended = await uploading(t, fake, ['--json'])
      assert.equal(documentOf(ended).upload.status, 'imported')
      assert.equal(looks(fake).length, 3)
    })

    it('of an unknown status is none, even with an id', async (t) => {
      const fake = await looking(t, [
        { status: 'rendering', entityId: 'asset_7' },
        { status: 'complete', entityId: 'asset_7' },
      ])
      assertAnswer(await uploading(t, fake), 'asset_7\n')
      assert.equal(looks(fake).length, 2)
    })

    it('without an id is looked at again until the id is there', async (t) => {
      const fake = await looking(t, [
        { status: 'validated' },
        { status: 'validated', entityId: null },
        { status: 'imported', entityId: 'asset_7' },
      ])
      const ended = await uploading(t, fake)
      assertAnswer(ended, 'asset_7\n')
      assert.deepEqual(notes(ended), [])
    })

    it('that never gets an id ends well after 10 s, with the upload id, null and a note, whatever `--timeout`', async (t) => {
      const fake = await looking(t, [{ status: 'validated' }])
      const [lines, document] = await Promise.all([
        uploading(t, fake, ['--timeout', `${some}s`]),
        uploading(t, await looking(t, [{ status: 'complete', entityId: null }]), ['--json', '--timeout', `${some}s`]),
      ])
      assertAnswer(lines, `${uploadId}\n`)
      assert.equal(notes(lines).length, 1, lines.stderr)
      const [first = 0, last = 0] = [fake.lookedAt[0], fake.lookedAt.at(-1)]
      assert.ok(last - first > 9900 && last - first < 30_000, `it looked for ${last - first} ms`)
      assert.equal(document.code, 0)
      const { ok, entityId, status } = documentOf(document).upload
      assert.deepEqual([ok, entityId, status], [true, null, 'complete'])
    })
  })

  describe('a failure', { concurrency: 3 }, () => {
    it('ends 1, with what the server says of it', async (t) => {
      const fake = await looking(t, [
        { status: 'validating' },
        { status: 'failed', errorMessage: 'The file is corrupt' },
      ])
      assertFailure(await uploading(t, fake), 1, /the import failed: The file is corrupt/)
    })

    it('stands in the document, with the id of the upload', async (t) => {
      const fake = await looking(t, [{ status: 'failed', errorMessage: 'The file is corrupt' }])
      const ended = await uploading(t, fake, ['--json'])
      assert.equal(ended.code, 1)
      const { ok, upload } = documentOf(ended)
      assert.equal(ok, false)
      assert.deepEqual([upload.ok, upload.uploadId, upload.entityId, upload.status], [false, uploadId, null, 'failed'])
      assert.equal(upload.error?.code, 'ERR_IMPORT_FAILED')
      assert.match(upload.error?.message ?? '', /The file is corrupt/)
      assert.equal(upload.error?.retryable, false)
    })

    it('is one too where the server does not say why, and while an id is looked for', async (t) => {
      const fake = await looking(t, [{ status: 'validated' }, { status: 'failed' }])
      assertFailure(await uploading(t, fake), 1, /the import failed/)
    })
  })

  describe('time that runs out', { concurrency: 3 }, () => {
    it('ends 8: the upload is safe, and the message has its id, the usual causes and how to wait on', async (t) => {
      const fake = await looking(t, [{ status: 'validating' }])
      const ended = await uploading(t, fake, ['--timeout', `${some}s`])
      assertFailure(
        ended,
        8,
        new RegExp(`${uploadId}.*safe.*large import.*corrupt.*content type`),
        new RegExp(`\`scenario-upload wait ${uploadId}\``),
      )
      assert.ok(looks(fake).length >= 2)
    })

    it('stands in the document as something to try again', async (t) => {
      const fake = await looking(t, [{ status: 'quarantined' }])
      const ended = await uploading(t, fake, ['--timeout', `${some}s`, '--json'])
      assert.equal(ended.code, 8)
      const { upload, ok, error } = documentOf(ended)
      assert.deepEqual(
        [ok, error, upload.ok, upload.uploadId, upload.status],
        [false, null, false, uploadId, 'quarantined'],
      )
      assert.deepEqual(
        [upload.error?.code, upload.error?.exitCode, upload.error?.retryable],
        ['ERR_STILL_PROCESSING', 8, true],
      )
    })

    it('counts from the end of the sending, not from the start', async (t) => {
      const sandbox = await sandboxFor(t, {
        validateMs: 500,
        fault: ({ call }) => (call === 'put' ? { kind: 'delay', ms: 1000 * (some + 1) } : undefined),
      })
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(500))
      const ended = await command(sandbox, [file.path, '--timeout', `${some}s`])
      assertAnswer(ended, `${sandbox.uploads()[0]?.entityId}\n`)
    })
  })

  describe('`--until`', { concurrency: 3 }, () => {
    it('`validated` does not look on for the id', async (t) => {
      const fake = await looking(t, [{ status: 'validated' }])
      const ended = await uploading(t, fake, ['--until', 'validated'])
      assertAnswer(ended, `${uploadId}\n`)
      assert.equal(looks(fake).length, 1)
    })

    it('`imported` waits for the id', async (t) => {
      const fake = await looking(t, [
        { status: 'validated' },
        { status: 'imported' },
        { status: 'imported', entityId: 'asset_7' },
      ])
      assertAnswer(await uploading(t, fake, ['--until', 'imported']), 'asset_7\n')
      assert.equal(looks(fake).length, 3)
    })

    it('`imported` ends 8 where there is no id when the time is over', async (t) => {
      const fake = await looking(t, [{ status: 'validated' }])
      const ended = await uploading(t, fake, ['--until', 'imported', '--timeout', '1s'])
      assertFailure(ended, 8, new RegExp(uploadId), new RegExp(`\`scenario-upload wait ${uploadId}`))
    })
  })

  describe('`--no-wait`', () => {
    it('ends after complete, without a look, and prints the upload id', async (t) => {
      const fake = await looking(t, [{ status: 'imported', entityId: 'asset_7' }])
      const ended = await uploading(t, fake, ['--no-wait'])
      assertAnswer(ended, `${uploadId}\n`)
      assert.equal(fake.puts.length, 1)
      assert.equal(fake.api.at(-1)?.path, `/v1/uploads/${uploadId}/action`)
      assert.equal(looks(fake).length, 0)
    })
  })

  describe('while it waits', { concurrency: 3 }, () => {
    const imported = { upload: { id: uploadId, status: 'imported', entityId: 'asset_7' } }

    it('a temporary error is no end: 503, 500, 429, a reset and a cut are looked past', async (t) => {
      const fake = await fakeScenario(t, {
        look: (response, _, nth) => {
          if (nth === 1) json(response, 503, { message: 'busy' })
          else if (nth === 2) response.socket?.resetAndDestroy()
          else if (nth === 3) json(response, 429, { message: 'slow down' }, { 'retry-after': '1' })
          else if (nth === 4)
            response.writeHead(200, { 'content-length': '500' }).end('{"upl', () => response.destroy())
          else if (nth === 5) response.writeHead(500, { 'content-type': 'text/html' }).end('<html></html>')
          else json(response, 200, imported)
        },
      })
      assertAnswer(await uploading(t, fake), 'asset_7\n')
      assert.equal(looks(fake).length, 6)
    })

    it('temporary errors without end are an end of the time: 8', async (t) => {
      const fake = await fakeScenario(t, { look: (response) => json(response, 503, { message: 'busy' }) })
      assertFailure(await uploading(t, fake, ['--timeout', '1500ms']), 8, new RegExp(uploadId), /scenario-upload wait/)
    })

    const ends = [
      ['401', 4, 'ERR_CREDENTIALS_REFUSED', 401, { message: 'Unauthorized' }],
      ['403', 4, 'ERR_CREDENTIALS_REFUSED', 403, { message: 'Forbidden' }],
      ['404', 6, 'ERR_UPLOAD_UNKNOWN', 404, { message: 'Not found' }],
      ['a redirect', 6, 'ERR_REDIRECT', 302, {}],
      ['a reply without a status', 1, 'ERR_REPLY', 200, { upload: { id: uploadId } }],
      ['a reply that is no upload', 1, 'ERR_REPLY', 200, []],
      ['an id that cannot be one', 1, 'ERR_REPLY', 200, { upload: { status: 'imported', entityId: '../../etc' } }],
    ] as const
    for (const [what, exit, code, status, body] of ends) {
      it(`${what} is an end: exit code ${exit}`, async (t) => {
        const fake = await fakeScenario(t, { look: (response) => json(response, status, body) })
        const ended = await uploading(t, fake, ['--json'])
        assert.equal(ended.code, exit, ended.stderr)
        const { upload } = documentOf(ended)
        assert.equal(upload.error?.code, code)
        assert.equal(upload.uploadId, uploadId)
        assert.equal(looks(fake).length, 1)
      })
    }

    it('a page instead of JSON is an end: exit code 1', async (t) => {
      const fake = await fakeScenario(t, {
        look: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>'),
      })
      assertFailure(await uploading(t, fake), 1, /makes no sense/)
    })
  })

  describe('`wait`', { concurrency: 3 }, () => {
    it('prints one line as for an upload, once it ends', async (t) => {
      const fake = await looking(t, [{ status: 'validating' }, { status: 'imported', entityId: 'asset_7' }])
      assertAnswer(await command(fake, ['wait', 'upload_9', '--project', 'proj_1']), 'asset_7\n')
      assert.deepEqual(
        fake.api.map(({ method, path }) => `${method} ${path}`),
        ['GET /v1/uploads/upload_9?projectId=proj_1', 'GET /v1/uploads/upload_9?projectId=proj_1'],
      )
    })

    it('has the same document, whose source and upload id are both the id', async (t) => {
      const fake = await looking(t, [{ status: 'imported', entityId: 'asset_7' }])
      const ended = await command(fake, ['wait', 'upload_9', '--json'])
      assert.equal(ended.code, 0)
      const { upload, ...document } = documentOf(ended)
      assert.equal(typeof upload.durationMs, 'number')
      assert.deepEqual(document, {
        schemaVersion: 1,
        ok: true,
        uploads: [
          {
            source: 'upload_9',
            type: null,
            ok: true,
            uploadId: 'upload_9',
            entityId: 'asset_7',
            kind: null,
            status: 'imported',
            fileName: null,
            contentType: null,
            bytes: null,
            parts: null,
            resumedParts: null,
            retries: upload.retries,
            durationMs: upload.durationMs,
            verified: null,
            skipped: false,
            error: null,
          },
        ],
        error: null,
      })
    })

    it('ends 1 for one that failed, and 8 for one that never ends', async (t) => {
      const failed = await looking(t, [{ status: 'failed', errorMessage: 'gated' }])
      assertFailure(await command(failed, ['wait', 'upload_9']), 1, /gated/)
      const never = await looking(t, [{ status: 'validating' }])
      const ended = await command(never, ['wait', 'upload_9', '--timeout', '500ms'])
      assertFailure(ended, 8, /upload_9/, /`scenario-upload wait upload_9`/)
    })

    it('ends in `--progress json` with `done`, all that is known of it in that, and no note', async (t) => {
      const fake = await looking(t, [{ status: 'imported', entityId: 'asset_7' }])
      const ended = await command(fake, ['wait', 'upload_9', '--progress', 'json', '--json'])
      const { error: _, ...known } = documentOf(ended).upload
      const [phase, ...rest] = eventsOf(ended)
      assert.equal(phase?.phase, 'validating')
      assert.deepEqual(rest, [{ event: 'done', ...known, index: 0 }])
    })

    for (const words of [
      ['wait', 'upload_9'],
      ['status', 'upload_9'],
    ]) {
      it(`has errors about their id in \`--progress json\`, as those of an upload about their source (${words[0]})`, async (t) => {
        const fake = await looking(t, [{ status: 'failed', errorMessage: 'gated' }])
        const error = eventsOf(await command(fake, [...words, '--progress', 'json'])).at(-1)
        assert.deepEqual(
          [error?.event, error?.code, error?.index, error?.source],
          ['error', 'ERR_IMPORT_FAILED', 0, 'upload_9'],
        )
      })
    }

    it('takes `--until validated`', async (t) => {
      const fake = await looking(t, [{ status: 'validated' }])
      assertAnswer(await command(fake, ['wait', 'upload_9', '--until', 'validated']), 'upload_9\n')
      assert.equal(looks(fake).length, 1)
    })

    it('ends 6 for an id that the server does not know', async (t) => {
      const fake = await fakeScenario(t, { look: (response) => json(response, 404, { message: 'no such upload' }) })
      const ended = await command(fake, ['wait', 'upload_9', '--json'])
      assert.equal(ended.code, 6)
      const { upload } = documentOf(ended)
      assert.deepEqual([upload.source, upload.uploadId, upload.ok], ['upload_9', 'upload_9', false])
      assert.equal(upload.error?.code, 'ERR_UPLOAD_UNKNOWN')
      assert.match(upload.error?.message ?? '', /no such upload/)
    })
  })

  describe('`status`', { concurrency: 3 }, () => {
    const rows: [look: Look, line: string][] = [
      [{ status: 'pending' }, 'upload_9\n'],
      [{ status: 'validating' }, 'upload_9\n'],
      [{ status: 'validated' }, 'upload_9\n'],
      [{ status: 'quarantined' }, 'upload_9\n'],
      [{ status: 'imported', entityId: 'asset_7' }, 'asset_7\n'],
    ]
    for (const [look, line] of rows) {
      it(`is one look, and ends 0: ${look.status}`, async (t) => {
        const fake = await looking(t, [look])
        const ended = await command(fake, ['status', 'upload_9'])
        assertAnswer(ended, line)
        assert.match(ended.stderr, new RegExp(`upload_9 is ${look.status}`))
        assert.deepEqual(
          fake.api.map(({ method, path }) => `${method} ${path}`),
          ['GET /v1/uploads/upload_9'],
        )
      })
    }

    it('ends 1 for an upload that failed, and says why', async (t) => {
      const fake = await looking(t, [{ status: 'failed', errorMessage: 'The file is corrupt' }])
      assertFailure(await command(fake, ['status', 'upload_9']), 1, /The file is corrupt/)
    })

    it('ends 6 for an id that the server does not know', async (t) => {
      const sandbox = await sandboxFor(t)
      assertFailure(await command(sandbox, ['status', 'upload_unknown']), 6, /404/)
    })

    it('has the same document, with what the server knows of the upload', async (t) => {
      const sandbox = await sandboxFor(t)
      const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(500))
      await command(sandbox, [file.path])
      const [held] = sandbox.uploads()
      assert.ok(held)
      const ended = await command(sandbox, ['status', held.id, '--json'])
      const { ok, sandbox: isSandbox, upload } = documentOf(ended)
      assert.deepEqual([ended.code, ok, isSandbox], [0, true, true])
      assert.deepEqual(
        [upload.source, upload.uploadId, upload.entityId, upload.status, upload.kind, upload.fileName, upload.bytes],
        [held.id, held.id, held.entityId, 'imported', 'image', 'hero.png', 500],
      )
      assert.equal(upload.error, null)
    })

    it('that could not be read stands in the document, under the id', async (t) => {
      const fake = await fakeScenario(t, { look: (response) => json(response, 404, { message: 'no such upload' }) })
      const ended = await command(fake, ['status', 'upload_9', '--json'])
      assert.equal(ended.code, 6)
      const { ok, upload } = documentOf(ended)
      assert.deepEqual([ok, upload.source, upload.uploadId, upload.ok], [false, 'upload_9', 'upload_9', false])
      assert.equal(upload.error?.exitCode, 6)
    })
  })
})
