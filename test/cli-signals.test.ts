/** Signals: what each system sends, and to whom it is handed on. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHandedOn } from '../src/cli/commands/sandbox.js'
import { processIo } from '../src/cli/io.js'

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
