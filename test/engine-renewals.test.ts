/** How often URLs may be renewed in vain. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRenewals } from '../src/engine/renewals.js'
import { UploadError } from '../src/errors.js'

const outOfUrls = (error: unknown) => {
  assert.ok(error instanceof UploadError)
  assert.deepEqual([error.code, error.exitCode, error.retryable], ['ERR_URL_EXPIRED', 5, true])
  assert.match(error.message, /3 renewals in a row brought no progress/)
  return true
}

function spent(times: number) {
  const renewals = createRenewals()
  for (let i = 0; i < times; i++) renewals.spend(null)
  return renewals
}

describe('renewals', () => {
  it('are three in a row, and the fourth ends it with 5', () => {
    const { spend } = spent(3)
    assert.throws(() => spend(null), outOfUrls)
  })

  it('are three again once bytes came to the storage', () => {
    const { spend, reached } = spent(3)
    reached(1)
    for (let i = 0; i < 3; i++) spend(null)
    assert.throws(() => spend(null), outOfUrls)
  })

  it('are not three again for bytes that were there before: a new upload begins at nothing', () => {
    const { spend, reached } = createRenewals()
    reached(500)
    for (let i = 0; i < 3; i++) {
      spend(null)
      reached(100 * i)
      reached(500)
    }
    assert.throws(() => spend(null), outOfUrls)
  })

  it('stay at an end once they came to it', () => {
    const { spend } = spent(3)
    for (let i = 0; i < 3; i++) assert.throws(() => spend(null), outOfUrls)
  })

  it("end with the storage's own words, and its request's id", () => {
    const { spend } = spent(3)
    const refusal = new UploadError('ERR_URL_EXPIRED', 'the storage says: Request has expired', { requestId: 'REQ1' })
    assert.throws(
      () => spend(refusal),
      (error) => {
        assert.ok(outOfUrls(error) && error instanceof UploadError)
        assert.match(error.message, /^the storage says: Request has expired; /)
        assert.equal(error.requestId, 'REQ1')
        return true
      },
    )
  })
})
