/** When a presigned URL is too old to begin with, and which of two sets of URLs is the fresher one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFresher, isNearEnd, isPast } from '../src/core/expiry.js'

describe('a URL', () => {
  const rows: readonly [title: string, expires: number | null, now: number, past: boolean][] = [
    ['lives until its end', 1000, 999, false],
    ['is past at its end', 1000, 1000, true],
    ['is past after it', 1000, 1001, true],
    ['whose end nobody knows is never past', null, Number.MAX_SAFE_INTEGER, false],
  ]
  for (const [title, expires, now, past] of rows) it(title, () => assert.equal(isPast({ expires }, now), past))
})

describe('a URL is near its end', () => {
  const hour = 3_600_000
  const rows: readonly [title: string, expires: number | null, since: number, now: number, near: boolean][] = [
    ['ten seconds before it', hour, 0, hour - 10_000, true],
    ['and not a millisecond sooner', hour, 0, hour - 10_001, false],
    ['in the last tenth of a short life', 15_000, 5000, 14_000, true],
    ['and not in the nine before', 15_000, 5000, 13_999, false],
    ['after it', 15_000, 5000, 20_000, true],
    ['at once, where it came expired', 5000, 15_000, 5000, true],
    ['with no margin at all then, so that a clock that goes back finds it alive', 5000, 15_000, 4999, false],
    ['never, where nobody knows of one', null, 0, Number.MAX_SAFE_INTEGER, false],
  ]
  for (const [title, expires, since, now, near] of rows) {
    it(title, () => assert.equal(isNearEnd({ expires, since }, now), near))
  }
})

describe('a set of URLs is fresher', () => {
  const set = (...expires: (number | null)[]) =>
    expires.map((end, index) => ({ url: `https://b/${index}`, expires: end }))
  const others = (...expires: (number | null)[]) => set(...expires).map((part) => ({ ...part, url: `${part.url}?2` }))
  type Urls = ReturnType<typeof set>
  const rows: readonly [title: string, fresh: Urls, old: Urls, fresher: boolean][] = [
    ['where it lives longer', others(11, 11), set(10, 10), true],
    ['but not where it lives as long', others(10, 10), set(10, 10), false],
    ['nor where it ends sooner', others(9, 9), set(10, 10), false],
    ['by the URL of it that ends first', others(10, 99), set(10, 10), false],
    ['than that of the old one that ended first', others(11, 12), set(99, 10), true],
    ['as far as an end is said at all', others(null, 11), set(10, null), true],
    ['where nobody says when it ends, and it is another one', others(null, null), set(null, null), true],
    ['where only the old one says when it ends, and it is another one', others(null, null), set(10, 10), true],
    ['where only the new one says so, and it is another one', others(10, 10), set(null, null), true],
    ['by a single URL that is another one', [...set(null), ...others(null, null).slice(1)], set(null, null), true],
    ['but not where it is the same one, and nobody says when it ends', set(null, null), set(null, null), false],
    ['nor where the same one says no more when it ends', set(null), set(10), false],
  ]
  for (const [title, fresh, old, fresher] of rows) it(title, () => assert.equal(isFresher(fresh, old), fresher))
})
