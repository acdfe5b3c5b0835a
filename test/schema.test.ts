/**
 * The schema of the `--json` document, held against what the command really prints.
 *
 * Scenes: success · a failure · several · a usage error · missing credentials · a dry run · a sandbox · `status` with an id
 * and without · `wait` · `forget` · an interrupted run · checks; and documents that are not as they should be.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { errorTable } from '../src/errors.js'
import { nameOf } from '../src/state/identity.js'
import { serializeRecord } from '../src/state/record.js'
import { envOf, type Run, run } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { command, endBy, promised, start } from './helpers/scene.js'
import { packedSchema, schema } from './helpers/schema.js'
import { fakeScenario, json } from './helpers/servers.js'
import { identity, record, remoteRecord } from './helpers/state.js'
import { stateFolder } from './helpers/state-folder.js'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

/** What the schema has against it. */
function complaints(document: unknown): string[] {
  validate(document)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

function assertFits({ code, stdout, stderr }: Run, exitCode: number): void {
  assert.equal(code, exitCode, stderr)
  assert.deepEqual(complaints(JSON.parse(stdout)), [], stdout)
}

async function stage(t: TestContext) {
  const folder = await tempFolder(t)
  const { path } = await testFile(folder, 'hero.png', pngBytes(500))
  return { folder, path, fake: await fakeScenario(t) }
}

describe('the schema fits what the command prints', { concurrency: 4 }, () => {
  it('of a success, and of several sources of which one failed', async (t) => {
    const { fake, folder, path } = await stage(t)
    assertFits(await command(fake, [path, '--json']), 0)
    assertFits(await command(fake, [path, join(folder, 'nowhere.png'), '--json']), 1)
  })

  it('of a refusal, with its request id', async (t) => {
    const { path } = await stage(t)
    const fake = await fakeScenario(t, {
      create: (response) => json(response, 422, { message: 'no', traceId: 'trace-1' }),
    })
    assertFits(await command(fake, [path, '--json']), 6)
  })

  it('of what goes wrong before any upload', async (t) => {
    const { path } = await stage(t)
    assertFits(await run([path, '--json', '--kidn', 'image']), 2)
    assertFits(await run([path, '--json']), 4)
  })

  it('of a dry run, of each type of source', async (t) => {
    const { path } = await stage(t)
    const sources = [path, 'https://example.com/a.png?key=1', 'hf:owner/name', 'civitai:12345']
    assertFits(await run([...sources, '--dry-run', '--json']), 0)
    assertFits(await run(['-', '--name', 'a.png', '--dry-run', '--json'], { input: pngBytes(50) }), 0)
  })

  it('of a sandbox', async (t) => {
    const { path } = await stage(t)
    assertFits(await run([path, '--sandbox', '--json']), 0)
  })

  it('of `status` and `wait`', async (t) => {
    const { fake } = await stage(t)
    assertFits(await command(fake, ['status', 'upload_9', '--json']), 0)
    assertFits(await command(fake, ['wait', 'upload_9', '--json']), 0)
    const unknown = await fakeScenario(t, { look: (response) => json(response, 404, {}) })
    assertFits(await command(unknown, ['status', 'upload_9', '--json']), 6)
  })

  it('of `status` without an id, and of `forget`', async (t) => {
    const home = await tempFolder(t)
    const env = { XDG_STATE_HOME: home }
    assertFits(await run(['status', '--json'], { env }), 0)
    await mkdir(stateFolder(home))
    for (const kept of [record({ uploadId: 'upload_1' }), remoteRecord({ uploadId: 'upload_2' })]) {
      const name = nameOf(identity({ path: kept.uploadId }))
      await writeFile(
        join(stateFolder(home), `${name}.json`),
        serializeRecord({ ...kept, updatedAt: new Date().toISOString() }),
      )
    }
    const listed = await run(['status', '--json'], { env })
    assertFits(listed, 0)
    assert.equal(JSON.parse(listed.stdout).unfinished.length, 2)
    assertFits(await run(['forget', 'upload_1', '--json'], { env }), 0)
    assertFits(await run(['forget', 'upload_1', '--json'], { env }), 3)
  })

  it('of a run that was interrupted', async (t) => {
    const { folder, path } = await stage(t)
    await testFile(folder, 'second.png', pngBytes(500))
    const sent = promised()
    const fake = await fakeScenario(t, { put: () => sent.keep() })
    const started = start(t, [path, join(folder, 'second.png'), '--json'], { env: envOf(fake) })
    await started.reaches(sent.promise)
    assertFits(await endBy(started, 'SIGINT'), 130)
  })
})

describe('the schema', () => {
  const upload = {
    ...{ source: 'a', type: 'file', ok: true, uploadId: 'upload_1', entityId: null, kind: null, status: null },
    ...{ fileName: null, contentType: null, bytes: 1, parts: 1, resumedParts: 0, retries: 0, durationMs: 1 },
    ...{ verified: 'md5', skipped: false, error: null },
  }
  const error = { code: 'ERR_USAGE', message: 'm', hint: 'h', exitCode: 2, retryable: false, requestId: null }
  const document = { schemaVersion: 1, ok: true, uploads: [upload], error: null }

  it('lets fields pass that are added later', () => {
    assert.deepEqual(complaints({ ...document, more: 1, uploads: [{ ...upload, more: 1 }] }), [])
  })

  it('takes what doctor looked at', () => {
    const checks = [
      { name: 'node', ok: true, message: 'Node 22', hint: null },
      { name: 'api', ok: false, message: 'no', hint: 'Run it again.' },
    ]
    assert.deepEqual(complaints({ ...document, uploads: [], checks }), [])
  })

  const wrong: readonly [title: string, document: unknown][] = [
    ['no uploads', { ...document, uploads: undefined }],
    ['no error', { schemaVersion: 1, ok: true, uploads: [] }],
    ['another version', { ...document, schemaVersion: 2 }],
    ['a word for ok', { ...document, ok: 'yes' }],
    ['a sandbox that is none', { ...document, sandbox: false }],
    ['a type that there is not', { ...document, uploads: [{ ...upload, type: 'ftp' }] }],
    ['an id that is none', { ...document, uploads: [{ ...upload, uploadId: 'a b' }] }],
    ['half a byte', { ...document, uploads: [{ ...upload, bytes: 0.5 }] }],
    ['another proof', { ...document, uploads: [{ ...upload, verified: 'sha1' }] }],
    ['a word for skipped', { ...document, uploads: [{ ...upload, skipped: 'no' }] }],
    ['a code that there is not', { ...document, error: { ...error, code: 'ERR_ODD' } }],
    ['an exit code that there is not', { ...document, error: { ...error, exitCode: 7 } }],
    ['an error in words', { ...document, error: 'it failed' }],
    ['an unfinished upload without an id', { ...document, unfinished: [{ source: 'a' }] }],
    ['a check without a hint', { ...document, checks: [{ name: 'a', ok: true, message: 'm' }] }],
    ...Object.keys(error).map((name): [string, unknown] => [
      `an error without ${name}`,
      { ...document, error: { ...error, [name]: undefined } },
    ]),
    ...Object.keys(upload).map((name): [string, unknown] => [
      `an upload without ${name}`,
      { ...document, uploads: [{ ...upload, [name]: undefined }] },
    ]),
  ]
  for (const [title, made] of wrong) {
    it(`refuses ${title}`, () => assert.notDeepEqual(complaints(JSON.parse(JSON.stringify(made))), []))
  }

  it('has every code, and says of every field what it is', () => {
    assert.deepEqual(schema.$defs.error.properties.code?.enum, Object.keys(errorTable))
    for (const { properties } of [schema, ...Object.values(schema.$defs)])
      for (const [name, { description }] of Object.entries(properties)) assert.match(description, /\.$/, name)
  })

  it('stands in the package, as it is', () => assert.deepEqual(packedSchema(), JSON.parse(JSON.stringify(schema))))
})
