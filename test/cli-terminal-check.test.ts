/** What the doctor says of the terminal, and that it is no failure whatever it is. */
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import type { Environment } from '../src/cli/io.js'
import type { Flags } from '../src/cli/options.js'
import { terminalCheck } from '../src/cli/terminal-check.js'

describe('of the terminal it says', () => {
  const screen = { isTTY: true, columns: 80 }
  const rows: readonly [stderr: { isTTY?: boolean; columns?: number }, env: Environment, flags: Flags, said: string][] =
    [
      [screen, {}, {}, '80 columns, colours: bars are drawn'],
      [screen, { NO_COLOR: '1' }, {}, '80 columns, no colours: bars are drawn'],
      [screen, {}, { color: 'never' }, '80 columns, no colours: bars are drawn'],
      [screen, {}, { progress: 'plain' }, '80 columns, colours: no bars, by --progress plain'],
      [screen, { TERM: 'dumb' }, {}, 'TERM is dumb, no colours: plain lines instead of bars'],
      [{ isTTY: true, columns: 0 }, {}, {}, 'a terminal without columns, no colours: plain lines instead of bars'],
      [
        screen,
        { CI: 'true' },
        {},
        '80 columns, CI is set, no colours: plain lines instead of bars; `--progress bar` draws all the same',
      ],
      [screen, { CI: 'true' }, { progress: 'bar' }, '80 columns, CI is set, no colours: bars are drawn'],
      [screen, { CI: 'false' }, {}, '80 columns, colours: bars are drawn'],
      [{}, {}, {}, 'stderr is no terminal, no colours: plain lines instead of bars'],
      [{}, { CI: '1' }, {}, 'stderr is no terminal, CI is set, no colours: plain lines instead of bars'],
      [{}, { FORCE_COLOR: '1' }, {}, 'stderr is no terminal, colours: plain lines instead of bars'],
      [{}, {}, { progress: 'json' }, 'stderr is no terminal, no colours: no bars, by --progress json'],
    ]
  for (const [stderr, env, flags, message] of rows) {
    it(message, () => {
      const io = { stderr: Object.assign(new PassThrough(), stderr), env }
      assert.deepEqual(terminalCheck(flags, io), { name: 'terminal', ok: true, message, hint: null })
    })
  }
})
