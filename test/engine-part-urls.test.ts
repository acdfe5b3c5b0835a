/** The presigned URLs of an upload: who asks for fresh ones, who only takes them, and where there is an end to it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Detour } from '../src/engine/detour.js'
import { createPartUrls, type PartUrls } from '../src/engine/part-urls.js'
import { createRenewals, type Renewals } from '../src/engine/renewals.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import type { PartUrl, RemoteUpload } from '../src/scenario/schema.js'
import { network, remote, type Stage, stage } from './helpers/engine.js'

const minute = 60_000
const bornAt = 1000 // what the clock of the stage shows at first
const lifeMs = 10 * minute

/** Three URLs of the `nth` set, which live for ten minutes from `at` on. */
const set = (nth: number, at = bornAt, life: number | null = lifeMs): PartUrl[] =>
  [1, 2, 3].map((number) => ({
    number,
    url: `https://b.test/${nth}/${number}`,
    expires: life === null ? null : at + life,
  }))

interface Making extends Stage {
  urls: PartUrls
  renewals: Renewals
  looks: string[]
  /** Lets the time pass. */
  pass(ms: number): Promise<void>
}

type Look = (nth: number, now: number) => RemoteUpload | UploadError

function making(look: Look, first = set(1)): Making {
  const looks: string[] = []
  const staged = stage({
    client: {
      get: async (id) => {
        looks.push(id)
        await new Promise((resolve) => setImmediate(resolve)) // so that others may come meanwhile
        const answer = look(looks.length, staged.clock.now())
        if (answer instanceof UploadError) throw answer
        return answer
      },
    },
  })
  const renewals = createRenewals()
  const urls = createPartUrls({ id: 'upload_1', parts: first }, renewals, staged.context)
  return { ...staged, urls, renewals, looks, pass: (ms) => staged.clock.sleep(ms, staged.controller.signal) }
}

const nobody: Look = () => assert.fail('nobody should have asked')
/** Each look brings a fresh set. */
const renewing: Look = (nth, now) => remote('pending', { parts: set(nth + 1, now) })

async function detourOf(work: Promise<unknown>): Promise<Detour['to']> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  return error instanceof Detour ? error.to : assert.fail(String(error))
}

async function rejected(work: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError && error.code === code, String(error))
  return error
}

describe('a URL', () => {
  it('that lives is used, and nobody is asked', async () => {
    const { urls } = making(nobody)
    assert.equal((await urls.of(2)).url, 'https://b.test/1/2')
  })

  it('of which nobody knows how long it lives is used', async () => {
    const { urls, pass } = making(nobody, set(1, bornAt, null))
    await pass(30 * 24 * 60 * minute)
    const held = await urls.of(1)
    assert.deepEqual([held.url, urls.isPast(held)], ['https://b.test/1/1', false])
  })

  it('of a part that there is not is a bug', async () => {
    await assert.rejects(making(nobody).urls.of(4), RangeError)
  })

  it('is taken for dead ten seconds before its end, and a fresh one is asked for', async () => {
    const { urls, pass, looks } = making(renewing)
    await pass(lifeMs - 10_001)
    assert.equal((await urls.of(1)).url, 'https://b.test/1/1')
    await pass(1)
    assert.equal((await urls.of(1)).url, 'https://b.test/2/1')
    assert.deepEqual(looks, ['upload_1'])
  })

  it('that lives for seconds only has a margin of a tenth, and is not dead at birth', async () => {
    const { urls, pass } = making(renewing, set(1, bornAt, 5000))
    assert.equal((await urls.of(1)).url, 'https://b.test/1/1')
    await pass(4500)
    assert.equal((await urls.of(1)).url, 'https://b.test/2/1')
  })

  it('near its end is asked for once, for all workers', async () => {
    const { urls, pass, looks } = making(renewing)
    await pass(lifeMs)
    const held = await Promise.all([1, 2, 3, 1, 2, 3].map((number) => urls.of(number)))
    assert.equal(looks.length, 1)
    assert.deepEqual(
      held.map(({ url }) => url),
      [1, 2, 3, 1, 2, 3].map((number) => `https://b.test/2/${number}`),
    )
  })

  it('near its end is used where there is none fresher, and nobody asks a second time', async () => {
    const { urls, pass, looks } = making(() => remote('pending', { parts: set(1) }))
    await pass(lifeMs)
    for (const number of [1, 2, 3]) assert.equal((await urls.of(number)).url, `https://b.test/1/${number}`)
    assert.equal(looks.length, 1)
  })

  it('is past after its end, and not before', async () => {
    const { urls, pass } = making(nobody)
    const held = await urls.of(1)
    await pass(lifeMs - 1)
    assert.equal(urls.isPast(held), false)
    await pass(1)
    assert.equal(urls.isPast(held), true)
  })
})

