/** Where the API key and its secret come from. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UploadError } from '../src/errors.js'
import { checkCredentials, credentialsFrom } from '../src/scenario/credentials.js'

const [SDK_KEY, SDK_SECRET] = ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET']
const [KEY, SECRET] = ['SCENARIO_API_KEY', 'SCENARIO_API_SECRET']

type Environment = Record<string, string>

describe('the credentials are', () => {
  const rows: readonly [title: string, env: Environment, used: [string, string], note: string | null][] = [
    ['the first pair', { [SDK_KEY]: 'k1', [SDK_SECRET]: 's1' }, ['k1', 's1'], null],
    ['the second pair where there is no first', { [KEY]: 'k2', [SECRET]: 's2' }, ['k2', 's2'], null],
    [
      'the first pair where there are both',
      { [SDK_KEY]: 'k1', [SDK_SECRET]: 's1', [KEY]: 'k2', [SECRET]: 's2' },
      ['k1', 's1'],
      null,
    ],
    [
      'the second pair where the first is empty',
      { [SDK_KEY]: '', [SDK_SECRET]: '', [KEY]: 'k2', [SECRET]: 's2' },
      ['k2', 's2'],
      null,
    ],
    [
      'the first pair, silently, beside half of the second',
      { [SDK_KEY]: 'k1', [SDK_SECRET]: 's1', [KEY]: 'k2' },
      ['k1', 's1'],
      null,
    ],
    [
      'the second pair, with a note, beside the key of the first',
      { [SDK_KEY]: 'k1', [KEY]: 'k2', [SECRET]: 's2' },
      ['k2', 's2'],
      `${SDK_SECRET} is not set: using ${KEY} and ${SECRET}`,
    ],
    [
      'the second pair, with a note, beside the secret of the first',
      { [SDK_SECRET]: 's1', [SDK_KEY]: '', [KEY]: 'k2', [SECRET]: 's2' },
      ['k2', 's2'],
      `${SDK_KEY} is not set: using ${KEY} and ${SECRET}`,
    ],
  ]
  for (const [title, env, [key, secret], note] of rows) {
    const from = key === 'k1' ? [SDK_KEY, SDK_SECRET] : [KEY, SECRET]
    it(title, () => assert.deepEqual(credentialsFrom(env), { credentials: { key, secret }, from, note }))
  }
})

describe('the credentials are missing', () => {
  const rows: readonly [title: string, env: Environment, message: string][] = [
    ['where there is nothing', {}, 'no API key in the environment'],
    [
      'where all is empty',
      { [SDK_KEY]: '', [SDK_SECRET]: '', [KEY]: '', [SECRET]: '' },
      'no API key in the environment',
    ],
    ['where a secret lacks', { [SDK_KEY]: 'k1' }, `half of the credentials: ${SDK_SECRET} is not set`],
    ['where a key lacks', { [SDK_SECRET]: 's1' }, `half of the credentials: ${SDK_KEY} is not set`],
    [
      'where a secret is empty',
      { [SDK_KEY]: 'k1', [SDK_SECRET]: '' },
      `half of the credentials: ${SDK_SECRET} is not set`,
    ],
    ['where the second secret lacks', { [KEY]: 'k2' }, `half of the credentials: ${SECRET} is not set`],
    ['where the second key lacks', { [SECRET]: 's2' }, `half of the credentials: ${KEY} is not set`],
    [
      'where there are two halves of two pairs',
      { [SDK_KEY]: 'k1', [SECRET]: 's2' },
      `half of the credentials: ${SDK_SECRET} is not set`,
    ],
  ]
  for (const [title, env, message] of rows) {
    it(title, () => {
      assert.throws(
        () => credentialsFrom(env),
        (error) => {
          assert.ok(error instanceof UploadError)
          assert.equal(error.code, 'ERR_CREDENTIALS_MISSING')
          assert.equal(error.exitCode, 4)
          assert.equal(error.message, message)
          assert.match(error.hint, /SCENARIO_/)
          return true
        },
      )
    })
  }
})

describe('credentials that a caller gives', () => {
  it('are taken whole, and nothing beside them', () => {
    const given = { key: 'k', secret: 's', more: 'm' }
    assert.deepEqual(checkCredentials(given), { key: 'k', secret: 's' })
  })

  for (const given of [
    '{"key":"k"}',
    '{"secret":"s"}',
    '{"key":"","secret":"s"}',
    '{"key":"k","secret":""}',
    '{"key":7,"secret":"s"}',
    '{"key":"k","secret":7}',
  ]) {
    it(`are missing where they are not whole: ${given}`, () => {
      assert.throws(() => checkCredentials(JSON.parse(given)), {
        code: 'ERR_CREDENTIALS_MISSING',
        message: 'the credentials given are not whole',
        hint: 'Give both: `credentials: { key, secret }`.',
      })
    })
  }
})
