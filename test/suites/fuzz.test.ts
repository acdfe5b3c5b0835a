/**
 * What comes from outside, as it should never come: replies, command lines, options, state files. A failure prints its
 * seed and path: SEED=<seed> PATH_OF=<path> with `--test-name-pattern=<title>` runs that case alone. SHORT=1 runs a hundredth,
 * and of the torn records a tenth.
 */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { lineOf } from '../../src/cli/conclusion.js'
import { parseLine } from '../../src/cli/parse.js'
import { doneLine, statusLine } from '../../src/cli/render/words.js'
import { styleFor } from '../../src/cli/style.js'
import { isId } from '../../src/core/ids.js'
import { checkProxy, chooseProxy, proxySettings } from '../../src/core/proxy.js'
import { redact } from '../../src/core/redact.js'
import { type RunOptions, settingsFrom } from '../../src/engine/check.js'
import { remoteResult } from '../../src/engine/result.js'
import { uploadOne } from '../../src/engine/upload-one.js'
import type { UploadResult } from '../../src/events.js'
import { upload } from '../../src/index.js'
import { refusal } from '../../src/scenario/refusal.js'
import * as schema from '../../src/scenario/schema.js'
import { checkSources, type SourceOptions } from '../../src/sources/check.js'
import { type OneSource, parseReference } from '../../src/sources/reference.js'
import { parseRecord, serializeRecord } from '../../src/state/record.js'
import { belies, s3Error } from '../../src/storage/s3-error.js'
import { madeFile, stage } from '../helpers/engine.js'
import { tempFolder, testFile } from '../helpers/files.js'
import { fakeScenario } from '../helpers/servers.js'
import { strangeFolders } from './fuzz/folders.js'
import { line, options, sourceInput } from './fuzz/lines.js'
import { tornRecord } from './fuzz/records.js'
import { anything, errorBody, errorStatus, headers, s3Body, secrets, uploadReply } from './fuzz/replies.js'
import { assertError, assertNoSecret, attempt } from './fuzz/shown.js'

const { SHORT, SEED, PATH_OF } = process.env
const replay = { ...(SEED ? { seed: Number(SEED) } : {}), ...(PATH_OF ? { path: PATH_OF } : {}) }
const figures: string[] = []
after(() => console.log(`fuzz: ${figures.join(', ')}`))

/** As many runs as the long form has; a hundredth in the short one. */
function runs(what: string, long: number, least = 10): fc.Parameters<unknown> & { numRuns: number } {
  const numRuns = SHORT ? Math.max(least, Math.round(long / 100)) : long
  figures.push(`${numRuns} ${what}`)
  return { numRuns, ...replay }
}

const basic = Buffer.from(`${secrets.key}:${secrets.secret}`).toString('base64')
const clean = (text: string) => redact(text, [basic, secrets.secret, secrets.key])
const mostShown = 600

function assertUrl(text: string): void {
  const { protocol, hostname, username, password } = new URL(text)
  const isLoopback = /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname)
  assert.ok(protocol === 'https:' || (protocol === 'http:' && isLoopback), text)
  assert.equal(username + password, '')
}

function assertParts(parts: readonly schema.PartUrl[]): void {
  parts.forEach(({ number, url, expires }, index) => {
    assert.equal(number, index + 1)
    assertUrl(url)
    assert.ok(expires === null || Number.isFinite(expires))
  })
}

function assertTexts(texts: readonly (string | null)[]): void {
  for (const text of texts) {
    if (text === null) continue
    assert.ok(typeof text === 'string' && text.length <= mostShown, `${text.length} characters`)
    assertNoSecret(text)
  }
}

function assertRemote(seen: schema.RemoteUpload): void {
  const { id, entityId, status, errorMessage, kind, source, fileName, contentType, fileSize, partsCount, parts } = seen
  assert.ok([id, entityId].every((each) => each === null || isId(each)))
  assert.ok(status !== '')
  assertTexts([status, errorMessage, kind, source, fileName, contentType])
  assert.ok([fileSize, partsCount].every((each) => each === null || Number.isSafeInteger(each)))
  if (parts !== null) assertParts(parts)
  const shown = statusLine(remoteResult('upload_1', seen))
  assertNoSecret(shown)
  assert.doesNotMatch(shown, /\p{Cc}/u)
}

const count = fc.integer({ min: 0, max: 6 })
const withCount = count.chain((parts) => fc.tuple(fc.constant(parts), uploadReply(parts)))