const refused = new UploadError('ERR_URL_EXPIRED', 'Request has expired')

describe('after a URL was refused for its age', () => {
  it('fresh ones are asked for once, for all workers that were refused', async () => {
    const { urls, looks, pass } = making(renewing)
    const held = await Promise.all([1, 2, 3].map((number) => urls.of(number)))
    await pass(minute)
    await Promise.all(held.map((each) => urls.renew(each, refused)))
    assert.equal(looks.length, 1)
    assert.equal((await urls.of(3)).url, 'https://b.test/2/3')
  })

  it('who comes with one of an older set just takes the new ones', async () => {
    const { urls, looks, pass } = making(renewing)
    await pass(1)
    const [early, late] = [await urls.of(1), await urls.of(2)]
    await urls.renew(early, refused)
    await urls.renew(late, refused)
    assert.deepEqual([looks.length, (await urls.of(2)).url], [1, 'https://b.test/2/2'])
  })

  it('others that are not said to live longer are none', async () => {
    const later = set(2).map((part) => ({ ...part, expires: bornAt + lifeMs }))
    const { urls } = making(() => remote('pending', { parts: later }))
    const to = await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))
    assert.deepEqual(to, { go: 'anew', why: 'the part URLs expired, and the API gave no fresh ones', because: refused })
  })

  it('others of which nobody knows how long they live are fresh, and the same ones are not', async () => {
    const { urls } = making(
      (nth) => remote('pending', { parts: set(Math.min(nth + 1, 2), 0, null) }),
      set(1, bornAt, null),
    )
    await urls.renew(await urls.of(1), refused)
    assert.equal((await urls.of(1)).url, 'https://b.test/2/1')
    assert.equal((await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))).go, 'anew')
  })

  const none: readonly [title: string, parts: PartUrl[] | null][] = [
    ['none', null],
    ['fewer of them', set(2, minute).slice(1)],
    ['the same ones', set(1)],
  ]
  for (const [title, parts] of none) {
    it(`an upload that shows ${title} leads to a new upload`, async () => {
      const { urls } = making(() => remote('pending', { parts }))
      assert.equal((await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))).go, 'anew')
    })
  }

  it('an upload that the server no longer knows leads to a new one', async () => {
    const unknown = new UploadError('ERR_UPLOAD_UNKNOWN', 'no such upload')
    const { urls } = making(() => unknown)
    const to = await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))
    assert.deepEqual(to, { go: 'anew', why: 'the server no longer knows upload_1', because: unknown })
  })

  for (const status of ['validating', 'imported', 'failed']) {
    it(`an upload that is ${status} by now has its bytes already`, async () => {
      const { urls } = making(() => remote(status))
      const to = await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))
      assert.ok(to.go === 'past' && to.upload.status === status)
    })
  }

  it('a look that fails for the moment is made again', async () => {
    const { urls, looks } = making((nth, now) => (nth < 3 ? network() : renewing(nth, now)))
    await urls.renew(await urls.of(1), refused)
    assert.equal(looks.length, 3)
  })

  it('a look that is refused is the end', async () => {
    const { urls } = making(() => new UploadError('ERR_CREDENTIALS_REFUSED', 'no'))
    await rejected(
      urls.of(1).then((held) => urls.renew(held, refused)),
      'ERR_CREDENTIALS_REFUSED',
    )
  })

  it('three renewals in vain are the last: URLs that are refused again and again lead nowhere', async () => {
    const { urls, looks, pass } = making(renewing)
    for (let i = 0; i < 3; i++) {
      await pass(minute)
      await urls.renew(await urls.of(1), refused)
    }
    await pass(minute)
    await rejected(
      urls.of(1).then((held) => urls.renew(held, refused)),
      'ERR_URL_EXPIRED',
    )
    assert.equal(looks.length, 4)
  })

  it('that leads to a new upload costs no renewal of its own: the new upload is one', async () => {
    const { urls } = making(() => remote('pending', { parts: set(1) }))
    for (let i = 0; i < 5; i++)
      assert.equal((await detourOf(urls.of(1).then((held) => urls.renew(held, refused)))).go, 'anew')
  })

  it('three renewals of workers that came together are one', async () => {
    const { urls, renewals, pass } = making(renewing)
    const held = await Promise.all([1, 2, 3].map((number) => urls.of(number)))
    await pass(minute)
    await Promise.all(held.map((each) => urls.renew(each, refused)))
    for (let i = 0; i < 2; i++) renewals.spend(refused)
    assert.throws(() => renewals.spend(refused), UploadError)
  })
})

