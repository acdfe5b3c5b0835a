/** Colours, and where they are wanted. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { showsUnicode } from '../src/cli/glyphs.js'
import { type ColorChoice, styleFor, wantsColor } from '../src/cli/style.js'
import { canDraw, isCi } from '../src/cli/terminal.js'

type Environment = Record<string, string>

describe('colours are wanted', () => {
  const rows: readonly [choice: ColorChoice, env: Environment, terminal: boolean, wanted: boolean][] = [
    ['auto', {}, true, true],
    ['auto', {}, false, false],
    ['auto', { NO_COLOR: '1' }, true, false],
    ['auto', { NO_COLOR: '0' }, true, false],
    ['auto', { NO_COLOR: '' }, true, true],
    ['auto', { FORCE_COLOR: '1' }, false, true],
    ['auto', { FORCE_COLOR: '3' }, false, true],
    ['auto', { FORCE_COLOR: 'true' }, false, true],
    ['auto', { FORCE_COLOR: '0' }, true, false],
    ['auto', { FORCE_COLOR: 'false' }, true, false],
    ['auto', { FORCE_COLOR: '' }, false, false],
    ['auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['always', {}, false, true],
    ['always', { NO_COLOR: '1' }, false, true],
    ['always', { FORCE_COLOR: '0' }, false, true],
    ['never', {}, true, false],
    ['never', { FORCE_COLOR: '1' }, true, false],
  ]
  for (const [choice, env, terminal, wanted] of rows) {
    const given = Object.entries(env).map(([name, value]) => ` ${name}=${value}`)
    it(`${wanted ? 'yes' : 'no'}: --color ${choice}${given.join('')}, ${terminal ? 'on' : 'off'} a terminal`, () => {
      assert.equal(wantsColor(choice, env, terminal), wanted)
    })
  }
})

describe('a style', () => {
  it('without colours leaves the text as it is', () => {
    const style = styleFor(false)
    for (const paint of [style.good, style.bad, style.dim]) assert.equal(paint('text'), 'text')
  })

  it('with colours wraps it, each its own way, and ends what it began', () => {
    const { good, bad, dim } = styleFor(true)
    const painted = [good('text'), bad('text'), dim('text')]
    assert.equal(new Set(painted).size, 3)
    for (const text of painted) {
      assert.equal(stripVTControlCharacters(text), 'text')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
      assert.match(text, /^\u001b\[\d+mtext\u001b\[\d+m$/)
    }
  })
})

describe('a terminal can be drawn on', () => {
  const output = (isTTY: boolean, columns?: number) => ({ write: () => true, on: () => {}, isTTY, columns })
  const rows: readonly [title: string, output: ReturnType<typeof output>, env: Environment, can: boolean][] = [
    ['where it is one, with columns', output(true, 80), {}, true],
    ['of a single column', output(true, 1), {}, true],
    ['but not a pipe', output(false, 80), {}, false],
    ['but not one of no columns', output(true, 0), {}, false],
    ['but not one whose columns nobody knows', output(true), {}, false],
    ['but not a dumb one', output(true, 80), { TERM: 'dumb' }, false],
    ['of any other kind', output(true, 80), { TERM: 'xterm' }, true],
  ]
  for (const [title, stream, env, can] of rows) it(title, () => assert.equal(canDraw(stream, env), can))
})

describe('CI is where', () => {
  const rows: readonly [env: Environment, ci: boolean][] = [
    [{}, false],
    [{ CI: '' }, false],
    [{ CI: 'false' }, false],
    [{ CI: '0' }, false],
    [{ CI: 'true' }, true],
    [{ CI: '1' }, true],
    [{ CI: 'woodpecker' }, true],
  ]
  for (const [env, ci] of rows) {
    it(`CI is ${env.CI === undefined ? 'not set' : JSON.stringify(env.CI)}: ${ci ? 'yes' : 'no'}`, () => {
      assert.equal(isCi(env), ci)
    })
  }
})

describe('more than ASCII is shown', () => {
  const rows: readonly [env: Environment, platform: NodeJS.Platform, shown: boolean][] = [
    [{ LANG: 'en_US.UTF-8' }, 'linux', true],
    [{ LANG: 'C.utf8' }, 'linux', true],
    [{}, 'linux', true],
    [{ LANG: 'C' }, 'linux', false],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'linux', false],
    [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LC_ALL: 'en_US.UTF-8', LANG: 'C' }, 'linux', true],
    [{ LC_CTYPE: 'C', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.UTF-8' }, 'linux', true],
    [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LC_CTYPE: 'UTF-8' }, 'darwin', true],
    [{ LANG: 'C' }, 'darwin', false],
    [{}, 'win32', false],
    [{ LANG: 'en_US.UTF-8' }, 'win32', false],
    [{ WT_SESSION: 'a-b-c' }, 'win32', true],
    [{ TERM_PROGRAM: 'vscode' }, 'win32', true],
    [{ ConEmuTask: '{cmd::Cmder}' }, 'win32', true],
    [{ TERM: 'xterm-256color' }, 'win32', true],
  ]
  for (const [env, platform, shown] of rows) {
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    it(`${shown ? 'yes' : 'no'}: ${platform}, ${given.join(' ') || 'nothing set'}`, () => {
      assert.equal(showsUnicode(env, platform), shown)
    })
  }
})