describe('a reply of the API, however wrong', { timeout: 3_600_000 }, () => {
  it('to create is an upload with all its parts, or an error', () => {
    const check = ([parts, body]: [number, unknown]) => {
      const end = attempt(() => schema.parseCreated(body, parts, clean), [1])
      if ('error' in end) return
      assert.ok(isId(end.value.id))
      assert.equal(end.value.parts.length, parts)
      assertParts(end.value.parts)
      assertTexts([end.value.status, end.value.errorMessage])
    }
    fc.assert(fc.property(withCount, check), runs('replies of create', 30_000))
  })

  it('to a look is an upload, or an error', () => {
    const check = (body: unknown) => {
      const end = attempt(() => schema.parseUpload(body, clean), [1])
      if ('value' in end) assertRemote(end.value)
    }
    fc.assert(fc.property(uploadReply(2), check), runs('of look', 25_000))
  })

  it('to complete is an upload, a bare yes, or an error', () => {
    const check = (body: unknown) => {
      const end = attempt(() => schema.parseCompleted(body, clean), [1])
      if ('value' in end && end.value) assertRemote(end.value)
    }
    fc.assert(fc.property(uploadReply(1), check), runs('of complete', 12_000))
  })

  it('that refuses is an error with a code of its own, and never a bug', () => {
    const call = fc.constantFrom('create', 'look at', 'complete')
    const check = (status: number, what: string, said: object, body: string) =>
      void assertError(refusal(what, { status, headers: { ...said }, body }, clean), [1, 4, 5, 6])
    fc.assert(fc.property(errorStatus, call, headers, errorBody, check), runs('refusals', 15_000))
  })

  it('of the bucket is an error with a code of its own, and never a bug', () => {
    const check = (status: number, said: object, body: string) => {
      const answer = { status, headers: { ...said }, body }
      assert.equal(typeof belies(answer), 'boolean')
      assertError(s3Error('part 1 of 2', answer), [5, 6], 'bucket')
    }
    fc.assert(fc.property(errorStatus, headers, s3Body, check), runs('answers of the bucket', 15_000))
  })
})

function assertEnd(result: UploadResult): void {
  const { ok, error, uploadId, entityId, status } = result
  assert.equal(ok, error === null)
  assert.ok([uploadId, entityId].every((id) => id === null || isId(id)))
  if (error) return void assertError(error, [1, 4, 5, 6, 8])
  assertTexts([status])
  const { error: _, ...facts } = result
  const shown = `${doneLine({ event: 'done', ...facts, index: 0 }, undefined, styleFor(false))}${lineOf(result).trim()}`
  assertNoSecret(shown)
  assert.doesNotMatch(shown, /\p{Cc}/u)
}

describe('a whole upload to a server gone wrong', { timeout: 3_600_000 }, () => {
  const file = madeFile(1)
  const step = <Value>(body: fc.Arbitrary<Value>) =>
    fc.array(fc.oneof({ arbitrary: body, weight: 4 }, { arbitrary: fc.constant(null), weight: 1 }), {
      minLength: 1,
      maxLength: 4,
    })
  const story = fc.record({
    ...{ creates: step(uploadReply(1)), looks: step(uploadReply(1)), completes: step(uploadReply(1)) },
    ...{ puts: step(fc.oneof(s3Body, fc.constant('good'), fc.constant('good'))), status: errorStatus, body: errorBody },
  })

  it('ends with the ids it was given, or with an error', async () => {
    const check = async ({
      creates,
      looks,
      completes,
      puts,
      status,
      body,
    }: typeof story extends fc.Arbitrary<infer S> ? S : never) => {
      const turn = { at: 0 }
      const next = <Value>(list: readonly Value[]) => list[turn.at++ % list.length]
      const said = <Value>(call: string, reply: unknown, parse: (reply: unknown) => Value) => {
        if (reply === null) throw refusal(call, { status, headers: {}, body }, clean)
        return parse(reply)
      }
      const staged = stage({
        settings: { retryForMs: 10_000, timeoutMs: 20_000 },
        client: {
          create: async () => said('create', next(creates), (reply) => schema.parseCreated(reply, 1, clean)),
          get: async () => said('look at', next(looks), (reply) => schema.parseUpload(reply, clean)),
          complete: async () => said('complete', next(completes), (reply) => schema.parseCompleted(reply, clean)),
        },
        bucket: {
          putPart: async ({ isExpired }) => {
            const reply = next(puts)
            if (reply === 'good') return { etag: '', encrypted: true }
            throw s3Error('part 1 of 1', { status, headers: {}, body: clean(reply ?? '') }, isExpired)
          },
        },
      })
      assertEnd(await uploadOne(file.source, staged.context))
    }
    await fc.assert(fc.asyncProperty(story, check), runs('uploads of faked edges', 2700))
  })

  it('over HTTP too', async (t) => {
    const state: { bodies: string[]; status: number; at: number } = { bodies: [''], status: 200, at: 0 }
    const answer = (response: ServerResponse) => {
      const body = state.bodies[state.at++ % state.bodies.length] ?? ''
      response.writeHead(state.at % 3 === 0 ? state.status : 200, { 'content-type': 'application/json' }).end(body)
    }
    const { apiUrl } = await fakeScenario(t, { create: answer, look: answer, complete: answer })
    const { path } = await testFile(await tempFolder(t), 'a.png', Buffer.from('89504e470d0a1a0a', 'hex'))
    const bodies = fc.array(
      fc.oneof(
        uploadReply(1).map((body) => JSON.stringify(body) ?? ''),
        errorBody,
      ),
      { minLength: 2, maxLength: 5 },
    )
    const check = async (said: string[], status: number) => {
      Object.assign(state, { bodies: said, status, at: 0 })
      const limits = { retryFor: 0, timeout: 0, stallTimeout: 5000, resume: false, verify: false }
      const end = await upload(path, { apiUrl, credentials: secrets, ...limits }).catch((error: unknown) =>
        assertError(error, [1, 4, 5, 6, 8]),
      )
      if ('ok' in end) assertEnd(end)
    }
    const status = fc.constantFrom(200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 503)
    await fc.assert(fc.asyncProperty(bodies, status, check), runs('uploads over HTTP', 300))
  })
})

