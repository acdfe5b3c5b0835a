/** `--concurrency auto` over two hundred drawn links, against the best fixed number of connections on each. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAutoConnections } from '../src/core/auto-connections.js'
import { drawLink, type Link } from './helpers/drawn/link.js'
import { fixed, type Policy, upload } from './helpers/drawn/upload.js'
import { chanceOf } from './helpers/simulated/chance.js'

const drawn: readonly Link[] = Array.from({ length: 200 }, (_, index) => drawLink(chanceOf(index + 1)))
/** Of the larger numbers every other one: their neighbours do as well. */
const counts = Array.from({ length: 32 }, (_, index) => index + 1).filter((count) => count <= 16 || count % 2 === 0)

/** The seconds that the best of all fixed numbers takes. Those that are most often good come first, to end the others early. */
const bestOf = (link: Link) =>
  counts.toReversed().reduce((best, count) => Math.min(best, upload(link, () => fixed(count), best).seconds), 3600)

describe('over two hundred links, of many kinds', () => {
  const best = drawn.map(bestOf)
  /** On how many of them it takes at most a tenth longer than the best fixed number. */
  const good = (policyFor: (now: () => number) => Policy) =>
    drawn.filter((link, index) => upload(link, policyFor).seconds <= 1.1 * (best[index] ?? 0)).length

  it('it is within a tenth of the best fixed number on at least 95 in 100, with 32 connections at most', (t) => {
    const within = good(createAutoConnections)
    t.diagnostic(`within a tenth of the best fixed number: ${within} of ${drawn.length}`)
    assert.ok(within >= 0.95 * drawn.length, `${within} of ${drawn.length}`)
    const most = Math.max(...drawn.map((link) => upload(link, createAutoConnections).most))
    assert.ok(most <= 32, `${most} connections`)
  })

  for (const count of [4, 8, 16, 32]) {
    it(`no fixed number is that good: not ${count}`, () => {
      const within = good(() => fixed(count))
      assert.ok(within < 0.95 * drawn.length, `${within} of ${drawn.length}`)
    })
  }
})
