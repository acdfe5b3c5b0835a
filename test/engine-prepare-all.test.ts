/** Every source is made ready before the first request: what ends all, what is one source's own, and what is let go of. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from '../src/engine/entry.js'
import { planAll, prepareAll } from '../src/engine/prepare-all.js'
import { UploadError } from '../src/errors.js'
import type { Reference } from '../src/sources/reference.js'
import type { Source } from '../src/sources/source.js'
import { madeFile } from './helpers/engine.js'

const file = (path: string): Reference => ({ type: 'file', shown: path, path })
const model: Reference = { type: 'huggingface', shown: 'hf:ann/model', model: 'ann/model' }
const gone: Source = { flow: 'remote', type: 'huggingface', shown: 'hf:ann/model', kind: 'model', model: 'ann/model' }

/** Makes them ready; a path that names an error has it, and another thrown thing where there is no such error. */
function preparing(failures: Record<string, unknown> = {}) {
  const asked: [string, number][] = []
  const discarded: string[] = []
  const prepare = async (reference: Reference, index: number): Promise<Source> => {
    asked.push([reference.shown, index])
    if (reference.shown in failures) throw failures[reference.shown]
    if (reference.type !== 'file') return gone
    const discard = async () => {
      discarded.push(reference.shown)
      throw new Error('nobody hears of this')
    }
    return { ...madeFile(2).source, shown: reference.shown, discard }
  }
  const identity = (reference: Reference) => (reference.type === 'file' ? reference.path.replace('./', '') : null)
  return { asked, discarded, preparing: { prepare, identity } }
}

const outline = (entries: readonly Entry[]) =>
  entries.map((entry) => [entry.shown, entry.type, entry.is, entry.is === 'repeated' ? entry.of : null])

describe('sources', () => {
  it('are made ready in the order given, each with its place', async () => {
    const { asked, ...made } = preparing()
    const entries = await prepareAll([file('a'), model, file('b')], made.preparing)
    assert.deepEqual(outline(entries), [
      ['a', 'file', 'ready', null],
      ['hf:ann/model', 'huggingface', 'ready', null],
      ['b', 'file', 'ready', null],
    ])
    assert.deepEqual(asked, [
      ['a', 0],
      ['hf:ann/model', 1],
      ['b', 2],
    ])
  })

  it('that repeat another one point to the first of them, and are not made ready again', async () => {
    const { asked, ...made } = preparing()
    const entries = await prepareAll([model, file('a'), file('./a'), file('a')], made.preparing)
    assert.deepEqual(outline(entries).slice(1), [
      ['a', 'file', 'ready', null],
      ['./a', 'file', 'repeated', 1],
      ['a', 'file', 'repeated', 1],
    ])
    assert.equal(asked.length, 2)
  })

  it('are looked at side by side, so many at once, and keep their order', async () => {
    const flight = { now: 0, most: 0 }
    const prepare = async (reference: Reference): Promise<Source> => {
      flight.most = Math.max(flight.most, ++flight.now)
      await new Promise(setImmediate)
      flight.now--
      return { ...madeFile(1).source, shown: reference.shown }
    }
    const references = Array.from({ length: 40 }, (_, i) => file(`${i}`))
    const entries = await prepareAll(references, { prepare, identity: ({ shown }) => shown })
    assert.equal(flight.most, 16)
    assert.deepEqual(
      entries.map((entry) => entry.is === 'ready' && entry.source.shown),
      references.map(({ shown }) => shown),
    )
  })

  it('leave standard input to the last: it is not read where another one is asked for wrongly', async () => {
    const stdin: Reference = { type: 'stdin', shown: '-' }
    const { asked, ...made } = preparing()
    await prepareAll([stdin, file('a'), model], made.preparing)
    assert.deepEqual(
      asked.map(([shown]) => shown),
      ['a', 'hf:ann/model', '-'],
    )
    const wrong = preparing({ b: new UploadError('ERR_PARTS', 'too many parts') })
    await assert.rejects(prepareAll([stdin, file('a'), file('b')], wrong.preparing), { code: 'ERR_PARTS' })
    assert.deepEqual(
      wrong.asked.map(([shown]) => shown),
      ['a', 'b'],
    )
  })

  it('that are the same upload in other words are one, by the real path and the request', async () => {
    const as = (path: string, fileName: string): Source => {
      const fingerprint = { dev: 1n, ino: 1n, size: 1n, mtimeNs: 1n, ctimeNs: 1n }
      return { ...madeFile(1).source, fileName, origin: { path, fingerprint } }
    }
    const sources: Record<string, Source> = {
      a: as('/a', 'a.png'),
      link: as('/a', 'a.png'),
      named: as('/a', 'b.png'),
      other: as('/b', 'a.png'),
    }
    const entries = await prepareAll(['a', 'link', 'named', 'other', 'link'].map(file), {
      prepare: async ({ shown }) => sources[shown] ?? gone,
      identity: ({ shown }) => shown,
    })
    assert.deepEqual(outline(entries), [
      ['a', 'file', 'ready', null],
      ['link', 'file', 'repeated', 0],
      ['named', 'file', 'ready', null],
      ['other', 'file', 'ready', null],
      ['link', 'file', 'repeated', 0],
    ])
  })

  it('asked for wrongly are told of by the first in the order given', async () => {
    const late = async ({ shown }: Reference): Promise<Source> => {
      if (shown === 'a') await new Promise(setImmediate)
      throw new UploadError('ERR_PARTS', shown)
    }
    await assert.rejects(prepareAll([file('a'), file('b')], { prepare: late, identity: () => null }), { message: 'a' })
  })

  it('of the server are repeated too: two fetches of the same thing would be one upload that meets itself', async () => {
    const entries = await prepareAll([model, model], preparing().preparing)
    assert.deepEqual(
      entries.map(({ is }) => is),
      ['ready', 'repeated'],
    )
  })

  it('with something against them keep it for themselves', async () => {
    const error = new UploadError('ERR_FILE_MISSING', 'no such file')
    const { discarded, ...made } = preparing({ b: error })
    const [first, second, third] = await prepareAll([file('a'), file('b'), file('c')], made.preparing)
    assert.deepEqual([first?.is, third?.is, discarded], ['ready', 'ready', []])
    assert.deepEqual(second, { shown: 'b', type: 'file', is: 'refused', error })
  })

  for (const [title, thrown, code] of [
    ['asked for wrongly', new UploadError('ERR_PARTS', 'too many parts'), 'ERR_PARTS'],
    ['whose kind nothing tells', new UploadError('ERR_KIND_UNKNOWN', 'no kind'), 'ERR_KIND_UNKNOWN'],
    ['at which the tool itself fails', new TypeError('not a function'), 'ERR_BUG'],
  ] as const) {
    it(`${title} end all, and let go of the others`, async () => {
      const { discarded, ...made } = preparing({ c: thrown })
      await assert.rejects(
        prepareAll([file('a'), model, file('b'), file('c'), file('d')], made.preparing),
        (error) => error instanceof UploadError && error.code === code,
      )
      assert.deepEqual(discarded.sort(), ['a', 'b', 'd'])
    })
  }
})

