/** Several sources: all are tried, answered in order, and one whose turn never comes says so. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runBatch } from '../src/engine/batch.js'
import type { Said } from '../src/engine/context.js'
import type { Entry } from '../src/engine/entry.js'
import { blankResult, failedResult } from '../src/engine/result.js'
import type { Turn } from '../src/engine/running.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import type { Source } from '../src/sources/source.js'
import { madeFile } from './helpers/engine.js'

interface Ready {
  entry: Entry
  discarded: number
}

function ready(shown: string): Ready {
  const made: Ready = { entry: { shown, type: 'file', is: 'repeated', of: -1 }, discarded: 0 }
  const { source } = madeFile(1)
  const own: Source = {
    ...source,
    shown,
    discard: async () => {
      made.discarded++
    },
  }
  made.entry = { shown, type: 'file', is: 'ready', source: own }
  return made
}

const repeated = (shown: string, of: number): Entry => ({ shown, type: 'file', is: 'repeated', of })
const refused = (shown: string, code: ErrorCode): Entry => ({
  shown,
  type: 'file',
  is: 'refused',
  error: new UploadError(code, `${shown}: ${code}`),
})

/** Runs a batch in which the source of that name ends with that error, and all others end well. */
async function ran(entries: readonly Entry[], failures: Record<string, ErrorCode> = {}) {
  const tried: string[] = []
  const said: [number, Said['event'], string | null][] = []
  const results = await runBatch(entries, {
    jobs: 1,
    failFast: false,
    uploadOne: async ({ shown }) => {
      tried.push(shown)
      const result: UploadResult = { ...blankResult(shown, 'file'), uploadId: `upload_${shown}` }
      const code = failures[shown]
      return code
        ? failedResult(result, new UploadError(code, code))
        : { ...result, ok: true, entityId: `asset_${shown}` }
    },
    say: (event, index) => said.push([index, event.event, 'code' in event ? event.code : null]),
  })
  return { results, tried, said }
}

const codes = (results: readonly UploadResult[]) => results.map(({ error }) => error?.code ?? 'ok')

describe('several sources', () => {
  it('are answered in the order given, one entry each, as soon as each has ended', async () => {
    const { results, tried, said } = await ran(['a', 'b', 'c'].map((name) => ready(name).entry))
    assert.deepEqual(tried, ['a', 'b', 'c'])
    assert.deepEqual(
      results.map(({ source, entityId }) => [source, entityId]),
      [
        ['a', 'asset_a'],
        ['b', 'asset_b'],
        ['c', 'asset_c'],
      ],
    )
    assert.deepEqual(said, [
      [0, 'done', null],
      [1, 'done', null],
      [2, 'done', null],
    ])
  })

  it('may be none', async () => assert.deepEqual((await ran([])).results, []))

  for (const code of [
    'ERR_NETWORK',
    'ERR_IMPORT_FAILED',
    'ERR_FILE_CHANGED',
    'ERR_API_REFUSED',
    'ERR_STILL_PROCESSING',
    'ERR_BUG',
  ] as const) {
    it(`are all tried, though one ends with ${code}`, async () => {
      const { results, tried, said } = await ran(
        ['a', 'b', 'c'].map((name) => ready(name).entry),
        { b: code },
      )
      assert.deepEqual(tried, ['a', 'b', 'c'])
      assert.deepEqual(codes(results), ['ok', code, 'ok'])
      assert.deepEqual(said[1], [1, 'error', code])
    })
  }

  it('are tried beside one that was refused before', async () => {
    const { results, tried } = await ran([ready('a').entry, refused('b', 'ERR_FILE_MISSING'), ready('c').entry])
    assert.deepEqual(tried, ['a', 'c'])
    assert.deepEqual(codes(results), ['ok', 'ERR_FILE_MISSING', 'ok'])
    const [, second] = results
    assert.equal(second?.ok, false)
    assert.equal(second?.source, 'b')
  })
})

