/** What may be shown of a hostile word: no secret, one line of bounded length, nothing that moves a cursor. */
import assert from 'node:assert/strict'
import { errorLines } from '../../../src/cli/render/words.js'
import { styleFor } from '../../../src/cli/style.js'
import { UploadError } from '../../../src/errors.js'
import { secrets, signature } from './replies.js'

const basic = Buffer.from(`${secrets.key}:${secrets.secret}`).toString('base64')
/** The bucket knows the signature alone: what it is never told it cannot take out. */
const ofBucket = [signature, basic]
const ofApi = [...ofBucket, secrets.key, secrets.secret]
const unsafe = /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const mostShown = 2500

/** `caller`: the words are the user's own, and are said in full. */
export type Edge = 'api' | 'bucket' | 'caller'

const hidden = { api: ofApi, bucket: ofBucket, caller: [] } satisfies Record<Edge, string[]>

export function assertNoSecret(text: string, edge: Edge = 'api'): void {
  for (const secret of hidden[edge]) assert.ok(!text.includes(secret), `a secret is shown: ${text.slice(0, 300)}`)
}

/** An error of ours, of one of these exit codes, that may be shown as it is. Everything else is a crash. */
export function assertError(thrown: unknown, exitCodes: readonly number[], edge: Edge = 'api'): UploadError {
  assert.ok(thrown instanceof UploadError, `no UploadError: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  assert.ok(exitCodes.includes(thrown.exitCode), `exit code ${thrown.exitCode}: ${thrown.message.slice(0, 300)}`)
  const shown = errorLines(thrown, 'hero.png', styleFor(false))
  assertNoSecret(`${shown}${JSON.stringify(thrown)}`, edge)
  assert.doesNotMatch(shown, unsafe)
  assert.equal(shown.split('\n').length, 2, 'a sentence and a hint')
  assert.ok(edge === 'caller' || shown.length <= mostShown, `${shown.length} characters`)
  assert.doesNotMatch(shown, /\b(NaN|Infinity) (ms|s|min|h)\b|\[object Object\]/)
  const { retryAfterMs } = thrown
  assert.ok(retryAfterMs === undefined || retryAfterMs >= 0, String(retryAfterMs))
  return thrown
}

/** What it answers, or the error that it must be. */
export function attempt<Value>(
  work: () => Value,
  exitCodes: readonly number[],
  edge: Edge = 'api',
): { value: Value } | { error: UploadError } {
  try {
    return { value: work() }
  } catch (thrown) {
    return { error: assertError(thrown, exitCodes, edge) }
  }
}
