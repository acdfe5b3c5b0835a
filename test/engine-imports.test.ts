/** Who looks when, where many imports are waited for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createImports } from '../src/engine/imports.js'
import { clock } from './helpers/engine.js'

const unaborted = new AbortController().signal
const long = 900_000

describe('the first look at an import', () => {
  it('comes at once for the first two, and for the others once one of those has ended', async () => {
    const time = clock(() => 0)
    const imports = createImports(time)
    const entered: number[] = []
    const enter = async () => {
      const waiting = await imports.enter('image', long, unaborted)
      entered.push(time.now() - 1000)
      return waiting
    }
    const scouts = await Promise.all([enter(), enter()])
    assert.deepEqual(entered, [0, 0])
    const others = Promise.all([enter(), enter()])
    await time.sleep(3000, unaborted)
    assert.equal(entered.length, 2)
    scouts[0]?.ended(7)
    scouts[0]?.leave()
    await others
    assert.ok(
      entered.slice(2).every((at) => at >= 3000 && at <= 3250),
      `${entered}`,
    )
  })

  it('comes at the typical time, or a little later, once that is known', async () => {
    const time = clock(() => 0.5)
    const imports = createImports(time)
    const scout = await imports.enter('image', long, unaborted)
    await time.sleep(5000, unaborted)
    scout.ended(8)
    const { startedAt } = await imports.enter('image', long, unaborted)
    assert.equal(time.now() - startedAt, 5250)
  })

  it('comes no sooner after many that were waited for side by side, and each seen by a single look', async () => {
    const time = clock(() => 0)
    const imports = createImports(time)
    const scout = await imports.enter('image', long, unaborted)
    await time.sleep(5000, unaborted)
    scout.ended(8)
    const many = await Promise.all(Array.from({ length: 60 }, () => imports.enter('image', long, unaborted)))
    for (const { ended } of many) ended(1)
    const { startedAt } = await imports.enter('image', long, unaborted)
    assert.equal(time.now() - startedAt, 4950)
  })

  it('comes after ten seconds, where nothing is known even then', async () => {
    const time = clock()
    const imports = createImports(time)
    for (let count = 0; count < 2; count++) await imports.enter('image', long, unaborted)
    const { startedAt } = await imports.enter('image', long, unaborted)
    assert.equal(time.now() - startedAt, 10_000)
  })

  it('of a picture is not put off by what a model took', async () => {
    const time = clock()
    const imports = createImports(time)
    const model = await imports.enter('model', long, unaborted)
    await time.sleep(600_000, unaborted)
    model.ended(70)
    const { startedAt } = await imports.enter('image', long, unaborted)
    assert.equal(time.now(), startedAt)
    const another = await imports.enter('model', long, unaborted)
    assert.ok(time.now() - another.startedAt >= 600_000)
  })

  it('is taken over by the next where one left without an end', async () => {
    const time = clock()
    const imports = createImports(time)
    for (let count = 0; count < 2; count++) (await imports.enter('image', long, unaborted)).leave()
    const { startedAt } = await imports.enter('image', long, unaborted)
    assert.equal(time.now(), startedAt)
  })

  it('comes within the time that there is', async () => {
    const time = clock()
    const imports = createImports(time)
    const scout = await imports.enter('image', long, unaborted)
    await time.sleep(5000, unaborted)
    scout.ended(8)
    const { startedAt } = await imports.enter('image', 2000, unaborted)
    assert.equal(time.now() - startedAt, 2000)
  })

  it('is not waited for by whoever is aborted', async () => {
    const time = clock()
    const imports = createImports(time)
    for (let count = 0; count < 2; count++) await imports.enter('image', long, unaborted)
    const why = new Error('enough')
    await assert.rejects(imports.enter('image', long, AbortSignal.abort(why)), (error) => error === why)
  })
})