describe('a source that would fare no better', () => {
  const ends = ['ERR_CREDENTIALS_REFUSED', 'ERR_INTERRUPTED', 'ERR_TERMINATED', 'ERR_HANGUP', 'ERR_MANIFEST'] as const
  for (const code of ends) {
    it(`is not tried after ${code}, and says so`, async () => {
      const all = ['a', 'b', 'c', 'd'].map(ready)
      const { results, tried, said } = await ran(
        all.map(({ entry }) => entry),
        { b: code },
      )
      assert.deepEqual(tried, ['a', 'b'])
      assert.deepEqual(codes(results), ['ok', code, 'ERR_NOT_TRIED', 'ERR_NOT_TRIED'])
      assert.deepEqual(said.slice(2), [
        [2, 'error', 'ERR_NOT_TRIED'],
        [3, 'error', 'ERR_NOT_TRIED'],
      ])
      const [, , third] = results
      assert.equal(third?.source, 'c')
      assert.equal(third?.ok, false)
      assert.equal(third?.uploadId, null)
      assert.equal(third?.error?.retryable, false)
    })

    it(`is let go of after ${code}: nothing is held for it any more`, async () => {
      const all = ['a', 'b', 'c'].map(ready)
      await ran(
        all.map(({ entry }) => entry),
        { a: code },
      )
      assert.deepEqual(
        all.map(({ discarded }) => discarded),
        [0, 1, 1],
      )
    })
  }

  it('is said to be refused, where it was refused before', async () => {
    const { results } = await ran([ready('a').entry, refused('b', 'ERR_FILE_MISSING')], {
      a: 'ERR_CREDENTIALS_REFUSED',
    })
    assert.deepEqual(codes(results), ['ERR_CREDENTIALS_REFUSED', 'ERR_FILE_MISSING'])
  })

  it('is not tried where the look at it was interrupted: that is told once, and not of each', async () => {
    const looked = [
      refused('a', 'ERR_FILE_MISSING'),
      ...['b', 'c', 'd'].map((name) => refused(name, 'ERR_INTERRUPTED')),
    ]
    const { results } = await ran([...looked, ready('e').entry])
    const rest = ['ERR_NOT_TRIED', 'ERR_NOT_TRIED', 'ERR_NOT_TRIED']
    assert.deepEqual(codes(results), ['ERR_FILE_MISSING', 'ERR_INTERRUPTED', ...rest])
  })
})

describe('a path given twice', () => {
  it('is sent once, and has an entry each time', async () => {
    const { results, tried } = await ran([ready('a').entry, ready('b').entry, repeated('./a', 0)])
    assert.deepEqual(tried, ['a', 'b'])
    assert.deepEqual(
      results.map(({ source, entityId, ok }) => [source, entityId, ok]),
      [
        ['a', 'asset_a', true],
        ['b', 'asset_b', true],
        ['./a', 'asset_a', true],
      ],
    )
  })

  it('fails each time, where it fails', async () => {
    const { results } = await ran([ready('a').entry, repeated('a', 0)], { a: 'ERR_NETWORK' })
    assert.deepEqual(codes(results), ['ERR_NETWORK', 'ERR_NETWORK'])
  })

  it('is refused each time, where it was refused', async () => {
    const { results } = await ran([refused('a', 'ERR_FILE_EMPTY'), repeated('a', 0)])
    assert.deepEqual(codes(results), ['ERR_FILE_EMPTY', 'ERR_FILE_EMPTY'])
  })
})

/** A batch whose uploads go on only when told to. */
function staged(names: readonly string[], own: { jobs?: number; failFast?: boolean } = {}) {
  const all = names.map(ready)
  const turns = new Map<string, Turn & { end: (code?: ErrorCode) => void }>()
  const begun: string[] = []
  const said: string[] = []
  const results = runBatch(
    all.map(({ entry }) => entry),
    {
      ...{ jobs: 2, failFast: false, ...own },
      uploadOne: ({ shown }, _, turn) =>
        new Promise((resolve) => {
          begun.push(shown)
          const end = (code?: ErrorCode) => {
            const result: UploadResult = { ...blankResult(shown, 'file'), ok: true }
            resolve(code ? failedResult(result, new UploadError(code, code)) : result)
          }
          turn.signal.addEventListener('abort', () => end(turn.signal.reason.code))
          turns.set(shown, { ...turn, end })
        }),
      say: (event, index) => said.push(`${names[index]} ${event.event}`),
    },
  )
  const turn = (name: string) => turns.get(name) ?? assert.fail(`${name} was not begun`)
  return { results, turn, begun, said, settled: () => new Promise<void>((resolve) => setTimeout(resolve, 1)) }
}

