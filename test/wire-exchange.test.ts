/** What may be told of a request: once, with the time that it took, and never with what signs it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Exchange, timed } from '../src/wire/exchange.js'

function telling(url: string) {
  const state = { now: 100 }
  const told: Exchange[] = []
  const tell = timed(
    'PUT',
    url,
    (exchange) => told.push(exchange),
    () => state.now,
  )
  return { state, told, tell }
}

describe('a request', () => {
  it('is told with its answer, and how long that took', () => {
    const { state, told, tell } = telling('https://b.test/k')
    state.now = 350.4
    tell(200)
    assert.deepEqual(told, [{ method: 'PUT', url: 'https://b.test/k', status: 200, durationMs: 250 }])
  })

  it('is told once, by the first word on it', () => {
    const { told, tell } = telling('https://b.test/k')
    tell(503)
    tell(null)
    tell(200)
    assert.deepEqual(
      told.map(({ status }) => status),
      [503],
    )
  })

  it('without an answer is told too', () => {
    const { told, tell } = telling('https://b.test/k')
    tell(null)
    assert.deepEqual(
      told.map(({ status }) => status),
      [null],
    )
  })

  const urls: readonly [url: string, shown: string][] = [
    ['https://b.test/k?X-Amz-Signature=topsecret&partNumber=1', 'https://b.test/k?…'],
    ['http://127.0.0.1:80/k?a', 'http://127.0.0.1:80/k?…'],
    ['https://user:topsecret@b.test/k', 'https://b.test/k'],
    ['https://api.test/v1/uploads?projectId=p', 'https://api.test/v1/uploads?…'],
    ['https://api.test/v1/uploads', 'https://api.test/v1/uploads'],
  ]
  for (const [url, shown] of urls) {
    it(`to ${shown} is told with its URL cut`, () => {
      const { told, tell } = telling(url)
      tell(200)
      assert.equal(told[0]?.url, shown)
    })
  }
})
