/**
 * Many files at once, from the command line to the server.
 *
 * Scenes: the order of the answers · how many files and parts at once · how often the API is asked · a server that asks
 * for fewer calls · a storage that asks for fewer parts · the first failure · a signal.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { RecordedRequest, Sandbox, SandboxOptions, SandboxRequest } from '../src/sandbox/index.js'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import {
  assertAnswer,
  command,
  documentOf,
  endBy,
  eventsOf,
  gathering,
  linesOf,
  MiB,
  promised,
  type Started,
  sandboxFor,
  start,
} from './helpers/scene.js'
import { fakeScenario } from './helpers/servers.js'

async function stage(t: TestContext, count: number, options: SandboxOptions = {}, size = 300) {
  const sandbox = await sandboxFor(t, options)
  const folder = await tempFolder(t)
  const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(3, '0')}.png`)
  const files = await Promise.all(names.map((name) => testFile(folder, name, pngBytes(size))))
  const paths = files.map(({ path }) => path)
  const uploadOf = (name: string) => sandbox.uploads().find(({ fileName }) => fileName === name)
  const linesFor = (some: readonly string[]) => some.map((name) => `${uploadOf(name)?.entityId}\n`).join('')
  return { sandbox, folder, names, files, paths, uploadOf, linesFor }
}

/** Takes nothing of some parts until that is kept. */
const held = (isHeld: (request: SandboxRequest) => boolean, until: Promise<void>): SandboxOptions => ({
  fault: (request) => (request.call === 'put' && isHeld(request) ? { kind: 'slow', take: () => until } : undefined),
})

const callsOf = (sandbox: Sandbox) => sandbox.requests().filter(({ call }) => call !== 'put')
const isLookAt = (id: string, { call, uploadId }: RecordedRequest) => call === 'get' && uploadId === id
const puts = (sandbox: Sandbox) => sandbox.requests().filter(({ call }) => call === 'put')
const creates = (sandbox: Sandbox) => sandbox.requests().filter(({ call }) => call === 'create')

/** So many calls and no more: the last of them may be on its way while it is said that the others wait. */
async function arrived(sandbox: Sandbox, count: number, { reaches }: Started): Promise<void> {
  await reaches(() => callsOf(sandbox).length >= count)
  assert.equal(callsOf(sandbox).length, count)
}

/** So many files have said that they are at this: the text says so once for each. */
const times = (count: number, said: string) => new RegExp(`(?:${said}(?:(?!${said})[^])*){${count}}`)

/** The most uploads between their first part and their completion at one moment. */
function mostSending(sandbox: Sandbox): number {
  const state = { sending: new Set<string>(), most: 0 }
  for (const { call, uploadId = '' } of sandbox.requests()) {
    if (call === 'put') state.sending.add(uploadId)
    if (call === 'complete') state.sending.delete(uploadId)
    state.most = Math.max(state.most, state.sending.size)
  }
  return state.most
}

describe('the answers of many files', () => {
  it('stand in the order given, whichever ended first', async (t) => {
    const { promise: another, keep } = promised()
    const isFirst = ({ uploadId }: SandboxRequest) => uploadId === scene.uploadOf('000.png')?.id
    const scene = await stage(t, 8, held(isFirst, another))
    const { sandbox, names, paths, linesFor } = scene
    const started = start(t, [...paths, '--progress', 'json'], { env: envOf(sandbox) })
    await started.says(/"event":"done"/)
    keep()
    const ended = await started.ended
    assertAnswer(ended, linesFor(names))
    const done = eventsOf(ended).filter(({ event }) => event === 'done')
    assert.notEqual(done[0]?.index, 0, 'the first was not to end first')
    assert.equal(done.length, 8)
  })

  it('are told of in advance: how many there are, and how many bytes are to be sent', async (t) => {
    const { sandbox, paths } = await stage(t, 3)
    const ended = await command(sandbox, [...paths, paths[0] ?? '', '--progress', 'json'])
    assert.deepEqual(eventsOf(ended)[0], { event: 'accepted', sources: 4, bytes: 900 })
  })
})

