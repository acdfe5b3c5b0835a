/** Holds how a cell ended against what the contract says. */
import assert from 'node:assert/strict'
import { errorTable } from '../../../src/errors.js'
import type { Cell } from './cells.js'
import type { Ended, Scene } from './run-cell.js'

export function judge(ended: Ended, scene: Scene): void {
  const { cell, front } = scene
  assertEnd(ended, cell)
  if (ended.code !== cell.row.orElse) assertStrikes(front.strikes(), cell)
  assertLooksBetween(front.calls(), cell)
  assertNoSecret(ended, scene)
  if (ended.code === 'ok') assertHeld(ended, scene)
  assertNothingWrong(scene)
  assert.ok(ended.seconds * 1000 <= cell.limitMs, `it took ${ended.seconds} s, over ${cell.limitMs} ms`)
}

function assertEnd({ code, exitCode, message, retries }: Ended, { end, row }: Cell): void {
  if (code === row.orElse) return
  const told = `ended ${exitCode} ${code} (${message}), not ${end}`
  if (end === 'ok') assert.equal(code, 'ok', told)
  else if (end === 'temporary') assert.equal(exitCode, 5, told)
  else assert.deepEqual([code, exitCode], [end, errorTable[end].exitCode], told)
  if (row.says && code !== 'ok') assert.match(message, row.says)
  if (row.mostRetries !== undefined) assert.ok((retries ?? 0) <= row.mostRetries, `${retries} requests were made again`)
}

/** A fault that never struck has shown nothing. */
function assertStrikes(count: number, { row, times }: Cell): void {
  const [least, most] = row.strikes[times]
  assert.ok(count >= least && count <= most, `the fault struck ${count} times, not ${least} to ${most}`)
}

/** Whether a complete got through, only a look can tell; a second one comes after it, but where the first was a clear no. */
function assertLooksBetween(calls: readonly string[], { fault }: Cell): void {
  const blind = calls.findIndex((call, index) => call === 'complete' && calls[index + 1] === 'complete')
  if (!fault.isClearNo) assert.equal(blind, -1, `completed again without a look: ${calls.join(', ')}`)
}

function assertNoSecret({ said }: Ended, { sandbox, front }: Scene): void {
  const { key, secret } = sandbox.credentials
  const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '')
  const secrets = [key, secret, base64(`${key}:${secret}`), base64(key), base64(secret), 'X-Amz-Signature=']
  for (const each of [...secrets, ...front.signatures()]) {
    const at = said.indexOf(each)
    assert.equal(at, -1, `a secret (${each}) was told: ${said.slice(Math.max(0, at - 200), at + 200)}`)
  }
}

function assertHeld({ uploadId, entityId }: Ended, { sandbox, file }: Scene): void {
  const held = sandbox.uploads().find(({ id }) => id === uploadId)
  assert.deepEqual([held?.sha256, held?.status, held?.entityId], [file.sha256, 'imported', entityId])
}

/** Whatever else happened, nothing was ever completed with other bytes, and nothing twice. */
function assertNothingWrong({ sandbox, file }: Scene): void {
  const completed = sandbox.uploads().flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]))
  assert.ok(completed.length <= 1, `${completed.length} uploads were completed`)
  for (const sha256 of completed) assert.equal(sha256, file.sha256)
}

/** "Temporary" is a promise: the same again, on a network that was mended, ends well. */
export async function assertGoesOn(ended: Ended, scene: Scene): Promise<void> {
  if (!ended.retryable) return
  scene.front.mend()
  const again = await scene.run()
  assert.equal(again.code, 'ok', `the same again ended ${again.code} (${again.message})`)
  assertHeld(again, scene)
  assertNothingWrong(scene)
  assertNoSecret(again, scene)
}
