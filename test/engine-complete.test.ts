/** Completing an upload: once if it can be told, and never twice without a look in between. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complete } from '../src/engine/complete.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { RemoteUpload } from '../src/scenario/schema.js'
import { remote, stage } from './helpers/engine.js'

const error = (code: ErrorCode, retryAfterMs?: number) => new UploadError(code, code, { retryAfterMs })

type Answer = RemoteUpload | null | UploadError

/** Answers each call with the next of its list; tells the calls in order, and the end. */
async function completed(completes: Answer[], looks: Answer[] = [], again = false) {
  const calls: string[] = []
  const next = (call: string, answers: Answer[]) => async () => {
    calls.push(call)
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`nobody expected another ${call}`)
    if (answer instanceof UploadError) throw answer
    return answer
  }
  const get = next('look', looks)
  const { context, said } = stage({
    client: {
      complete: next('complete', completes),
      get: async (...args) => {
        const upload = await get()
        assert.ok(upload, String(args))
        return upload
      },
    },
  })
  const end = await complete('upload_1', again, context).then(
    (upload) => ({ upload, error: null }),
    (thrown: unknown) => ({ upload: undefined, error: thrown }),
  )
  return { ...end, calls, retries: said.filter(({ event }) => event === 'retry').length }
}

const validating = remote('validating')
const pending = remote('pending')

describe('complete', () => {
  it('is called once where it is answered', async () => {
    const { upload, calls } = await completed([validating])
    assert.equal(upload, validating)
    assert.deepEqual(calls, ['complete'])
  })

  it('may be answered with a bare yes', async () => {
    const { upload, calls } = await completed([null])
    assert.equal(upload, null)
    assert.deepEqual(calls, ['complete'])
  })

  for (const code of ['ERR_NETWORK', 'ERR_SERVER'] as const) {
    it(`in doubt (${code}) is looked at first: gone past pending is success`, async () => {
      const { upload, calls, retries } = await completed([error(code)], [validating])
      assert.equal(upload, validating)
      assert.deepEqual(calls, ['complete', 'look'])
      assert.equal(retries, 1)
    })

    it(`in doubt (${code}) is called again where the upload is pending still`, async () => {
      const { upload, calls } = await completed([error(code), validating], [pending])
      assert.equal(upload, validating)
      assert.deepEqual(calls, ['complete', 'look', 'complete'])
    })
  }

  for (const status of ['imported', 'validated', 'complete', 'failed', 'quarantined']) {
    it(`in doubt, and found to be ${status}, is done`, async () => {
      const { upload, calls } = await completed([error('ERR_NETWORK')], [remote(status)])
      assert.equal(upload?.status, status)
      assert.deepEqual(calls, ['complete', 'look'])
    })
  }

  it('in doubt is never called without a look, though the looks fail too', async () => {
    const { upload, calls } = await completed(
      [error('ERR_NETWORK'), validating],
      [error('ERR_NETWORK'), error('ERR_SERVER'), pending],
    )
    assert.equal(upload, validating)
    assert.deepEqual(calls, ['complete', 'look', 'look', 'look', 'complete'])
  })

  it('that was turned away (429) is simply called again: it did not get through', async () => {
    const { upload, calls } = await completed([error('ERR_RATE_LIMITED'), validating])
    assert.equal(upload, validating)
    assert.deepEqual(calls, ['complete', 'complete'])
  })

  it('is given up once nothing has got on for as long as one is willing to try', async () => {
    const { error: thrown, calls } = await completed(
      Array.from({ length: 500 }, () => error('ERR_SERVER')),
      Array.from({ length: 500 }, () => pending),
    )
    assert.ok(thrown instanceof UploadError && thrown.code === 'ERR_SERVER', String(thrown))
    assert.ok(calls.length > 50 && calls.length < 500, String(calls.length))
  })
})

describe('a refusal of complete', () => {
  it('is final at the first try, and costs no look', async () => {
    const refused = error('ERR_API_REFUSED')
    const { error: thrown, calls } = await completed([refused])
    assert.equal(thrown, refused)
    assert.deepEqual(calls, ['complete'])
  })

  it('at the first try is held against a look where an earlier run may have completed it', async () => {
    const { upload, calls, retries } = await completed([error('ERR_API_REFUSED')], [validating], true)
    assert.equal(upload, validating)
    assert.deepEqual([calls, retries], [['complete', 'look'], 0])
  })

  it('there too is final where the upload is pending', async () => {
    const refused = error('ERR_API_REFUSED')
    const { error: thrown } = await completed([refused], [pending], true)
    assert.equal(thrown, refused)
  })

  it('at a later try is held against a look: gone past pending is success', async () => {
    const { upload, calls } = await completed([error('ERR_NETWORK'), error('ERR_API_REFUSED')], [pending, validating])
    assert.equal(upload, validating)
    assert.deepEqual(calls, ['complete', 'look', 'complete', 'look'])
  })

  it('at a later try is final where the upload is pending', async () => {
    const refused = error('ERR_API_REFUSED')
    const { error: thrown } = await completed([error('ERR_NETWORK'), refused], [pending, pending])
    assert.equal(thrown, refused)
  })

  for (const code of ['ERR_CREDENTIALS_REFUSED', 'ERR_UPLOAD_UNKNOWN', 'ERR_REPLY'] as const) {
    it(`${code} is final`, async () => {
      const refused = error(code)
      const { error: thrown, calls } = await completed([refused])
      assert.equal(thrown, refused)
      assert.deepEqual(calls, ['complete'])
    })
  }
})
