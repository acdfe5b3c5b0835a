import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorFields, type Run, soleUpload } from './command.js'
import { missingEngine } from './engine.js'
import { assertNothingLeaked } from './expect.js'
import { setStage, writeSource } from './stage.js'

/** The last digit of the signature is another one. */
function withWrongSignature(url: string): string {
  return url.replace(/(X-Amz-Signature=[0-9a-f]{63})([0-9a-f])/, (_, head, last) => head + (last === '0' ? '1' : '0'))
}

/** No server of any test gets this port, as it may get one that was closed a moment ago. */
function withoutServer(url: string): string {
  return Object.assign(new URL(url), { port: '1' }).href
}

function errorOf(run: Run): ErrorFields {
  const { error } = soleUpload(run)
  assert.ok(error, run.stdout)
  return error
}

describe('What a real S3 refuses is said in its own words, and no secret with it', { skip: missingEngine() }, () => {
  for (const talk of [[], ['--verbose', '--debug']]) {
    test(['URLs that come expired: exit 5', ...talk].join(' '), async (t) => {
      const stage = await setStage(t, { late: true })
      const { path } = await writeSource(stage, 'hero.png', 1_000)
      const run = await stage.run([path, '--kind', 'image', '--json', ...talk])
      const { code, message, exitCode, retryable } = errorOf(run)
      assert.deepEqual({ code, exitCode, retryable }, { code: 'ERR_URL_EXPIRED', exitCode: 5, retryable: true })
      assert.equal(run.code, 5)
      assert.match(message, /Request has expired/)
      await assertNothingLeaked(stage, run)
    })

    test(['A signature that does not match: exit 6', ...talk].join(' '), async (t) => {
      const stage = await setStage(t, { alter: withWrongSignature })
      const { path } = await writeSource(stage, 'hero.png', 1_000)
      const run = await stage.run([path, '--kind', 'image', '--json', ...talk])
      const { code, message, exitCode, retryable, requestId } = errorOf(run)
      assert.deepEqual({ code, exitCode, retryable }, { code: 'ERR_STORAGE_REFUSED', exitCode: 6, retryable: false })
      assert.equal(run.code, 6)
      assert.match(message, /SignatureDoesNotMatch/)
      assert.deepEqual(
        stage.relay.answers.map(({ status }) => status),
        [403],
        'A refusal for good is not tried again',
      )
      assert.equal(requestId, stage.relay.answers[0]?.requestId)
      await assertNothingLeaked(stage, run)
    })
  }

  test('A storage that takes no connections: exit 5, after some tries', async (t) => {
    const stage = await setStage(t, { alter: withoutServer })
    const { path } = await writeSource(stage, 'hero.png', 1_000)
    const run = await stage.run([path, '--kind', 'image', '--json'])
    const { code, message, exitCode, retryable } = errorOf(run)
    assert.match(message, /refused the connection/)
    assert.deepEqual({ code, exitCode, retryable }, { code: 'ERR_NETWORK', exitCode: 5, retryable: true })
    assert.equal(run.code, 5)
    assert.ok(soleUpload(run).retries > 0, 'It was not tried again')
    await assertNothingLeaked(stage, run)
  })
})
