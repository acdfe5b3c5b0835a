/** What the API is told of the asset itself. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assetOptionsFrom } from '../src/core/asset-options.js'
import { UploadError } from '../src/errors.js'

type Wishes = Parameters<typeof assetOptionsFrom>[0]

describe('the options of the asset', () => {
  it('have what was asked for, and no more', () => {
    assert.deepEqual(assetOptionsFrom({ collection: 'c1', parent: 'p1', hide: true }), {
      collectionIds: ['c1'],
      parentId: 'p1',
      hide: true,
    })
    assert.deepEqual(assetOptionsFrom({ collection: ['c1', 'c2'], hide: false }), { collectionIds: ['c1', 'c2'] })
    assert.deepEqual(assetOptionsFrom({ collection: [] }), {})
  })

  const wrong: readonly [wishes: Wishes, message: RegExp][] = [
    [{ collection: ['c1', 'a b'] }, /^"a b" is not an id \(--collection, --parent\)$/],
    [{ collection: '' }, /^"" is not an id/],
    [{ parent: '..' }, /^"\.\." is not an id/],
    // What callers without a compiler hand in.
    [JSON.parse('{"parent":7}'), /^a value of type number is not an id/],
  ]
  for (const [wishes, message] of wrong) {
    it(`take no ${JSON.stringify(wishes)}`, () => {
      assert.throws(
        () => assetOptionsFrom(wishes),
        (error) => error instanceof UploadError && error.code === 'ERR_USAGE' && message.test(error.message),
      )
    })
  }
})
