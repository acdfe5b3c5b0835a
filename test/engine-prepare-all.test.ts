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

  it('that are things of their own are never repeated', async () => {
    const entries = await prepareAll([model, model], preparing().preparing)
    assert.deepEqual(
      entries.map(({ is }) => is),
      ['ready', 'ready'],
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

  it('of what repeats nothing is a bug of ours', async () => {
    const [plan] = await planAll([{ shown: 'a', type: 'file', is: 'repeated', of: 7 }])
    assert.deepEqual([plan?.ok, plan?.error?.code], [false, 'ERR_BUG'])
    assert.match(plan?.error?.message ?? '', /repeats nothing/)
  })
})