describe('a plan', () => {
  it('has an entry for each source, and holds nothing any more', async () => {
    const error = new UploadError('ERR_FILE_EMPTY', 'b is empty')
    const { discarded, ...made } = preparing({ b: error })
    const plans = await planAll(
      await prepareAll([file('a'), file('b'), model, file('./a'), file('./b')], made.preparing),
    )
    assert.deepEqual(
      plans.map(({ source, type, ok, bytes, parts, kind }) => [source, type, ok, bytes, parts, kind]),
      [
        ['a', 'file', true, 5 * 1024 ** 2 + 1000, 2, 'image'],
        ['b', 'file', false, null, null, null],
        ['hf:ann/model', 'huggingface', true, null, null, 'model'],
        ['./a', 'file', true, 5 * 1024 ** 2 + 1000, 2, 'image'],
        ['./b', 'file', false, null, null, null],
      ],
    )
    assert.deepEqual(
      plans.map((plan) => plan.error),
      [null, error, null, null, error],
    )
    assert.deepEqual([plans[0]?.uploadId, plans[0]?.resumedParts, plans[2]?.resumedParts], [null, 0, null])
    assert.deepEqual(discarded, ['a'])
  })

  it('says of each source whether it would be skipped, of one that is repeated too', async () => {
    const { discarded, ...made } = preparing()
    const entries = await prepareAll([file('a'), model, file('./a'), file('b')], made.preparing)
    const asked: [string, number][] = []
    const plans = await planAll(entries, async ({ shown }, index) => {
      asked.push([shown, index])
      return shown === 'a'
    })
    assert.deepEqual(
      plans.map(({ source, skipped }) => [source, skipped]),
      [
        ['a', true],
        ['hf:ann/model', false],
        ['./a', true],
        ['b', false],
      ],
    )
    assert.deepEqual(asked, [
      ['a', 0],
      ['hf:ann/model', 1],
      ['b', 3],
    ])
    assert.deepEqual(discarded, ['a', 'b'])
  })

  it('holds nothing any more where it could not be made', async () => {
    const { discarded, ...made } = preparing()
    const entries = await prepareAll([file('a')], made.preparing)
    const isKnown = async () => {
      throw new Error('interrupted')
    }
    await assert.rejects(planAll(entries, isKnown), /interrupted/)
    assert.deepEqual(discarded, ['a'])
  })

  it('of what repeats nothing is a bug of ours', async () => {
    const [plan] = await planAll([{ shown: 'a', type: 'file', is: 'repeated', of: 7 }])
    assert.deepEqual([plan?.ok, plan?.error?.code], [false, 'ERR_BUG'])
    assert.match(plan?.error?.message ?? '', /repeats nothing/)
  })
})