describe('what a caller gives, however wrong', { timeout: 3_600_000 }, () => {
  it('on the line is a command, or a usage error', () => {
    const check = (words: string[]) => {
      const before = performance.now()
      const end = attempt(() => parseLine(words, '1.2.3'), [2], 'caller')
      assert.ok(performance.now() - before < 10_000, 'it took 10 s')
      if ('value' in end) assert.match(end.value.run, /^(print|upload|status|wait|forget|sandbox|doctor|completion)$/)
    }
    fc.assert(fc.property(line, check), runs('lines', 100_000))
  })

  it('as settings makes sense, or is a usage error', () => {
    const check = (given: Record<string, unknown>) => {
      const end = attempt(() => settingsFrom(given as RunOptions), [2], 'caller')
      if ('error' in end) return
      const { concurrency, limitRate, timeoutMs, retryForMs, stallMs, until } = end.value
      assert.ok(concurrency === 'auto' || (Number.isInteger(concurrency) && concurrency >= 1))
      assert.ok(limitRate >= 1000)
      assert.ok(timeoutMs >= 0 && retryForMs >= 0 && stallMs > 0)
      assert.ok(until === undefined || until === 'validated' || until === 'imported')
    }
    fc.assert(fc.property(options(anything), check), runs('settings', 20_000))
  })

  it('as a proxy is one, or a usage error that repeats nothing of it', () => {
    const target = new URL('https://api.scenario.test/v1')
    const given = fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: fc.constantFrom(...'http://[]:@%?#\\.,*1f') }))
    const check = (httpsProxy: string, noProxy: string) => {
      const end = attempt(
        () => chooseProxy(target, proxySettings({ HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy })),
        [2],
        'caller',
      )
      if ('value' in end) assert.match(end.value?.protocol ?? 'https:', /^https?:$/)
    }
    fc.assert(fc.property(given, given, check), runs('proxies', 20_000))
  })

  it('as the password of a proxy is nothing that could be shown as its host', () => {
    const check = (password: string) => {
      const settings = { httpsProxy: `http://anna:${password}@proxy.test:3128` }
      const end = attempt(() => checkProxy(settings), [2], 'caller')
      if ('value' in end) assert.equal(end.value?.host, 'proxy.test:3128')
    }
    const password = fc.string({ unit: fc.constantFrom(...'12a/\\#?%@:[]. ') })
    fc.assert(fc.property(password, check), runs('passwords', 20_000))
  })

  it('as a source is one, shown without secrets, or a usage error', () => {
    const check = (inputs: unknown[], given: Record<string, unknown>) => {
      const end = attempt(() => inputs.map((input) => parseReference(input as OneSource)), [2], 'caller')
      if ('error' in end) return assert.ok(!end.error.message.includes('token='), end.error.message)
      for (const { shown, type } of end.value) if (type !== 'file') assert.ok(!/token=|:\/\/[^/]*@/.test(shown), shown)
      attempt(
        () => {
          settingsFrom(given as RunOptions)
          checkSources(end.value, given as SourceOptions)
        },
        [2],
        'caller',
      )
    }
    const inputs = fc.array(sourceInput(anything), { minLength: 1, maxLength: 2 })
    fc.assert(fc.property(inputs, options(anything), check), runs('sources', 30_000))
  })
})

describe('a state file, however torn', { timeout: 3_600_000 }, () => {
  it('is a record that makes sense, or is none', () => {
    const check = (text: string) => {
      const read = parseRecord(text)
      if (typeof read === 'string') return assert.match(read, /^(torn|newer|foreign)$/)
      assert.deepEqual(parseRecord(serializeRecord(read)), read)
      assert.ok(isId(read.uploadId))
      const numbers = read.parts.map(({ number }) => number)
      assert.equal(new Set(numbers).size, numbers.length)
      assert.ok(numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= read.partsCount))
      assert.ok(read.parts.every(({ md5, proof }) => proof !== 'md5' || /^[0-9a-f]{32}$/.test(md5 ?? '')))
    }
    fc.assert(fc.property(tornRecord, check), runs('torn records', 10_000, 1000))
  })

  it('or strange on the disk, is set aside, and the upload begins', async (t) => {
    await fc.assert(strangeFolders(await tempFolder(t)), runs('strange folders', 500))
  })
})
