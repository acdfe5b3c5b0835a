/** When a presigned URL is too old to begin with, and which of two sets is the newer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFresher, isNearEnd, isPast } from '../src/core/expiry.js'

describe('a URL is past its end', () => {
  const rows: readonly [expires: number | null, now: number, past: boolean][] = [
    [1000, 999, false],
    [1000, 1000, true],
    [1000, 1001, true],
    [0, 0, true],
    [null, Number.MAX_SAFE_INTEGER, false],
  ]
  for (const [expires, now, past] of rows) {
    it(`${past ? 'at' : 'not at'} ${now}, where it expires at ${expires}`, () =>
      assert.equal(isPast({ expires }, now), past))
  }
})

describe('a URL is near its end', () => {
  const hour = 3_600_000
  const rows: readonly [title: string, expires: number | null, since: number, now: number, near: boolean][] = [
    ['not before its last ten seconds', hour, 0, hour - 10_001, false],
    ['in its last ten seconds', hour, 0, hour - 10_000, true],
    ['after its end', hour, 0, hour + 1, true],
    ['not before its last tenth, where it lives shortly', 20_000, 0, 17_999, false],
    ['in its last tenth, where it lives shortly', 20_000, 0, 18_000, true],
    ['by how long it was to live when it came', hour, hour - 5000, hour - 501, false],
    ['not at its birth, however short its life', 1000, 0, 0, false],
    ['where it came dead', 1000, 5000, 5000, true],
    ['never, where nobody says when it ends', null, 0, Number.MAX_SAFE_INTEGER, false],
  ]
  for (const [title, expires, since, now, near] of rows) {
    it(title, () => assert.equal(isNearEnd({ expires, since }, now), near))
  }
})

describe('a set of URLs is fresher', () => {
  const set = (...urls: (readonly [string, number | null])[]) => urls.map(([url, expires]) => ({ url, expires }))
  const old = set(['a', 1000], ['b', 2000])
  const rows: readonly [
    title: string,
    fresh: ReturnType<typeof set>,
    before: ReturnType<typeof set>,
    fresher: boolean,
  ][] = [
    ['where its first end comes later', set(['a', 1001], ['b', 1001]), old, true],
    ['not where one of it ends as early', set(['c', 1000], ['d', 9000]), old, false],
    ['not where it ends earlier', set(['c', 999], ['d', 9000]), old, false],
    ['by its other addresses, where it does not say', set(['a', null], ['c', null]), old, true],
    [
      'by its other addresses, where the old one did not say',
      set(['a', 5000], ['c', 5000]),
      set(['a', null], ['b', null]),
      true,
    ],
    [
      'not with the same addresses, where nobody says',
      set(['a', null], ['b', null]),
      set(['a', null], ['b', null]),
      false,
    ],
    ['by the ends that are known', set(['a', null], ['b', 3000]), set(['a', 2000], ['b', null]), true],
  ]
  for (const [title, fresh, before, fresher] of rows) {
    it(title, () => assert.equal(isFresher(fresh, before), fresher))
  }
})
