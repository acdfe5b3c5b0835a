import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { describe, test } from 'node:test'
import { missingEngine } from './engine.js'
import { assertArrived, assertPlainPuts, partSizes } from './expect.js'
import { MiB, setStage, writeSource } from './stage.js'
import { cutAfter } from './trouble.js'

interface Scene {
  readonly title: string
  readonly size: number
  readonly options: readonly string[]
  readonly parts: readonly number[]
  /** Where the options say nothing of it, 4. */
  readonly concurrency?: number
}

const scenes: readonly Scene[] = [
  { title: 'one part', size: 1_000_003, options: ['--parts', '1'], parts: [1_000_003] },
  { title: 'a single byte', size: 1, options: [], parts: [1] },
  {
    title: 'three parts, split evenly',
    size: 16 * MiB,
    options: ['--parts', '3'],
    parts: [5_592_406, 5_592_406, 5_592_404],
  },
  {
    title: 'two parts where an even split would make both too small',
    size: 8_500_000,
    options: ['--parts', '2'],
    parts: [5 * MiB, 8_500_000 - 5 * MiB],
  },
  {
    title: 'forty parts of 5 MiB, over three connections',
    size: 200 * MiB,
    options: ['--parts', '40', '--concurrency', '3'],
    parts: Array.from({ length: 40 }, () => 5 * MiB),
    concurrency: 3,
  },
  {
    title: 'a size that is a whole multiple of the part size, with no empty part after it',
    size: 15 * MiB,
    options: ['--part-size', '5MiB'],
    parts: [5 * MiB, 5 * MiB, 5 * MiB],
  },
  {
    title: 'one byte more than that, in a part of its own',
    size: 15 * MiB + 1,
    options: ['--part-size', '5MiB'],
    parts: [5 * MiB, 5 * MiB, 5 * MiB, 1],
  },
  {
    title: 'the default plan: 8 MiB parts, and the rest',
    size: 20 * MiB,
    options: [],
    parts: [8 * MiB, 8 * MiB, 4 * MiB],
  },
]

describe('A real S3 accepts what the command sends', { skip: missingEngine() }, () => {
  for (const { title, size, options, parts, concurrency = 4 } of scenes) {
    test(title, async (t) => {
      const stage = await setStage(t)
      const file = await writeSource(stage, 'weights.safetensors', size)
      const run = await stage.run([file.path, '--kind', 'model', '--json', ...options])
      const said = await assertArrived(stage, run, file)
      assertPlainPuts(stage.relay, concurrency)
      assert.deepEqual(partSizes(stage.relay), parts)
      assert.equal(said.parts, parts.length)
    })
  }

  test('standard input', async (t) => {
    const stage = await setStage(t)
    const file = await writeSource(stage, 'source.png', 11 * MiB + 5)
    const options = ['--name', 'hero.png', '--kind', 'image', '--json']
    const run = await stage.run(['-', ...options], createReadStream(file.path))
    const said = await assertArrived(stage, run, file)
    assert.deepEqual([said.type, said.fileName], ['stdin', 'hero.png'])
    assertPlainPuts(stage.relay, 4)
  })

  test('URLs with odd characters in their path, sent exactly as they were signed', async (t) => {
    const stage = await setStage(t)
    const file = await writeSource(stage, "héros (1)+~'&%41 été*.png", 1_000)
    const run = await stage.run([file.path, '--kind', 'image', '--json'])
    await assertArrived(stage, run, file)
    const planned = stage.api.uploads.flatMap(({ plans }) => plans.flat().map(({ url }) => url))
    const sent = stage.relay.requests.map(({ target }) => stage.relay.address + target)
    assert.deepEqual(sent, planned)
  })

  test('a part again whose connection broke in the middle', async (t) => {
    const stage = await setStage(t, { trouble: cutAfter(2 * MiB) })
    const file = await writeSource(stage, 'weights.safetensors', 20 * MiB)
    const run = await stage.run([file.path, '--kind', 'model', '--json'])
    const said = await assertArrived(stage, run, file)
    assert.equal(said.retries, 1)
    assertPlainPuts(stage.relay, 4 + 1)
  })
})
