/** Signals: what each system sends, and to whom it is handed on. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { isHandedOn, runSandbox } from '../src/cli/commands/sandbox.js'
import { type Io, processIo, type SignalName } from '../src/cli/io.js'
import { tempFolder } from './helpers/files.js'

describe('the signals that end a run in order', () => {
  const rows: readonly [sent: NodeJS.Signals, taken: string][] = [
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGHUP'],
    ['SIGBREAK', 'SIGINT'],
  ]
  for (const [sent, taken] of rows) {
    it(`${sent}, taken as ${taken}`, () => {
      const heard: string[] = []
      const release = processIo().onSignal((name) => heard.push(name))
      process.emit(sent, sent)
      release()
      assert.deepEqual(heard, [taken])
    })
  }

  it('are heard no more afterwards', () => {
    const names = rows.map(([name]) => name)
    const listeners = () => names.map((name) => process.listenerCount(name))
    const before = listeners()
    processIo().onSignal(() => {})()
    assert.deepEqual(listeners(), before)
  })
})

describe('a command that runs against a sandbox is told of', () => {
  const rows: readonly [platform: NodeJS.Platform, atTerminal: boolean, names: readonly string[]][] = [
    ['linux', true, ['SIGTERM']],
    ['linux', false, ['SIGHUP', 'SIGINT', 'SIGTERM']],
    ['darwin', false, ['SIGHUP', 'SIGINT', 'SIGTERM']],
    // The console tells it; to hand it on would be to kill it.
    ['win32', true, ['SIGTERM']],
    ['win32', false, ['SIGTERM']],
  ]
  for (const [platform, atTerminal, names] of rows) {
    it(`${names.join(', ')} on ${platform}, ${atTerminal ? 'at' : 'without'} a terminal`, () => {
      const all = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
      assert.deepEqual(
        all.filter((name) => isHandedOn(name, { atTerminal, platform })),
        names,
      )
    })
  }
})

interface Told {
  code: number
  /** What ended it on the spot. */
  exits: number[]
}

/** `sandbox` with a folder for its own, told by signals at once when it says such a thing. */
async function sandboxTold(t: TestContext, command: string[], at: RegExp, tell: (signals: Signals) => void) {
  const folder = await tempFolder(t)
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  t.after(() => Object.assign(process.env, { TMPDIR: before ?? '/tmp' }))
  const listeners = new Set<(name: SignalName) => void>()
  const told: Told = { code: 0, exits: [] }
  const isEmpty = (why: string) => assert.deepEqual(readdirSync(folder), [], why)
  const signals = (name: SignalName) => {
    if (listeners.size === 0) isEmpty('a signal that nobody hears ends it, and the folder stays')
    for (const listener of [...listeners]) listener(name)
  }
  const stderr = new Writable({
    write: (chunk, _, done) => {
      if (at.test(String(chunk))) tell(signals)
      done()
    },
  })
  const io: Io = {
    ...{ stdin: Readable.from([]), stdinIsTerminal: false, atTerminal: false, env: process.env },
    ...{ stdout: new Writable({ write: (_chunk, _, done) => done() }), stderr, platform: process.platform },
    onSignal: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onSuspend: () => () => {},
    exit: (code) => {
      isEmpty('it ended on the spot, and the folder stays')
      told.exits.push(code)
    },
  }
  told.code = await runSandbox(command, io)
  isEmpty('it ended, and the folder stays')
  assert.equal(listeners.size, 0)
  return told
}

type Signals = (name: SignalName) => void

describe('a sandbox leaves no folder where it is ended', () => {
  const first = /nothing is kept/
  const last = /Ctrl-C ends it/

  it('at its first word', async (t) => {
    const told = await sandboxTold(t, [], first, (signals) => signals('SIGTERM'))
    assert.deepEqual(told, { code: 143, exits: [] })
  })

  it('before its command, which is not started then', async (t) => {
    const told = await sandboxTold(t, ['no-such-command-here'], first, (signals) => signals('SIGHUP'))
    assert.deepEqual(told, { code: 129, exits: [] })
  })

  const seconds: readonly [title: string, second: SignalName, exits: number[]][] = [
    ['by one Ctrl-C that comes twice, as npm hands it on', 'SIGINT', []],
    ['by a second signal, on the spot', 'SIGTERM', [143]],
  ]
  for (const [title, second, exits] of seconds) {
    it(title, async (t) => {
      const told = await sandboxTold(t, [], last, (signals) => {
        setImmediate(() => {
          signals('SIGINT')
          setImmediate(() => signals(second))
        })
      })
      assert.deepEqual(told, { code: 130, exits })
    })
  }
})
