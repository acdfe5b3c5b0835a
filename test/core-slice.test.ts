/** Pieces grow on a quick link and shrink on a slow one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextSlice, sliceLimits } from '../src/core/slice.js'

const KiB = 1024

const rows = [
  [64 * KiB, 1, 128 * KiB, 'is doubled where it was taken at once'],
  [256 * KiB, 1, 256 * KiB, 'never grows beyond the most'],
  [256 * KiB, 500, 256 * KiB, 'stays as it is where it took a while'],
  [256 * KiB, 1500, 128 * KiB, 'is halved where it took long'],
  [64 * KiB, 60_000, 64 * KiB, 'never shrinks below the least'],
] as const

describe('the next piece', () => {
  for (const [bytes, ms, next, what] of rows) it(what, () => assert.equal(nextSlice(bytes, ms), next))

  it('is small enough on a link of 10 kB/s to be taken well within the time that counts as silence', () => {
    const atRate = (slice: number) => (1000 * slice) / 10_000
    const settled = Array.from({ length: 10 }).reduce<number>((slice) => nextSlice(slice, atRate(slice)), 1024 * KiB)
    assert.equal(settled, sliceLimits.leastBytes)
    assert.ok(atRate(settled) < 10_000)
  })
})