describe('a note that is about all files alike', () => {
  it('is said once, in a log too, and the document tells which of them it is about', async (t) => {
    const fake = await fakeScenario(t, { put: (response) => response.writeHead(200, { etag: '"abc"' }).end() })
    const folder = await tempFolder(t)
    for (const name of ['a.png', 'b.png', 'c.png', 'd.png']) await testFile(folder, name, pngBytes(300))
    const ended = await command(fake, ['-r', folder, '--json'])
    assert.equal(ended.code, 0, ended.stderr)
    const notes = linesOf(ended.stderr).filter((line) => /note:/.test(line))
    assert.deepEqual(notes, [
      'note: the storage gave ETags that are no MD5s (as where it encrypts): those bytes were not compared',
    ])
    assert.deepEqual(
      documentOf(ended).uploads.map(({ verified }) => verified),
      ['none', 'none', 'none', 'none'],
    )
  })
})

describe('how many at once', () => {
  it('are four files, and as many more as only wait for their import', async (t) => {
    const { sandbox, paths } = await stage(t, 12, { ...gathering(4), end: 'never' })
    const started = start(t, [...paths, '--progress', 'json'], { env: envOf(sandbox) })
    await started.says(times(12, '"phase":"validating"'))
    const ended = await endBy(started, 'SIGINT')
    assert.equal(ended.code, 130)
    assert.equal(mostSending(sandbox), 4)
  })

  it('are as many files as --jobs says', async (t) => {
    const { sandbox, paths } = await stage(t, 5, gathering(1))
    assert.equal((await command(sandbox, [...paths, '--jobs', '1'])).code, 0)
    assert.equal(mostSending(sandbox), 1)
  })

  it('are as many parts as --concurrency says, of all files together', async (t) => {
    const { sandbox, paths } = await stage(t, 4, gathering(3), 11 * MiB)
    assert.equal((await command(sandbox, [...paths, '--parts', '2', '--concurrency', '3'])).code, 0)
    assert.equal(sandbox.maxPartsInFlight(), 3)
  })

  it('hold no small file up behind a large one', async (t) => {
    const [{ promise: allSend, keep: begin }, { promise: allDone, keep: goOn }] = [promised(), promised()]
    const partOfLarge = ({ uploadId, partNumber = 0 }: SandboxRequest) =>
      uploadId === scene.uploadOf('large.png')?.id ? partNumber : 0
    const scene = await stage(t, 6, {
      fault: (request) => {
        const part = partOfLarge(request)
        if (part === 0 || (part > 4 && part <= 8)) return undefined
        return { kind: 'slow', take: () => (part <= 4 ? allSend : allDone) }
      },
    })
    const { sandbox, folder, paths } = scene
    const large = await testFile(folder, 'large.png', pngBytes(60 * MiB))
    const args = [large.path, ...paths, '--part-size', '5MiB', '--jobs', '7', '--progress', 'json']
    const started = start(t, args, { env: envOf(sandbox) })
    // Its first four parts hold all connections until the small files stand behind them, its last four until those are done.
    await started.says(times(7, '"phase":"sending"'))
    begin()
    await started.says(times(6, '"event":"done"'))
    goOn()
    const ended = await started.ended
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(scene.uploadOf('large.png')?.sha256, large.sha256)
    assert.equal(puts(sandbox).length, 18, 'none was held until it stalled')
  })
})

