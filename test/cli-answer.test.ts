/** Standard output of many: in the order given, whichever ended first. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inOrder } from '../src/cli/answer.js'

function answered() {
  const written: string[] = []
  return { written, lines: inOrder((text) => written.push(text)) }
}

describe('lines in order', () => {
  it('are written as soon as all before them are', () => {
    const { written, lines } = answered()
    lines.put(2, 'c')
    lines.put(0, 'a')
    assert.deepEqual(written, ['a'])
    lines.put(1, 'b')
    assert.deepEqual(written, ['a', 'b', 'c'])
  })

  it('do not wait for what has none', () => {
    const { written, lines } = answered()
    lines.put(1, 'b')
    lines.put(0, '')
    assert.deepEqual(written, ['b'])
  })

  it('are all written where nothing more will come', () => {
    const { written, lines } = answered()
    lines.put(3, 'd')
    lines.put(1, 'b')
    lines.put(2, '')
    lines.rest()
    assert.deepEqual(written, ['b', 'd'])
  })
})
