/** Patterns: what is one, what it matches, and which folders it leads into. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UploadError } from '../src/errors.js'
import { compileFilter } from '../src/sources/gate.js'
import { isPattern, withSlashes } from '../src/sources/magic.js'
import { compile } from '../src/sources/pattern.js'

describe('a pattern, if no file has that name, is', () => {
  for (const text of ['*.png', 'what?.png', 'hero[1].png', 'a.{png,jpg}', 'shot{1..9}.png', 'art/**', '{a/b,c}/*']) {
    it(text, () => assert.equal(isPattern(text), true))
  }
})

describe('no pattern is', () => {
  for (const text of [
    'hero.png',
    'copy (1).png',
    'a{b}.png',
    'a[.png',
    'a{.png',
    'b+.png',
    '!a.png',
    'hero\\[1\\].png',
    '\\*',
  ]) {
    it(text, () => assert.equal(isPattern(text), false))
  }
})

describe('a pattern', () => {
  const rows: readonly [pattern: string, matches: string[], not: string[]][] = [
    ['*.png', ['a.png', 'a b.png'], ['a.jpg', 'x/a.png', '.a.png', 'a.PNG']],
    ['**/*.png', ['a.png', 'x/y/a.png'], ['.x/a.png', 'x/.a.png', 'a.jpg']],
    ['*/a.png', ['x/a.png'], ['a.png', 'x/y/a.png']],
    ['?.png', ['a.png'], ['ab.png', '.png']],
    ['[a-c]?.png', ['b1.png'], ['d1.png']],
    ['[!a].png', ['b.png'], ['a.png']],
    ['a.{png,jpg}', ['a.png', 'a.jpg'], ['a.gif']],
    ['{x/y,z}/*.png', ['x/y/a.png', 'z/a.png'], ['x/a.png']],
    ['.*', ['.a'], ['a']],
    ['**/.thumbs/*', ['.thumbs/a', 'x/.thumbs/a'], ['x/thumbs/a']],
    ['*(1)*', ['copy (1).png'], ['copy 1.png', '1']],
    ['@2x(*)', ['@2x(a)'], ['2xa']],
    ['"a"*', ['"a"b'], ['ab']],
    ['a+*', ['a+b'], ['aab']],
    ['!*', ['!a'], ['a']],
    ['\\**', ['*a'], ['a']],
    ['caf\u00e9*', ['caf\u00e9.png', 'cafe\u0301.png'], ['cafe.png']],
  ]
  for (const [text, matches, not] of rows) {
    it(`${text} matches ${matches.join(', ')} and not ${not.join(', ')}`, () => {
      const pattern = compile(text)
      for (const path of matches) assert.equal(pattern.matches(path), true, path)
      for (const path of not) assert.equal(pattern.matches(path), false, path)
    })
  }

  it('reaches hidden names where that is asked for', () => {
    assert.equal(compile('*.png', { dot: true }).matches('.a.png'), true)
  })

  it('may be any text', () => {
    const word = fc.array(fc.constantFrom(...'*?[]{}()!,.\\/ab^+|"'), { minLength: 1 }).map((all) => all.join(''))
    const look = (text: string, path: string) => {
      const { matches, leadsInto } = compileFilter(text, 'linux')
      assert.equal(typeof matches(path), 'boolean')
      assert.equal(typeof leadsInto(path), 'boolean')
    }
    fc.assert(fc.property(word, fc.string(), look))
  })

  it('is not longer than any path', () => {
    assert.throws(
      () => compile(`*${'a'.repeat(5000)}`),
      (error) =>
        error instanceof UploadError && error.code === 'ERR_USAGE' && /4096 characters, not 5001/.test(error.message),
    )
  })
})

describe('a pattern leads into', () => {
  const rows: readonly [pattern: string, into: string[], not: string[]][] = [
    ['*.png', [], ['x', 'x/y']],
    ['*/*.png', ['x'], ['x/y', '.x']],
    ['a*/b/*.png', ['ax', 'ax/b'], ['x', 'ax/c', 'ax/b/c']],
    ['**/*.png', ['x', 'x/y'], ['.x', 'x/.y']],
    ['a/**/b/*.png', ['a', 'a/x', 'a/x/y'], ['b']],
    ['**/.thumbs/*', ['.thumbs', 'x/.thumbs'], []],
    ['{x/y,z}/*.png', ['x', 'x/y', 'z'], ['.x']],
  ]
  for (const [text, into, not] of rows) {
    it(`${into.join(', ') || 'nothing'}, and not into ${not.join(', ') || 'nothing else'}: ${text}`, () => {
      const pattern = compile(text)
      for (const folder of into) assert.equal(pattern.leadsInto(folder), true, folder)
      for (const folder of not) assert.equal(pattern.leadsInto(folder), false, folder)
    })
  }
})

describe('a backslash', () => {
  it('stands between folders on Windows', () => assert.equal(withSlashes('art\\**\\*.png', 'win32'), 'art/**/*.png'))
  it('is a character of its own elsewhere', () => assert.equal(withSlashes('a\\*.png', 'linux'), 'a\\*.png'))
})
