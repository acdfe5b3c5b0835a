/** What a hostile or broken world sends that once was more than an error: each case small, and named. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { assetOptionsFrom } from '../src/core/asset-options.js'
import { redact } from '../src/core/redact.js'
import { parseRetryAfter } from '../src/core/retry.js'
import { formatDuration } from '../src/core/units.js'
import { refusal } from '../src/scenario/refusal.js'
import { parseUpload } from '../src/scenario/schema.js'
import { checkSources } from '../src/sources/check.js'
import { parseReference } from '../src/sources/reference.js'
import { holderOf, takeLock } from '../src/state/lock.js'
import { s3Error } from '../src/storage/s3-error.js'
import { tempFolder } from './helpers/files.js'

const same = (text: string) => text

describe('a server’s words', () => {
  it('of any length have their secrets taken out in time', () => {
    const began = performance.now()
    for (const piece of ['http://', 'http://a.', 'basic ', 'https://u@']) redact(piece.repeat(100_000))
    // Each took minutes where the time grew with the square of the length.
    assert.ok(performance.now() - began < 10_000)
  })

  it('are cut where they are longer than anyone reads', () => {
    const long = 'x'.repeat(100_000)
    const { status, errorMessage } = parseUpload({ upload: { status: long, errorMessage: long } }, same)
    assert.equal(status.length, 101)
    assert.equal(errorMessage?.length, 501)
  })

  it('are no id where they hold a secret', () => {
    const clean = (text: string) => text.replaceAll('topsecret', '…')
    for (const name of ['id', 'entityId']) {
      const body = { upload: { status: 'imported', [name]: 'asset_topsecret' } }
      assert.throws(() => parseUpload(body, clean), { code: 'ERR_REPLY', message: /is not an id$/ })
    }
  })

  it('may ask for a pause beyond all numbers', () => {
    const asked = [
      parseRetryAfter('9'.repeat(400), 0),
      refusal('create', { status: 429, headers: {}, body: '{"remainingSeconds":1e999}' }, same).retryAfterMs,
    ]
    for (const ms of asked) assert.match(formatDuration(ms ?? 0), /^\d+ h( \d+ min)?$/)
  })
})

describe('an error code of the storage', () => {
  const errorOf = (code: string) =>
    s3Error('part 1 of 1', { status: 403, headers: {}, body: `<Error><Code>${code}</Code></Error>` })

  it('may be called as a thing that every object has', () => {
    for (const code of ['constructor', 'toString', '__proto__']) {
      assert.equal(errorOf(code).code, 'ERR_STORAGE_REFUSED')
      assert.equal(errorOf(code).storageCode, code)
    }
  })

  it('has its secrets taken out', () => {
    const error = errorOf('see https://bucket.test/k?X-Amz-Signature=c0ffee')
    assert.doesNotMatch(JSON.stringify({ ...error, message: error.message }), /c0ffee/)
  })
})

describe('what stands under the name of a lock', { skip: process.platform === 'win32', timeout: 60_000 }, () => {
  const things: readonly [title: string, make: (path: string) => unknown][] = [
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to a device', (path) => symlink('/dev/zero', path)],
    ['a link to nothing', (path) => symlink('/nowhere/at/all', path)],
  ]
  for (const [title, make] of things) {
    it(`and is ${title} is nobody’s, and is replaced`, async (t) => {
      const path = join(await tempFolder(t), 'a.lock')
      await make(path)
      assert.equal(await holderOf(path), null)
      const locking = await takeLock(path)
      assert.equal(locking.is, 'taken')
      assert.equal((await holderOf(path))?.pid, process.pid)
      if (locking.is === 'taken') await locking.lock.release()
    })
  }
})

describe('a caller whose compiler does not look', () => {
  /** As JavaScript hands it over. */
  const loose = (json: string) => JSON.parse(json)
  const rows: readonly [title: string, call: () => unknown][] = [
    ['a number for --parent', () => assetOptionsFrom(loose('{"parent":5}'))],
    ['a number for --collection', () => assetOptionsFrom(loose('{"collection":5}'))],
    ['nothing in a list for --collection', () => assetOptionsFrom(loose('{"collection":[null]}'))],
    ['a list for --kind', () => checkSources([parseReference('a.png')], loose('{"kind":[null]}'))],
    ['a number for --name', () => checkSources([parseReference('a.png')], loose('{"name":5}'))],
    ['a text for --parts', () => checkSources([parseReference('a.png')], loose('{"parts":"5"}'))],
    ['a source that is half right', () => parseReference(loose('{"civitai":"1","huggingface":{}}'))],
  ]
  for (const [title, call] of rows) {
    it(`is told of ${title}`, () => assert.throws(call, { code: 'ERR_USAGE', exitCode: 2 }))
  }
})
