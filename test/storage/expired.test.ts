import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { soleUpload } from './command.js'
import { missingEngine } from './engine.js'
import { assertArrived, assertNothingLeaked, assertPlainPuts } from './expect.js'
import { MiB, type Stage, setStage, writeSource } from './stage.js'
import { pauseFor } from './trouble.js'

/** Long enough for the first part to set out in time, however busy the machine is. */
const seconds = 10
/** It takes so long that the URLs of the others are too old by then. */
const trouble = pauseFor((seconds + 1.5) * 1000)
/** Fresh ones live for as long as it takes. */
const firstPlan = (_: number, plan: number) => (plan === 1 ? seconds : 3600)

const options = ['--kind', 'model', '--json', '--part-size', '5MiB', '--concurrency', '1']

/** Part and status of each request, in their order: with one connection, each is answered before the next. */
const exchanges = ({ relay }: Stage) => relay.requests.map(({ part }, at) => [part, relay.answers[at]?.status])

const plansOf = ({ api }: Stage) => api.uploads.map(({ plans }) => plans.length)

describe('Part URLs that expire before a real S3 has all parts', { concurrency: 3, skip: missingEngine() }, () => {
  test('are replaced before they are used, with one look at the upload', async (t) => {
    const stage = await setStage(t, { trouble, lives: firstPlan })
    const file = await writeSource(stage, 'weights.safetensors', 12 * MiB)
    const said = await assertArrived(stage, await stage.run([file.path, ...options]), file)
    assert.deepEqual(plansOf(stage), [2])
    assert.deepEqual(
      exchanges(stage),
      [1, 2, 3].map((part) => [part, 200]),
    )
    assert.equal(said.retries, 0)
    assertPlainPuts(stage.relay, 1)
  })

  test('are replaced once the storage has refused one for its age, where the API said that they live on', async (t) => {
    const stage = await setStage(t, { trouble, lives: firstPlan, promises: 3600 })
    const file = await writeSource(stage, 'weights.safetensors', 12 * MiB)
    const run = await stage.run([file.path, ...options])
    const said = await assertArrived(stage, run, file)
    assert.deepEqual(plansOf(stage), [2])
    assert.deepEqual(exchanges(stage), [
      [1, 200],
      [2, 403],
      [2, 200],
      [3, 200],
    ])
    assert.equal(said.retries, 0, 'An old URL is no failure of the storage')
    await assertNothingLeaked(stage, run)
  })

  test('lead to a new upload where the API does not sign again, and it is said', async (t) => {
    const lives = (nth: number) => (nth === 1 ? seconds : 3600)
    const stage = await setStage(t, { trouble, lives, signsOnce: true })
    const file = await writeSource(stage, 'weights.safetensors', 12 * MiB)
    const run = await stage.run([file.path, ...options])
    const said = await assertArrived(stage, run, file)
    const [first, second, ...others] = stage.api.uploads
    assert.deepEqual([first?.entityId, others], [null, []])
    assert.equal(said.uploadId, second?.id)
    assert.match(run.stderr, /the part URLs expired, .* a new upload begins, and all bytes are sent again/)
    assert.deepEqual(
      stage.relay.requests.flatMap(({ part, target }) => (target.includes(`${second?.id}/`) ? [part] : [])),
      [1, 2, 3],
    )
    await assertNothingLeaked(stage, run)
  })

  for (const { title, signsOnce, uploads, plans } of [
    { title: 'sent afresh', signsOnce: false, uploads: 1, plans: 9 },
    { title: 'of new uploads', signsOnce: true, uploads: 4, plans: 1 },
  ]) {
    test(`end the command with 5 where those ${title} have expired for ever too`, async (t) => {
      const stage = await setStage(t, { late: true, signsOnce })
      const { path } = await writeSource(stage, 'weights.safetensors', 12 * MiB)
      const run = await stage.run([path, ...options])
      const { error } = soleUpload(run)
      assert.deepEqual([run.code, error?.code, error?.retryable], [5, 'ERR_URL_EXPIRED', true])
      assert.equal(stage.api.uploads.length, uploads)
      for (const { entityId, target, plans: handedOut } of stage.api.uploads) {
        assert.equal(entityId, null)
        assert.deepEqual(await stage.bucket.parts(target), [])
        assert.ok(handedOut.length <= plans, `It was asked for fresh URLs ${handedOut.length - 1} times`)
      }
      await assertNothingLeaked(stage, run)
    })
  }
})
