import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Run } from './command.js'
import { missingEngine } from './engine.js'
import { assertArrived, assertNothingLeaked } from './expect.js'
import type { Answer, Relay, Request } from './relay.js'
import { MiB, type Stage, setStage, writeSource } from './stage.js'

interface Wire {
  bytes: number
  requests: readonly Request[]
  answers: readonly Answer[]
}

/** What came over the wire since the marked moment. */
function mark({ bytes, requests, answers }: Relay): () => Wire {
  const before = { bytes: bytes(), requests: requests.length, answers: answers.length }
  return () => ({
    bytes: bytes() - before.bytes,
    requests: requests.slice(before.requests),
    answers: answers.slice(before.answers),
  })
}

/** Runs the command, and kills it at the moment when so many more bytes have come over the wire. */
async function killedAfter(bytes: number, stage: Stage, words: readonly string[]): Promise<{ run: Run; wire: Wire }> {
  const since = mark(stage.relay)
  const { kill, ended } = stage.start(words)
  await Promise.race([stage.relay.reached(stage.relay.bytes() + bytes), ended])
  kill()
  const run = await ended
  assert.equal(run.code, null, `It ended before it was killed: ${run.stderr}${run.stdout}`)
  assert.equal(run.stdout, '')
  return { run, wire: since() }
}

/** The same command again, until it ends by itself. */
async function again(stage: Stage, words: readonly string[]): Promise<{ run: Run; wire: Wire }> {
  const since = mark(stage.relay)
  return { run: await stage.run(words), wire: since() }
}

const numbersIn = ({ requests }: Wire) => requests.map(({ part }) => part).toSorted((a, b) => a - b)

/** The numbers of the parts that the engine holds, each of them whole. */
async function heldBy({ api, bucket }: Stage, size: number): Promise<number[]> {
  const [upload, ...others] = api.uploads
  assert.ok(upload && others.length === 0, `Not one upload, but ${api.uploads.length}`)
  const parts = await bucket.parts(upload.target)
  for (const { PartNumber, Size } of parts) assert.equal(Size, size, `Part ${PartNumber} is not whole`)
  return parts.flatMap(({ PartNumber = 0 }) => PartNumber)
}

describe('After a SIGKILL the same command goes on with what a real S3 does not have', {
  skip: missingEngine(),
}, () => {
  test('It keeps the parts that are there, and sends only the missing ones', async (t) => {
    const [count, size, atOnce] = [12, 5 * MiB, 3]
    const stage = await setStage(t)
    const file = await writeSource(stage, 'weights.safetensors', count * size)
    const words = [file.path, '--kind', 'model', '--json', '--part-size', '5MiB', '--concurrency', String(atOnce)]
    const { run: killed, wire: before } = await killedAfter(file.size / 2, stage, words)
    const held = await heldBy(stage, size)
    const { run, wire } = await again(stage, words)
    const said = await assertArrived(stage, run, file)

    const sent = numbersIn(wire)
    const left = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !sent.includes(number))
    assert.equal(said.resumedParts, left.length)
    assert.equal(sent.length, new Set(sent).size, 'A part was sent twice in one run')
    assert.deepEqual(
      left.filter((number) => !held.includes(number)),
      [],
      'A part was left out that was not there',
    )
    assert.ok(left.length >= count / 2 - atOnce, `Only ${left.length} of ${count} parts were kept`)
    const twice = sent.filter((number) => held.includes(number))
    assert.ok(twice.length <= atOnce, `The parts ${twice} were there, and were sent again`)
    assert.ok(numbersIn(before).length + sent.length <= count + atOnce)
    assert.match(run.stderr, new RegExp(`going on with ${said.uploadId}: ${left.length} of ${count} parts are there`))
    await assertNothingLeaked(stage, killed)
    await assertNothingLeaked(stage, run)
  })

  test('Killed three times, it brings the same upload to its end', async (t) => {
    const stage = await setStage(t)
    const file = await writeSource(stage, 'weights.safetensors', 60 * MiB)
    const words = [file.path, '--kind', 'model', '--json', '--part-size', '5MiB', '--concurrency', '2']
    for (const bytes of [1, 17 * MiB, 16 * MiB]) await killedAfter(bytes, stage, words)
    const held = await heldBy(stage, 5 * MiB)
    const { run, wire } = await again(stage, words)
    const said = await assertArrived(stage, run, file)
    assert.equal(stage.api.uploads.length, 1)
    assert.equal(said.resumedParts, 12 - wire.requests.length)
    assert.ok((said.resumedParts ?? 0) >= held.length - 2, `Of ${held.length} parts, ${said.resumedParts} were kept`)
  })

  test('Killed when 95 % are there, it sends under 10 % of the bytes again', async (t) => {
    const stage = await setStage(t)
    const file = await writeSource(stage, 'weights.safetensors', 240 * MiB)
    const words = [file.path, '--kind', 'model', '--json', '--part-size', '5MiB', '--concurrency', '2']
    const { wire: before } = await killedAfter(0.95 * file.size, stage, words)
    const { run, wire } = await again(stage, words)
    const said = await assertArrived(stage, run, file)
    assert.ok(before.bytes >= 0.95 * file.size)
    assert.ok(wire.bytes < 0.1 * file.size, `${wire.bytes} bytes came over the wire after the kill`)
    assert.equal(said.resumedParts, 48 - wire.requests.length)
    t.diagnostic(`${before.bytes} bytes before the kill, ${wire.bytes} after it, of ${file.size}`)
  })
})
