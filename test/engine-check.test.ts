/** The settings of a run: what they are where nothing is said, and which of them make no sense. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkUploadId, settingsFrom } from '../src/engine/check.js'
import { UploadError } from '../src/errors.js'

type Options = Parameters<typeof settingsFrom>[0]

const usage = (message: RegExp) => (error: unknown) =>
  error instanceof UploadError && error.code === 'ERR_USAGE' && message.test(error.message)

describe('the settings', () => {
  it('where nothing is said', () => {
    assert.deepEqual(settingsFrom({}), {
      concurrency: 4,
      ...{ jobs: 4, failFast: false, rpm: 100, limitRate: Number.POSITIVE_INFINITY },
      verify: true,
      wait: true,
      until: undefined,
      timeoutMs: 900_000,
      retryForMs: 600_000,
      stallMs: 30_000,
      resume: true,
    })
  })

  it('count files, parts and requests in whole numbers', () => {
    const { jobs, rpm, failFast } = settingsFrom({ jobs: 64, rpm: 10_000, failFast: true })
    assert.deepEqual([jobs, rpm, failFast], [64, 10_000, true])
    for (const wrong of [{ jobs: 0 }, { jobs: 65 }, { jobs: 1.5 }, { rpm: 0 }, { rpm: 10_001 }, { rpm: Number.NaN }]) {
      assert.throws(() => settingsFrom(wrong), usage(/must be a whole number/))
    }
  })

  it('are those that were given', () => {
    const times = { timeout: 1, retryFor: 2, stallTimeout: 3 }
    const given = settingsFrom({ ...times, concurrency: 64, verify: false, resume: false, until: 'imported' })
    const { concurrency, verify, wait, until, timeoutMs, retryForMs, stallMs, resume } = given
    assert.deepEqual([concurrency, verify, wait, until], [64, false, true, 'imported'])
    assert.deepEqual([timeoutMs, retryForMs, stallMs, resume], [1, 2, 3, false])
    assert.equal(settingsFrom({ wait: false }).wait, false)
    assert.equal(settingsFrom({ until: 'validated' }).until, 'validated')
  })

  it('have as many connections as the link is worth, where that is asked for', () => {
    assert.equal(settingsFrom({ concurrency: 'auto' }).concurrency, 'auto')
  })

  it('have a time of nothing where that makes sense, and of for ever', () => {
    const { timeoutMs, retryForMs } = settingsFrom({ timeout: 0, retryFor: Number.POSITIVE_INFINITY })
    assert.deepEqual([timeoutMs, retryForMs], [0, Number.POSITIVE_INFINITY])
  })
})

describe('a setting that makes no sense is a usage error:', () => {
  const wrong: readonly [options: Options, message: RegExp][] = [
    [{ concurrency: 0 }, /--concurrency must be a whole number from 1 to 64, or auto$/],
    [{ concurrency: 65 }, /--concurrency/],
    [{ concurrency: 1.5 }, /--concurrency/],
    [{ timeout: -1 }, /^--timeout must be a time, and not a negative one$/],
    [{ timeout: Number.NaN }, /--timeout/],
    [{ retryFor: -1 }, /^--retry-for must be a time, and not a negative one$/],
    [{ stallTimeout: 0 }, /^--stall-timeout must be a time, and more than none$/],
    [{ wait: false, until: 'validated' }, /^--no-wait and --until cannot go together$/],
  ]
  for (const [options, message] of wrong) {
    it(JSON.stringify(options), () => {
      assert.throws(() => settingsFrom(options), usage(message))
    })
  }

  // What callers without a compiler hand in.
  for (const options of ['{"until":"done"}', '{"timeout":"1"}', '{"concurrency":"4"}', '{"concurrency":"AUTO"}']) {
    it(options, () => {
      const [name = ''] = Object.keys(JSON.parse(options))
      assert.throws(() => settingsFrom(JSON.parse(options)), usage(new RegExp(`^--${name} must be`)))
    })
  }
})

describe('a setting of yes or no', () => {
  for (const name of ['verify', 'resume', 'failFast', 'wait']) {
    it(`is a usage error where it is neither: ${name}`, () => {
      for (const wrong of ['false', '', 0, null]) {
        assert.throws(() => settingsFrom({ [name]: wrong }), usage(new RegExp(`^${name} must be true or false, not `)))
      }
    })
  }
})

describe('the id of an upload', () => {
  it('is given back', () => assert.equal(checkUploadId('upload_1'), 'upload_1'))

  for (const id of ['"a/b"', '""', '7', 'null']) {
    it(`is not ${id}, and the hint says what one looks like`, () => {
      assert.throws(() => checkUploadId(JSON.parse(id)), {
        code: 'ERR_USAGE',
        message: 'that is not the id of an upload',
        hint: 'Give an id like upload_AbC123 (letters, digits, and _ . : -); `scenario-upload status` lists those of this machine.',
      })
    })
  }
})
