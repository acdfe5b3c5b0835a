/** When imports end, as far as those before tell. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createImportTimes } from '../src/core/import-times.js'
import { pollDelay } from '../src/core/poll.js'

describe('the typical import', () => {
  it('is unknown until one has ended', () => {
    const times = createImportTimes()
    assert.equal(times.typical(), undefined)
    times.ended(5200, 8)
    assert.equal(times.typical(), 5200)
  })

  it('takes longer than was thought, where a look came too early', () => {
    const times = createImportTimes()
    times.ended(5000, 8)
    times.ended(7000, 2)
    assert.equal(times.typical(), 5600)
  })

  it('may take less than was thought, where a single look saw it ended', () => {
    const times = createImportTimes()
    times.ended(5000, 8)
    times.ended(5200, 1)
    assert.equal(times.typical(), 4950)
    times.ended(1000, 1)
    assert.equal(times.typical(), 1000)
  })

  it('is no shorter for a hundred such looks than for one, where all of them had the same guess', () => {
    const times = createImportTimes()
    times.ended(5000, 8)
    for (let count = 0; count < 100; count++) times.ended(5200, 1, 5000)
    assert.equal(times.typical(), 4950)
  })
})

/** Looks at imports as the engine does, and counts. */
function looks(importMs: readonly number[]): { aFile: number; late: number } {
  const times = createImportTimes()
  times.ended(
    pollDelay(0, () => 0),
    2,
  )
  const total = { looks: 0, late: 0 }
  for (const ends of importMs) {
    let at = (times.typical() ?? 0) * 1.05
    let count = 1
    while (at < ends) {
      at += pollDelay(at, () => 0.5)
      count++
    }
    times.ended(at, count)
    total.looks += count
    total.late += at - ends
  }
  return { aFile: total.looks / importMs.length, late: total.late / importMs.length }
}

describe('looks at two hundred imports', () => {
  it('that take 5 s each are fewer than one and a half a file, each a second late at most', () => {
    const { aFile, late } = looks(Array.from({ length: 200 }, () => 5000))
    assert.ok(aFile < 1.5, `${aFile}`)
    assert.ok(late < 1000, `${late}`)
  })

  it('that take longer and longer keep up', () => {
    const { aFile } = looks(Array.from({ length: 200 }, (_, index) => 1000 + 100 * index))
    assert.ok(aFile < 2.5, `${aFile}`)
  })
})