describe('how often the API is asked', () => {
  it('is twice a file and a look, where imports take five seconds: the looks of a few tell when to look at the others', async (t) => {
    const { sandbox, paths, names, linesFor } = await stage(t, 60, { validateMs: 5000, end: 'complete' })
    assertAnswer(await command(sandbox, [...paths, '--rpm', '10000']), linesFor(names))
    const looks = sandbox.uploads().map(({ id }) => callsOf(sandbox).filter((call) => isLookAt(id, call)).length)
    const all = looks.reduce((sum, count) => sum + count)
    t.diagnostic(`looks: ${looks.toSorted((a, b) => a - b)}`)
    assert.equal(callsOf(sandbox).length - all, 120)
    // Where each asked for itself, it would ask as often as those few.
    assert.ok(all / 60 <= Math.max(...looks) / 2, `looks: ${looks}`)
  })

  it('is a hundred times a minute, and the wait for the next minute is explained once', async (t) => {
    const { sandbox, paths } = await stage(t, 50)
    const started = start(t, paths, { env: envOf(sandbox) })
    await started.says(/^note: the API is asked at most 100 times a minute \(--rpm\)/m)
    await arrived(sandbox, 100, started)
    const ended = await endBy(started, 'SIGINT')
    assert.equal(ended.code, 130)
  })

  it('is as often as --rpm says, and a --rpm that is no number of requests is a usage error', async (t) => {
    const { sandbox, paths } = await stage(t, 2)
    const started = start(t, [...paths, '--rpm', '3'], { env: envOf(sandbox) })
    await started.says(/^note: the API is asked at most 3 times a minute/m)
    await arrived(sandbox, 3, started)
    await endBy(started, 'SIGINT')
    for (const rpm of ['0', '-1', '1.5', 'many', '10001']) {
      assert.equal((await command(sandbox, [...paths, `--rpm=${rpm}`])).code, 2, rpm)
    }
  })

  it('is less often after a 429: all calls wait as long as one was told to, and no storm follows', async (t) => {
    const state = { until: 0, refused: 0, left: 20 }
    const { sandbox, paths, names, linesFor } = await stage(t, 20, {
      fault: ({ door }) => {
        if (door !== 'api') return undefined
        if (state.left-- > 0) return undefined
        if (state.until === 0) state.until = performance.now() + 2000
        if (performance.now() >= state.until) return undefined
        state.refused++
        return { kind: 'reply', status: 429, headers: { 'retry-after': '2' } }
      },
    })
    assertAnswer(await command(sandbox, paths), linesFor(names))
    assert.ok(state.refused >= 1 && state.refused <= 8, `${state.refused} refusals`)
  })
})

describe('a storage that asks for fewer parts', () => {
  const slowDown = (seconds: number): SandboxOptions => {
    const state = { puts: 0 }
    const reply = {
      status: 503,
      headers: { 'retry-after': `${seconds}` },
      body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
    }
    return { fault: ({ call }) => (call === 'put' && ++state.puts === 1 ? { kind: 'reply', ...reply } : undefined) }
  }

  it('for longer than --retry-for ends all files at once with 5, each with when to come again', async (t) => {
    const { sandbox, paths } = await stage(t, 3, slowDown(7200))
    const ended = await command(sandbox, [...paths, '--jobs', '1', '--retry-for', '5s', '--json'])
    assert.equal(ended.code, 5)
    for (const { error } of documentOf(ended).uploads) {
      assert.equal(error?.code, 'ERR_RATE_LIMITED')
      assert.match(error?.message ?? '', /SlowDown.*it asks to be left alone for 2 h$/)
      assert.match(error?.hint ?? '', /again in 2 h\.$/)
    }
    assert.equal(puts(sandbox).length, 1, 'nobody asks it again')
  })

  it('for less than that holds all files back so long, and they end well', async (t) => {
    const { sandbox, paths, names, linesFor } = await stage(t, 3, slowDown(1))
    assertAnswer(await command(sandbox, [...paths, '--jobs', '1', '--retry-for', '20s']), linesFor(names))
  })
})

