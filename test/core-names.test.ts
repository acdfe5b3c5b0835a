/** Kinds and slips in their names, ids, addresses that never leave the machine, and headers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { headerOf } from '../src/core/headers.js'
import { isId } from '../src/core/ids.js'
import { kinds, parseKind } from '../src/core/kinds.js'
import { isLoopback, isSecure } from '../src/core/loopback.js'
import { suggest } from '../src/core/suggest.js'
import { UploadError } from '../src/errors.js'

function refusal(word: string): UploadError {
  try {
    parseKind(word)
  } catch (error) {
    if (error instanceof UploadError) return error
  }
  return assert.fail(`${word} was not refused`)
}

describe('a kind', () => {
  for (const kind of kinds)
    it(`${kind} is one, in capitals too`, () => assert.equal(parseKind(kind.toUpperCase()), kind))

  it('that is none is refused with all that there are', () => {
    const { code, message, hint } = refusal('spreadsheet')
    assert.equal(code, 'ERR_USAGE')
    assert.equal(
      message,
      '"spreadsheet" is no kind: it is one of 3d, asset, audio, avatar, image, model, text or video',
    )
    assert.equal(hint, 'Give one of these with `--kind`.')
  })

  it('with a slip in it is refused with what was probably meant', () => {
    assert.equal(refusal('imgae').hint, 'Did you mean `--kind image`?')
  })
})

describe('the word that was probably meant', () => {
  const words = ['3d', 'asset', 'audio', 'image', 'model', 'video', 'transcription'] as const
  const rows: readonly [slip: string, word: string, meant: string | undefined][] = [
    ['the same word', 'model', 'model'],
    ['capitals', 'MODEL', 'model'],
    ['a letter left out', 'modl', 'model'],
    ['a letter too many', 'models', 'model'],
    ['a wrong letter', 'madel', 'model'],
    ['two letters swapped, which is one slip', 'mdoel', 'model'],
    ['two slips', 'imgaes', 'image'],
    ['three slips in a short word', 'midaxs', undefined],
    ['as many as two in five letters of a long word', 'trunscripshun', 'transcription'],
    ['more than those', 'trunzkrypshun', undefined],
    ['half of a short word', '3x', '3d'],
    ['all of a short word', 'zz', undefined],
    ['the nearest of several', 'vadeo', 'video'],
    ['nothing', '', undefined],
    ['something else', 'spreadsheet', undefined],
  ]
  for (const [slip, word, meant] of rows) {
    it(`after ${slip} ("${word}") is ${meant ?? 'none'}`, () => assert.equal(suggest(word, words), meant))
  }

  it('is the first of two that are equally near', () => {
    assert.equal(suggest('cat', ['car', 'cap']), 'car')
    assert.equal(suggest('cat', ['cap', 'car']), 'cap')
  })

  it('is the nearer one, wherever it stands', () => {
    assert.equal(suggest('asset', ['assert', 'asses', 'asset']), 'asset')
    assert.equal(suggest('abcdef', ['abcdzz', 'abcdez']), 'abcdez')
  })
})

describe('an id', () => {
  const rows: readonly [text: string, is: boolean][] = [
    ['upload_AbC-123:4.5', true],
    ['a'.repeat(200), true],
    ['a'.repeat(201), false],
    ['..a', true],
    ['a..', true],
    ['.', false],
    ['..', false],
    ['', false],
    ['a/b', false],
    ['a b', false],
    ['/a', false],
    ['a::b', true],
    ['::a', false],
    [':a', true],
    ['a\n', false],
    ['é', false],
  ]
  for (const [text, is] of rows) it(`${JSON.stringify(text)}: ${is}`, () => assert.equal(isId(text), is))
})

describe('an address of this machine', () => {
  const rows: readonly [address: string, loopback: boolean][] = [
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.255.10.254', true],
    ['[::1]', true],
    ['128.0.0.1', false],
    ['1127.0.0.1', false],
    ['127.0.0.1.example', false],
    ['127.0.0.', false],
    ['127.example', false],
    ['localhost.example', false],
    ['[::2]', false],
    ['', false],
  ]
  for (const [address, loopback] of rows) {
    it(`${address || 'none'}: ${loopback}`, () => assert.equal(isLoopback(address), loopback))
  }
})

describe('what we send may go', () => {
  const rows: readonly [url: string, secure: boolean][] = [
    ['https://api.example', true],
    ['https://localhost', true],
    ['http://localhost:80', true],
    ['http://[::1]', true],
    ['http://127.1', true],
    ['http://api.example', false],
    ['ftp://localhost', false],
    ['ws://127.0.0.1', false],
  ]
  for (const [url, secure] of rows) it(`to ${url}: ${secure}`, () => assert.equal(isSecure(new URL(url)), secure))
})

describe('a header', () => {
  const headers = { etag: '"1"', via: ['a', 'b'], none: undefined }
  const rows: readonly [title: string, name: string, value: string | undefined][] = [
    ['is its value', 'etag', '"1"'],
    ['that came twice is the first of them', 'via', 'a'],
    ['that is not there is undefined', 'none', undefined],
  ]
  for (const [title, name, value] of rows) it(title, () => assert.equal(headerOf({ headers }, name), value))
})
