/** What has to hold, scene after scene: the bytes arrived, the requests were plain, and nothing secret was said. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiKey } from './api.js'
import { type Run, soleUpload, type UploadFields } from './command.js'
import { engineKey } from './engine.js'
import { headerOf, type Relay } from './relay.js'
import type { SourceFile, Stage } from './stage.js'

/** The command said that all went well, and the S3 holds exactly these bytes. */
export async function assertArrived(stage: Stage, run: Run, file: Omit<SourceFile, 'path'>): Promise<UploadFields> {
  assert.equal(run.code, 0, run.stderr + run.stdout)
  const said = soleUpload(run)
  const kept = stage.api.uploads.find(({ id }) => id === said.uploadId)
  assert.ok(kept, `The API has no upload ${said.uploadId}`)
  const { entityId, status, verified, bytes } = said
  const expected = { entityId: kept.entityId, status: 'imported', verified: 'md5', bytes: file.size }
  assert.deepEqual({ entityId, status, verified, bytes }, expected)
  const stored = await stage.bucket.read(kept.target)
  assert.deepEqual(stored, { sha256: file.sha256, contentType: kept.order.contentType })
  return said
}

/** How large each part was that was sent, in the order of their numbers. */
export function partSizes({ requests }: Relay): number[] {
  const sizes = new Map(requests.map((request) => [request.part, Number(headerOf(request, 'content-length'))]))
  return [...sizes].sort(([a], [b]) => a - b).map(([, size]) => size)
}

/** What a presigned PUT has no use for. AWS refuses a request for most of these, and the engine overlooks most. */
const unwelcome = /^(transfer-encoding|authorization|content-md5|x-amz-.*)$/

/** Every request was a PUT that the strictest S3 takes, and connections were used again. */
export function assertPlainPuts(relay: Relay, concurrency: number): void {
  assert.ok(relay.requests.length > 0, 'Nothing came over the wire')
  for (const request of relay.requests) {
    const { method, part, headers } = request
    assert.equal(method, 'PUT')
    assert.match(headerOf(request, 'content-length') ?? '', /^\d+$/, `Part ${part} came without a content-length`)
    const names = headers.map(([name]) => name).filter((name) => unwelcome.test(name))
    assert.deepEqual(names, [], `Part ${part} came with a header that S3 refuses`)
  }
  const made = relay.connections()
  assert.ok(made <= concurrency, `${made} connections for ${concurrency} parts at once`)
}

/** No key, no signature and no query of a part URL: not on the two streams, and not in what the command keeps. */
export async function assertNothingLeaked(stage: Stage, run: Run): Promise<void> {
  const places = { stdout: run.stdout, stderr: run.stderr, ...(await textsUnder(stage.stateHome)) }
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secretsOf(stage)) {
      assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), `${place} has ${secret}:\n${text}`)
    }
  }
}

function secretsOf({ api }: Stage): string[] {
  const urls = api.uploads.flatMap(({ plans }) => plans.flat().map(({ url }) => new URL(url)))
  const values = urls.flatMap(({ searchParams }) => telling.flatMap((name) => searchParams.get(name) ?? []))
  const keys = [apiKey.secret, basic, engineKey.accessKeyId, encodeURIComponent(engineKey.accessKeyId)]
  return ['X-Amz-', '?partNumber', ...keys, ...values]
}

const telling = ['X-Amz-Credential', 'X-Amz-Signature', 'uploadId']

const basic = Buffer.from(`${apiKey.key}:${apiKey.secret}`).toString('base64')

async function textsUnder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')])))
}
