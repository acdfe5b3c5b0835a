/** Foreign text made safe for terminals and the logs of CI. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { jsonLine, safeLines, safeText } from '../src/cli/safe-text.js'

/** Controls (C0, DEL, C1), separators of lines, and all that turns the writing direction. */
const dangerous = [
  ...Array.from({ length: 0x20 }, (_, i) => i),
  ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCodePoint(code))

const foreign = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...dangerous, ':', '::', '##[', '##', 'vso[', ' ', '%0A', 'error::'),
    ),
  )
  .map((pieces) => pieces.join(''))

describe('safe text', () => {
  const rows: readonly [title: string, text: string, shown: string][] = [
    ['is plain text as it was', 'hero image (1).png', 'hero image (1).png'],
    ['is any script as it was', 'héros 英雄 герой بطل 🦸‍♀️.png', 'héros 英雄 герой بطل 🦸‍♀️.png'],
    ['has no escape codes', '\u001b[2Jgone', '�[2Jgone'],
    ['has no one-byte escape codes', '\u009b2Jgone', '�2Jgone'],
    ['is one line', 'a\nb\r\nc\u2028d\u0085e', 'a�b��c�d�e'],
    ['does not go back in its line', 'a\rb\bc', 'a�b�c'],
    ['rings no bell and jumps no tab', 'a\u0007b\tc', 'a�b�c'],
    ['is not turned around', 'cod\u202egpj.exe', 'cod�gpj.exe'],
    ['is no command of a CI runner', '::error::x', ': :error::x'],
    ['is no command after blanks either', '  ::set-output name=a::b', '  : :set-output name=a::b'],
    ['may hold two colons further on', 'a::b', 'a::b'],
    ['may begin with one colon', ':a', ':a'],
    ['is no command of the older kind', '##[error]x', '## [error]x'],
    ['is no command of the older kind anywhere', 'a ##[group]b', 'a ## [group]b'],
    ['is no command of Azure Pipelines', '##vso[task.prependpath]/x', '## vso[task.prependpath]/x'],
    ['is no command in either case', 'a ##VSO[x]b', 'a ## VSO[x]b'],
    ['is no command of TeamCity', "##teamcity[buildStop comment='x']", "## teamcity[buildStop comment='x']"],
    ['is none of several commands', '##[group]a ##vso[b]###vso[c]', '## [group]a ## vso[b]### vso[c]'],
    ['may hold what only looks like a command', 'a ## b [c] ##d', 'a ## b [c] ##d'],
    ['may be empty', '', ''],
  ]
  for (const [title, text, shown] of rows) it(title, () => assert.equal(safeText(text), shown))

  it('holds no character that moves the cursor, breaks the line or turns the text', () => {
    for (const character of dangerous)
      assert.equal(safeText(`a${character}b`), 'a�b', character.codePointAt(0)?.toString(16))
    fc.assert(
      fc.property(foreign, (text) => {
        const shown = safeText(text)
        assert.ok(!dangerous.some((character) => shown.includes(character)), JSON.stringify(shown))
      }),
    )
  })

  it('never begins as a command of a CI runner does', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        assert.doesNotMatch(safeText(text), /^\s*::/)
        assert.doesNotMatch(safeText(text), /##\w*\[/)
      }),
    )
  })

  it('stays as it is when it is made safe once more', () => {
    fc.assert(fc.property(foreign, (text) => assert.equal(safeText(safeText(text)), safeText(text))))
  })
})

describe('safe lines', () => {
  it('keep their breaks, and each is safe', () => {
    assert.equal(safeLines('a\n::b\n\u001b[2Jc'), 'a\n: :b\n�[2Jc')
    fc.assert(
      fc.property(foreign, (text) => {
        const lines = safeLines(text).split('\n')
        assert.equal(lines.length, text.split('\n').length)
        for (const line of lines) {
          assert.doesNotMatch(line, /^\s*::/)
          assert.ok(!dangerous.some((character) => line.includes(character)))
        }
      }),
    )
  })
})

describe('a line of JSON', () => {
  it('holds what it was given, on one line that no runner takes for a command', () => {
    assert.equal(jsonLine({ source: '##[error]x' }), '{"source":"##\\u005berror]x"}\n')
    assert.equal(jsonLine({ source: '##vso[a]##VSO[b]' }), '{"source":"##vso\\u005ba]##VSO\\u005bb]"}\n')
    fc.assert(
      fc.property(foreign, (text) => {
        const line = jsonLine({ text })
        assert.deepEqual(JSON.parse(line), { text })
        assert.match(line, /^\{[^\n\r]*\}\n$/)
        assert.doesNotMatch(line, /##\w*\[/)
      }),
    )
  })
})
