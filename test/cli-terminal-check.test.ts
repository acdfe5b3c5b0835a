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
      [screen, {}, {}, '80 columns, colours, Unicode: bars are drawn'],
      [screen, { LANG: 'C' }, {}, '80 columns, colours, ASCII alone: bars are drawn'],
      [{}, { LANG: 'C' }, {}, 'stderr is no terminal, no colours, Unicode: plain lines instead of bars'],
      [screen, { NO_COLOR: '1' }, {}, '80 columns, no colours, Unicode: bars are drawn'],
      [screen, {}, { color: 'never' }, '80 columns, no colours, Unicode: bars are drawn'],
      [screen, {}, { progress: 'plain' }, '80 columns, colours, Unicode: no bars, by --progress plain'],
      [screen, { TERM: 'dumb' }, {}, 'TERM is dumb, no colours, Unicode: plain lines instead of bars'],
      [
        { isTTY: true, columns: 0 },
        {},
        {},
        'a terminal without columns, no colours, Unicode: plain lines instead of bars',
      ],
      [
        screen,
        { CI: 'true' },
        {},
        '80 columns, CI is set, no colours, Unicode: plain lines instead of bars; `--progress bar` draws all the same',
      ],
      [screen, { CI: 'true' }, { progress: 'bar' }, '80 columns, CI is set, no colours, Unicode: bars are drawn'],
      [screen, { CI: 'false' }, {}, '80 columns, colours, Unicode: bars are drawn'],
      [{}, {}, {}, 'stderr is no terminal, no colours, Unicode: plain lines instead of bars'],
      [{}, { CI: '1' }, {}, 'stderr is no terminal, CI is set, no colours, Unicode: plain lines instead of bars'],
      [{}, { FORCE_COLOR: '1' }, {}, 'stderr is no terminal, colours, Unicode: plain lines instead of bars'],
      [{}, {}, { progress: 'json' }, 'stderr is no terminal, no colours, Unicode: no bars, by --progress json'],
    ]
  for (const [stderr, env, flags, message] of rows) {
    it(message, () => {
      const io = { stderr: Object.assign(new PassThrough(), stderr), env, platform: 'linux' as const }
      assert.deepEqual(terminalCheck(flags, io), { name: 'terminal', ok: true, message, hint: null })
    })
  }
})