describe('a set of URLs that was refused', () => {
  /** The bucket's clock is ahead by more than they live: by it, each set is at its end when it comes. */
  const deadAtBirth = () =>
    making((nth, now) => remote('pending', { parts: set(nth + 1, now - lifeMs) }), set(1, bornAt - lifeMs))

  it('counts as a renewal in vain, though another worker asked for the next one before it was refused', async () => {
    const { urls, pass } = deadAtBirth()
    const replaced = async () => {
      await pass(minute)
      const held = await urls.of(1)
      await pass(minute)
      assert.notEqual((await urls.of(2)).url, held.url.replace(/1$/, '2'))
      return held
    }
    for (let i = 0; i < 3; i++) await urls.renew(await replaced(), refused)
    const held = await replaced()
    await rejected(urls.renew(held, refused), 'ERR_URL_EXPIRED')
  })

  it('counts, too, where another worker is just asking for the next one', async () => {
    const { urls, renewals, pass } = making(renewing)
    const held = await urls.of(1)
    await pass(lifeMs)
    await Promise.all([urls.of(2), urls.renew(held, refused)])
    for (let i = 0; i < 2; i++) renewals.spend(refused)
    assert.throws(() => renewals.spend(refused), UploadError)
  })

  it('counts once, however late the others come that have it, and those of older ones', async () => {
    const { urls, renewals, pass } = making(renewing)
    const first = await Promise.all([1, 2, 3].map((number) => urls.of(number)))
    await pass(lifeMs)
    const second = await Promise.all([1, 2].map((number) => urls.of(number)))
    await pass(minute)
    for (const held of [...second, ...first]) await urls.renew(held, refused)
    for (let i = 0; i < 2; i++) renewals.spend(refused)
    assert.throws(() => renewals.spend(refused), UploadError)
  })
})

describe('fresh URLs', () => {
  it('are no progress of the bytes: they do not make the time to try again any longer', async () => {
    const { urls, context, pass } = making(renewing)
    assert.equal(context.patience.failed(), 0)
    await pass(lifeMs)
    assert.equal((await urls.of(1)).generation, 2)
    assert.equal(context.patience.failed(), lifeMs)
  })

  it('that come after the abort are given to nobody', async () => {
    const reason = new UploadError('ERR_INTERRUPTED', 'enough')
    const { urls, pass, controller } = making((nth, now) => {
      controller.abort(reason)
      return renewing(nth, now)
    })
    await pass(lifeMs)
    await assert.rejects(urls.of(1), (error) => error === reason)
  })
})

describe('a clock', () => {
  it('by which a URL that worked was past is wrong, and not believed any more', async () => {
    const { urls, pass, looks } = making(() => remote('pending', { parts: set(1) }))
    await pass(lifeMs + minute)
    const held = await urls.of(1)
    assert.equal(urls.isPast(held), true)
    urls.worked(held)
    assert.equal(urls.isPast(held), false)
    for (const number of [1, 2, 3]) await urls.of(number)
    assert.equal(looks.length, 1, 'only the first time')
  })

  it('by which a URL came to its end only while its part was under way is believed still', async () => {
    const { urls, pass } = making(renewing)
    const held = await urls.of(1)
    await pass(lifeMs + minute)
    urls.worked(held)
    assert.equal(urls.isPast(held), true)
    assert.equal((await urls.of(2)).url, 'https://b.test/2/2')
  })

  it('by which it was not past is believed still', async () => {
    const { urls, pass } = making(renewing)
    const held = await urls.of(1)
    urls.worked(held)
    await pass(lifeMs)
    assert.equal(urls.isPast(held), true)
    assert.equal((await urls.of(1)).generation, 2)
  })
})
