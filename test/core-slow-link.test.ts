/** When a link is slow enough to say so. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSlowLink } from '../src/core/slow-link.js'

type Look = readonly [seconds: number, rate: number | undefined, leftHours?: number]

function toldAt(looks: readonly Look[]): number[] {
  const isSlow = createSlowLink()
  return looks.filter(([at, rate, hours]) => isSlow(rate, hours && hours * 3_600_000, at * 1000)).map(([at]) => at)
}

describe('a slow link', () => {
  const rows: readonly [title: string, looks: Look[], told: number[]][] = [
    [
      'is told after 20 seconds under 100 kB/s',
      [
        [0, 80_000],
        [19, 80_000],
        [20, 80_000],
      ],
      [20],
    ],
    [
      'is told once',
      [
        [0, 80_000],
        [20, 80_000],
        [40, 80_000],
        [80, 10],
      ],
      [20],
    ],
    [
      'is told where 12 hours are left, however fast it is',
      [
        [0, 9e6, 13],
        [20, 9e6, 13],
      ],
      [20],
    ],
    [
      'is not one that was slow for a moment',
      [
        [0, 80_000],
        [15, 200_000],
        [20, 80_000],
        [39, 80_000],
      ],
      [],
    ],
    [
      'is not one where nothing moves',
      [
        [0, 0],
        [30, 0],
        [60, 0],
      ],
      [],
    ],
    [
      'is not one whose speed is not known',
      [
        [0, undefined],
        [30, undefined],
      ],
      [],
    ],
  ]
  for (const [title, looks, told] of rows) it(title, () => assert.deepEqual(toldAt(looks), told))
})
