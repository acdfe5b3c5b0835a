/** A machine that sleeps while the command runs: the time asleep counts against none of its limits. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChooseFault, Fault } from '../src/sandbox/faults.js'
import type { RecordedRequest } from '../src/sandbox/index.js'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { assertAnswer, MiB, promised, type Started, sandboxFor, start } from './helpers/scene.js'

/**
 * Beyond all the limits that the scenes set, and by so much that a late timer is told from a slept one. The limits are such
 * that none of them is reached before, or after, where the machine is slow.
 */
const asleepMs = 12_000

interface Asleep {
  /** The sleep begins when this is kept. */
  tired: (started: Started) => Promise<unknown>
  fault: (awakeAgain: () => boolean, awake: Promise<void>) => ChooseFault
  size?: number
  args: readonly string[]
}

/** A command that is stopped and goes on, and the requests that came of it. */
async function sleeping(t: TestContext, { tired, fault, size = 5000, args }: Asleep): Promise<RecordedRequest[]> {
  const state = { awake: false }
  const { promise: awake, keep: wake } = promised()
  const sandbox = await sandboxFor(t, { fault: fault(() => state.awake, awake) })
  const file = await testFile(await tempFolder(t), 'hero.png', pngBytes(size))
  const started = start(t, [file.path, ...args], { env: envOf(sandbox) })
  const { child, ended } = started
  await tired(started)
  child.kill('SIGSTOP')
  await sleep(asleepMs)
  state.awake = true
  wake()
  child.kill('SIGCONT')
  const run = await ended
  assertAnswer(run, `${sandbox.uploads()[0]?.entityId}\n`)
  assert.deepEqual(
    sandbox.uploads().map(({ sha256 }) => sha256),
    [file.sha256],
  )
  return sandbox.requests()
}

const countOf = (requests: readonly RecordedRequest[], call: RecordedRequest['call']) =>
  requests.filter((request) => request.call === call).length

describe('a command that was stopped for twelve seconds and goes on', {
  concurrency: 3,
  skip: process.platform === 'win32' && 'nothing is stopped there',
}, () => {
  it('in the middle of a part, sends the rest of it: what slept has not stalled', async (t) => {
    const { promise: full, keep } = promised()
    // More than the buffers on the way hold. Once they are full, it has nothing to do but to wait; this takes no half a second.
    const requests = await sleeping(t, {
      tired: ({ reaches }) => reaches(full),
      ...{ size: 32 * MiB, args: ['--parts', '1', '--stall-timeout', '6s'] },
      fault: (_, awake) => (request) => {
        if (request.call !== 'put') return undefined
        setTimeout(keep, 500)
        return { kind: 'slow', take: () => awake }
      },
    })
    assert.equal(countOf(requests, 'put'), 1)
  })

  it('between two tries, tries again: `--retry-for` counts the time awake', async (t) => {
    const unavailable: Fault = { kind: 'reply', status: 503 }
    const requests = await sleeping(t, {
      tired: ({ says }) => says(/"event":"retry"/),
      args: ['--retry-for', '10s', '--progress', 'json'],
      fault: (awakeAgain) => {
        // The failure that is held against the time comes after it woke.
        const left = [unavailable]
        return ({ call }) => (call !== 'put' ? undefined : awakeAgain() ? left.pop() : unavailable)
      },
    })
    assert.ok(countOf(requests, 'put') >= 3)
  })

  it('in the wait, waits on: `--timeout` counts the time awake', async (t) => {
    const { promise: looked, keep } = promised()
    const body = JSON.stringify({ upload: { id: 'upload_asleep', status: 'validating' } })
    const requests = await sleeping(t, {
      ...{ tired: ({ reaches }) => reaches(looked), args: ['--timeout', '10s'] },
      fault: (awakeAgain) => {
        const left = ['the first look after it woke']
        return ({ call }) => {
          if (call !== 'get' || (awakeAgain() && left.pop() === undefined)) return undefined
          keep()
          return { kind: 'reply', status: 200, body }
        }
      },
    })
    assert.ok(countOf(requests, 'get') >= 3)
  })
})
