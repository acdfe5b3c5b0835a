/** All calls of the API at one pace, whichever upload they are for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPatience } from '../src/engine/patience.js'
import { createQuota } from '../src/engine/quota.js'
import { UploadError } from '../src/errors.js'
import type { ScenarioClient } from '../src/scenario/client.js'
import { clock, remote } from './helpers/engine.js'

const unaborted = new AbortController().signal

function paced(perMinute: number, get: ScenarioClient['get'] = async () => remote('pending'), refused = () => {}) {
  const time = clock()
  const asked: number[] = []
  const told: string[] = []
  const client: ScenarioClient = {
    create: async () => assert.fail('nobody expected create'),
    complete: async () => null,
    get: (...words) => {
      asked.push(time.now())
      return get(...words)
    },
    close: () => {},
  }
  const quota = createQuota({ rpm: perMinute, retryForMs: 600_000 }, time, (why) => told.push(why))
  const patience = createPatience(time.now)
  return {
    time,
    asked,
    told,
    patience,
    at: quota.keptBy(client, { patience, refused }),
    other: quota.keptBy(client, { patience: createPatience(time.now), refused }),
  }
}

const limited = (retryAfterMs: number) => new UploadError('ERR_RATE_LIMITED', 'too many', { retryAfterMs })

describe('the pace', () => {
  it('lets a minute have its requests, of all uploads together, and says once why the rest is late', async () => {
    const { at, other, asked, told } = paced(10)
    await Promise.all(Array.from({ length: 25 }, (_, index) => (index % 2 ? at : other).get('upload_1', unaborted)))
    assert.equal(asked.filter((when) => when < 1000 + 60_000).length, 10)
    assert.equal(asked.filter((when) => when < 1000 + 121_000).length, 20)
    assert.deepEqual(told, ['spent'])
  })

  it('says nothing where nobody has to wait', async () => {
    const { at, told, time } = paced(10)
    await Promise.all(Array.from({ length: 10 }, () => at.get('upload_1', unaborted)))
    assert.deepEqual(told, [])
    assert.deepEqual(time.slept, [])
  })

  it('has no more than eight calls under way at once', async () => {
    const state = { now: 0, most: 0 }
    const { at, asked } = paced(100, async () => {
      state.most = Math.max(state.most, ++state.now)
      await new Promise(setImmediate)
      state.now--
      return remote('pending')
    })
    await Promise.all(Array.from({ length: 30 }, () => at.get('upload_1', unaborted)))
    assert.equal(state.most, 8)
    assert.equal(asked.length, 30)
  })

  it('tells of refused credentials before any other call has its turn', async () => {
    const controller = new AbortController()
    const refuse = async () => {
      throw new UploadError('ERR_CREDENTIALS_REFUSED', 'no')
    }
    const { at, asked } = paced(100, refuse, () => controller.abort(new UploadError('ERR_NOT_TRIED', 'not tried')))
    const all = Array.from({ length: 30 }, () => at.get('upload_1', controller.signal))
    const ends = await Promise.allSettled(all)
    const codes = ends.map((end) => end.status === 'rejected' && end.reason.code)
    assert.deepEqual([...new Set(codes)].toSorted(), ['ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED'])
    assert.ok(asked.length <= 8)
  })

  it('holds all calls back after one was refused, and hands the refusal on', async () => {
    const state = { refuse: true }
    const { at, other, asked } = paced(100, async () => {
      if (!state.refuse) return remote('pending')
      state.refuse = false
      throw limited(20_000)
    })
    await assert.rejects(at.get('upload_1', unaborted), { code: 'ERR_RATE_LIMITED' })
    await other.get('upload_2', unaborted)
    assert.deepEqual(asked, [1000, 21_000])
  })

  it('is left at once by whoever is aborted', async () => {
    const { at } = paced(1)
    await at.get('upload_1', unaborted)
    const controller = new AbortController()
    const waits = Promise.all([at.get('upload_1', controller.signal), at.get('upload_1', controller.signal)])
    controller.abort(new UploadError('ERR_INTERRUPTED', 'enough'))
    await assert.rejects(waits, { code: 'ERR_INTERRUPTED' })
  })

  it('takes no patience: while a call waits for its turn, nothing was tried in vain', async () => {
    const { at, patience, time } = paced(1)
    await at.get('upload_1', unaborted)
    assert.equal(patience.failed(), 0)
    await patience.during(() => at.get('upload_1', unaborted))
    assert.ok(time.now() > 60_000)
    assert.equal(patience.failed(), 0)
  })
})

describe('a refusal', () => {
  const refusing = (retryAfterMs: number) =>
    paced(100, async () => {
      throw limited(retryAfterMs)
    })
  const code = 'ERR_RATE_LIMITED'

  it('that asks for more than anybody waits ends all calls at once, with when to come again, and none is made', async () => {
    const { at, other, asked, time } = refusing(3_600_000)
    await assert.rejects(at.get('upload_1', unaborted), { code })
    await time.sleep(1000, unaborted)
    await assert.rejects(other.complete('upload_2', unaborted), { code, message: 'too many', retryAfterMs: 3_599_000 })
    assert.deepEqual(asked, [1000])
    assert.deepEqual(time.slept, [1000])
  })

  it('ends at once a look that has not so much time, and the look comes again', async () => {
    const { at, other, asked, time } = refusing(20_000)
    await assert.rejects(at.get('upload_1', unaborted), { code })
    const waits = assert.rejects(at.get('upload_1', unaborted), { code })
    await assert.rejects(other.get('upload_2', unaborted, 3000), { code, retryAfterMs: 20_000 })
    assert.deepEqual([asked.length, time.now()], [1, 1000])
    await waits
  })

  it('ends those, too, that stood in the queue before it', async () => {
    const { at, other, asked } = paced(1, async () => {
      await new Promise(setImmediate)
      throw limited(3_600_000)
    })
    const all = [at, other].map((each) => assert.rejects(each.get('upload_1', unaborted), { code }))
    await Promise.all(all)
    assert.deepEqual(asked, [1000])
  })

  it('takes patience, also while the call waits for its turn: what it was refused for is no other upload', async () => {
    const { at, patience } = refusing(20_000)
    const tried = () =>
      assert.rejects(
        patience.during(() => at.get('upload_1', unaborted)),
        { code },
      )
    await tried()
    assert.equal(patience.failed(), 0)
    await tried()
    assert.equal(patience.failed(), 20_000)
  })

  it('ends the patience in time: nobody waits longer in the queue than he would try', async () => {
    const { at, patience, asked, time } = refusing(0)
    const tried = () =>
      assert.rejects(
        patience.during(() => at.get('upload_1', unaborted)),
        { code },
      )
    patience.failed()
    await time.sleep(599_500, unaborted)
    await tried()
    await tried()
    assert.equal(asked.length, 1)
    assert.equal(patience.failed(), 599_500)
  })

  it('is said to be why the rest is late', async () => {
    const { at, other, told } = refusing(20_000)
    await assert.rejects(at.get('upload_1', unaborted), { code })
    await assert.rejects(other.get('upload_1', unaborted), { code })
    assert.deepEqual(told, ['refused'])
  })
})
