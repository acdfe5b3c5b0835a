/** Sources that were never tried are told of in one line. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { foldUntried } from '../src/cli/render/fold-untried.js'
import { createQuietRenderer } from '../src/cli/render/quiet.js'
import type { Renderer } from '../src/cli/render/renderer.js'
import { styleFor } from '../src/cli/style.js'
import { type ErrorCode, UploadError } from '../src/errors.js'

function heard(...codes: ErrorCode[]): string[] {
  const lines: string[] = []
  const stderr = { write: (text: string) => lines.push(text) > 0, on: () => {} }
  const inner: Renderer = createQuietRenderer(stderr, styleFor(false))
  const renderer = foldUntried({ ...inner, say: (line) => lines.push(line) })
  for (const [index, code] of codes.entries()) {
    const fields = new UploadError(code, `what happened to ${index}.png`).toJSON()
    renderer.hear({ event: 'error', ...fields, index, source: `${index}.png` })
  }
  renderer.stop()
  renderer.stop()
  return lines
}

it('one of them is a source, more are sources, and the errors of others stay as they are', () => {
  assert.deepEqual(heard('ERR_NOT_TRIED'), ['  1 source was not tried'])
  const [error, sum, ...rest] = heard('ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED', 'ERR_NOT_TRIED')
  assert.match(error ?? '', /^✖ what happened to 0\.png\n {2}→ /)
  assert.equal(sum, '  2 sources were not tried')
  assert.deepEqual(rest, [])
})

it('nothing is said where all were tried', () => {
  assert.equal(heard('ERR_SERVER').length, 1)
})