describe('files in flight', () => {
  it('are one, until the server knows of it', async () => {
    const { results, turn, begun, settled } = staged(['a', 'b', 'c'])
    await settled()
    assert.deepEqual(begun, ['a'])
    turn('a').created()
    await settled()
    assert.deepEqual(begun, ['a', 'b'])
    turn('a').end()
    turn('b').end()
    await settled()
    turn('c').end()
    await results
  })

  it('are so many at once, and the next begins as one ends', async () => {
    const { results, turn, begun, said, settled } = staged(['a', 'b', 'c'])
    await settled()
    turn('a').created()
    await settled()
    assert.deepEqual(begun, ['a', 'b'])
    turn('b').end()
    await settled()
    assert.deepEqual(begun, ['a', 'b', 'c'])
    turn('c').end()
    turn('a').end()
    const answers = await results
    assert.deepEqual(
      answers.map(({ source }) => source),
      ['a', 'b', 'c'],
    )
    assert.deepEqual(said, ['b done', 'c done', 'a done'])
  })

  it('are none that the server has all of: those only wait', async () => {
    const { results, turn, begun, settled } = staged(['a', 'b', 'c', 'd'], { jobs: 1 })
    await settled()
    for (const name of ['a', 'b', 'c']) {
      turn(name).created()
      turn(name).handedOver()
      await settled()
    }
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    for (const name of begun) turn(name).end()
    assert.deepEqual(codes(await results), ['ok', 'ok', 'ok', 'ok'])
  })

  it('begin no more once sixteen for each place wait', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`)
    const { results, turn, begun, settled } = staged(names, { jobs: 1 })
    for (let count = 0; count < 20; count++) {
      await settled()
      const { created, handedOver } = turn(begun.at(-1) ?? '')
      created()
      handedOver()
    }
    assert.equal(begun.length, 17)
    for (let count = 0; count < 20; count++) {
      turn(begun[count] ?? '').end()
      await settled()
    }
    assert.equal((await results).length, 20)
  })
})

describe('the first failure, where it is to end all,', () => {
  it('stops those under way and those that were not begun, and each says which it was', async () => {
    const { results, turn, begun, settled } = staged(['a', 'b', 'c', 'd'], { failFast: true })
    await settled()
    turn('a').created()
    await settled()
    turn('b').end('ERR_IMPORT_FAILED')
    assert.deepEqual(codes(await results), ['ERR_STOPPED', 'ERR_IMPORT_FAILED', 'ERR_NOT_TRIED', 'ERR_NOT_TRIED'])
    assert.deepEqual(begun, ['a', 'b'])
  })

  it('may be known before anything is sent: then nothing is', async () => {
    const results = await runBatch([ready('a').entry, refused('b', 'ERR_FILE_MISSING'), ready('c').entry], {
      ...{ jobs: 2, failFast: true },
      uploadOne: async () => assert.fail('it was begun'),
      say: () => {},
    })
    assert.deepEqual(codes(results), ['ERR_NOT_TRIED', 'ERR_FILE_MISSING', 'ERR_NOT_TRIED'])
  })
})

describe('what ends all', () => {
  for (const [what, code, failFast] of [
    ['a failure with --fail-fast', 'ERR_API_REFUSED', true],
    ['an interruption', 'ERR_INTERRUPTED', false],
  ] as const) {
    it(`is known before another file has the place: after ${what} none is begun`, async () => {
      const { results, turn, begun, settled } = staged(['a', 'b', 'c', 'd', 'e'], { jobs: 3, failFast })
      await settled()
      turn('a').end(code)
      assert.deepEqual(codes(await results), [code, ...Array.from({ length: 4 }, () => 'ERR_NOT_TRIED')])
      assert.deepEqual(begun, ['a'])
    })
  }
})

describe('refused credentials', () => {
  it('stop those that the server does not know of yet; those that it knows may still end well', async () => {
    const { results, turn, settled } = staged(['a', 'b', 'c', 'd'], { jobs: 3 })
    await settled()
    turn('a').created()
    await settled()
    turn('b').end('ERR_CREDENTIALS_REFUSED')
    await settled()
    turn('a').end()
    assert.deepEqual(codes(await results), ['ok', 'ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED', 'ERR_NOT_TRIED'])
  })

  it('are the word of the one that met them, where the first failure is to end all', async () => {
    const { results, turn, settled } = staged(['a', 'b', 'c'], { failFast: true })
    await settled()
    turn('a').created()
    await settled()
    turn('b').created()
    turn('b').refused()
    turn('b').end('ERR_CREDENTIALS_REFUSED')
    assert.deepEqual(codes(await results), ['ERR_STOPPED', 'ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED'])
  })
})