describe('a failure among many', () => {
  const refuseOne = (name: string): Pick<SandboxOptions, 'fault'> => {
    const state = { creates: 0 }
    return {
      fault: ({ call }) =>
        call === 'create' && `${String(state.creates++).padStart(3, '0')}.png` === name
          ? { kind: 'reply', status: 422, body: '{"message":"no such thing"}' }
          : undefined,
    }
  }

  it('stops none of the others, which have their lines', async (t) => {
    const { sandbox, paths, linesFor, names } = await stage(t, 6, refuseOne('002.png'))
    const ended = await command(sandbox, [...paths, '--jobs', '1', '--no-resume'])
    assert.equal(ended.code, 1)
    assert.equal(ended.stdout, linesFor(names.filter((name) => name !== '002.png')))
  })

  it('stops all of them with --fail-fast, each with its word, and the exit code is its own', async (t) => {
    const { sandbox, paths } = await stage(t, 8, { ...refuseOne('001.png') })
    const ended = await command(sandbox, [...paths, '--jobs', '1', '--until', 'imported', '--fail-fast', '--json'])
    const codes = documentOf(ended).uploads.map(({ error }) => error?.code ?? 'ok')
    assert.equal(codes[1], 'ERR_API_REFUSED')
    assert.ok(codes[0] === 'ok' || codes[0] === 'ERR_STOPPED')
    assert.deepEqual(new Set(codes.slice(2)), new Set(['ERR_NOT_TRIED']))
    assert.equal(creates(sandbox).length, 2)
    assert.equal(ended.code, codes[0] === 'ok' ? 1 : 6)
  })

  it('that is known before anything is sent lets --fail-fast send nothing', async (t) => {
    const { sandbox, paths, folder } = await stage(t, 3)
    const ended = await command(sandbox, [...paths, `${folder}/none.png`, '--fail-fast'])
    assert.equal(ended.code, 3)
    assert.deepEqual(sandbox.requests(), [])
  })

  it('stops all where it is a refusal of the credentials', async (t) => {
    const { sandbox, paths } = await stage(t, 10)
    const ended = await command({ ...sandbox, credentials: { key: 'wrong', secret: 'also wrong' } }, paths)
    assert.equal(ended.code, 4)
    assert.equal(creates(sandbox).length, 1)
  })

  it('is told where it is a refusal of the credentials in the middle, with --fail-fast too', async (t) => {
    const state = { completes: 0 }
    const { sandbox, paths } = await stage(t, 8, {
      fault: ({ call }) => (call === 'complete' && ++state.completes > 2 ? { kind: 'reply', status: 401 } : undefined),
    })
    const ended = await command(sandbox, [...paths, '--fail-fast', '--json'])
    assert.equal(ended.code, 4)
    const codes = documentOf(ended).uploads.map(({ error }) => error?.code)
    assert.ok(codes.includes('ERR_CREDENTIALS_REFUSED'), `${codes}`)
  })
})

describe('a signal among many', () => {
  it('lets those that have ended have their lines, and the next run goes on with the others', async (t) => {
    const { promise: over, keep } = promised()
    const isSecond = ({ uploadId }: SandboxRequest) => uploadId === scene.uploadOf('001.png')?.id
    const scene = await stage(t, 5, held(isSecond, over))
    const { sandbox, paths, names, uploadOf, linesFor } = scene
    const env = { ...envOf(sandbox), XDG_STATE_HOME: await tempFolder(t) }
    const started = start(t, [...paths, '--progress', 'json'], { env })
    await started.says(times(4, '"event":"done"'))
    const ended = await endBy(started, 'SIGINT')
    assert.equal(ended.code, 130)
    assert.equal(ended.stdout, linesFor(names.filter((name) => name !== '001.png')))
    keep()
    const resumed = await command(sandbox, [paths[1] ?? '', '--json'], { env })
    assert.equal(documentOf(resumed).upload.uploadId, uploadOf('001.png')?.id)
    assert.equal(creates(sandbox).length, 5, 'none is begun anew')
  })
})
