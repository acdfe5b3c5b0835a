/** What this machine began and did not finish: the list, the command to go on, and dropping one. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { planParts, type SplitRequest } from '../src/core/parts.js'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { type UnfinishedUpload, unfinishedFrom } from '../src/state/go-on.js'
import { nameOf } from '../src/state/identity.js'
import { serializeRecord, type UploadRecord } from '../src/state/record.js'
import { dropKept, listKept } from '../src/state/unfinished.js'
import { tempFolder } from './helpers/files.js'
import {
  deadPid,
  file,
  identity,
  leaveLock,
  lockText,
  MiB,
  namesIn,
  part,
  record,
  remoteRecord,
  request,
} from './helpers/state.js'

const usualApi = 'https://api.test/v1'

/** Keeps a record under a name of its own; answers the name, without its ending. */
async function keep(folder: string, own: Partial<UploadRecord> = {}): Promise<string> {
  const name = nameOf(identity({ path: `/home/ann/${own.uploadId}` }))
  await writeFile(join(folder, `${name}.json`), serializeRecord(record(own)))
  return name
}

const idsIn = async (folder: string) => (await listKept(folder)).map(({ record: { uploadId } }) => uploadId)

async function rejected(work: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code)
  return error
}

describe('the list', () => {
  it('is empty where nothing is kept, or no folder is there', async (t) => {
    const folder = await tempFolder(t)
    assert.deepEqual(await listKept(folder), [])
    assert.deepEqual(await listKept(join(folder, 'nothing')), [])
  })

  it('has the oldest first', async (t) => {
    const folder = await tempFolder(t)
    await keep(folder, { uploadId: 'second', createdAt: '2026-11-02T00:00:00.000Z' })
    await keep(folder, { uploadId: 'third', createdAt: '2026-11-03T00:00:00.000Z' })
    await keep(folder, { uploadId: 'first', createdAt: '2026-11-01T00:00:00.000Z' })
    assert.deepEqual(await idsIn(folder), ['first', 'second', 'third'])
  })

  it('leaves out what is no state, and what cannot be read as one', async (t) => {
    const folder = await tempFolder(t)
    await keep(folder, { uploadId: 'good' })
    const name = nameOf(identity({ path: '/torn' }))
    await writeFile(join(folder, `${name}.json`), '{')
    await writeFile(join(folder, `${name}.json.1.aside`), serializeRecord(record()))
    await writeFile(join(folder, 'other.json'), serializeRecord(record()))
    await mkdir(join(folder, `${nameOf(identity({ path: '/folder' }))}.json`))
    assert.deepEqual(await idsIn(folder), ['good'])
  })

  it('says which process is at one, and that a dead one is not', async (t) => {
    const folder = await tempFolder(t)
    const busy = await keep(folder, { uploadId: 'busy', createdAt: '2026-11-01T00:00:00.000Z' })
    const dead = await keep(folder, { uploadId: 'dead', createdAt: '2026-11-02T00:00:00.000Z' })
    await leaveLock(join(folder, `${busy}.lock`), lockText())
    await leaveLock(join(folder, `${dead}.lock`), lockText({ pid: deadPid() }))
    assert.deepEqual(
      (await listKept(folder)).map(({ pid }) => pid),
      [process.pid, null],
    )
  })

  it('has one whose lock cannot be read', async (t) => {
    const folder = await tempFolder(t)
    const name = await keep(folder, { uploadId: 'odd' })
    await mkdir(join(folder, `${name}.lock`))
    assert.deepEqual(await idsIn(folder), ['odd'])
  })

  it('of a folder that cannot be read is an input error', async (t) => {
    const path = join(await tempFolder(t), 'file')
    await writeFile(path, '')
    const error = await rejected(listKept(path), 'ERR_FILE_UNREADABLE')
    assert.equal(error.message, `${path} cannot be read (ENOTDIR)`)
  })
})

describe('dropping one', () => {
  it('takes away that one, and no other', async (t) => {
    const folder = await tempFolder(t)
    await keep(folder, { uploadId: 'one' })
    const other = await keep(folder, { uploadId: 'other' })
    await dropKept(folder, 'one')
    assert.deepEqual(await namesIn(folder), [`${other}.json`])
  })

  it('that is not kept here ends with 3', async (t) => {
    const folder = await tempFolder(t)
    await keep(folder, { uploadId: 'one' })
    const error = await rejected(dropKept(folder, 'other'), 'ERR_NOT_KEPT')
    assert.equal(error.exitCode, 3)
    assert.match(error.message, /other/)
    assert.deepEqual(await idsIn(folder), ['one'])
  })

  it('that a run has ends with 5, names the process, and drops nothing', async (t) => {
    const folder = await tempFolder(t)
    const name = await keep(folder, { uploadId: 'one' })
    await leaveLock(join(folder, `${name}.lock`), lockText())
    const error = await rejected(dropKept(folder, 'one'), 'ERR_BUSY')
    assert.equal(error.exitCode, 5)
    assert.match(error.message, new RegExp(`process ${process.pid}`))
    assert.deepEqual(await idsIn(folder), ['one'])
  })

  it('that a dead run had takes its lock away too', async (t) => {
    const folder = await tempFolder(t)
    const name = await keep(folder, { uploadId: 'one' })
    await leaveLock(join(folder, `${name}.lock`), lockText({ pid: deadPid() }))
    await dropKept(folder, 'one')
    assert.deepEqual(await namesIn(folder), [])
  })

  it('whose lock cannot be taken is an input error', async (t) => {
    const folder = await tempFolder(t)
    const name = await keep(folder, { uploadId: 'one' })
    await mkdir(join(folder, `${name}.lock`))
    await rejected(dropKept(folder, 'one'), 'ERR_FILE_UNREADABLE')
  })
})

describe('what is told of one', () => {
  const told = (own: Partial<UploadRecord> = {}, pid: number | null = null): UnfinishedUpload =>
    unfinishedFrom({ record: record(own), path: '/state/x.json', pid }, usualApi)

  it('is what it was, how far it came, and since when', () => {
    const { command: _, ...facts } = told({ project: 'proj_1' }, 77)
    assert.deepEqual(facts, {
      uploadId: 'upload_1',
      source: 'hero.png',
      type: 'file',
      fileName: 'hero.png',
      kind: 'image',
      bytes: 20 * MiB,
      bytesSent: 12 * MiB,
      parts: 3,
      partsSent: 2,
      apiUrl: usualApi,
      project: 'proj_1',
      createdAt: '2026-11-01T10:00:00.000Z',
      updatedAt: '2026-11-01T10:05:00.000Z',
      pid: 77,
    })
  })

  it('of what the server fetches has no bytes and no parts', () => {
    const { bytes, bytesSent, parts, partsSent, fileName, kind } = told(remoteRecord())
    assert.deepEqual([bytes, bytesSent, parts, partsSent, fileName, kind], Array(6).fill(null))
  })

  it('counts the last part with what it has', () => {
    const sent = (numbers: number[]) => told({ parts: numbers.map((number) => part(number)) }).bytesSent
    assert.deepEqual([sent([]), sent([3]), sent([1, 2, 3])], [0, 4 * MiB, 20 * MiB])
  })
})

describe('the command to go on', () => {
  const command = (own: Partial<UploadRecord> = {}) =>
    unfinishedFrom({ record: record(own), path: '', pid: null }, usualApi).command
  const withRequest = (own: Partial<typeof request>, more: Partial<UploadRecord> = {}) =>
    command({ request: { ...request, ...own }, ...more })

  const plain = 'scenario-upload /home/ann/hero.png --kind image'
  const rows: readonly [title: string, got: string, wanted: string][] = [
    ['of a file', command(), plain],
    ['of what the server fetches', command(remoteRecord()), 'scenario-upload wait upload_1'],
    ['in a project', command({ project: 'proj_1' }), `${plain} --project proj_1`],
    ['at another API', command({ apiUrl: 'http://127.0.0.1:8080/v1' }), `${plain} --api-url http://127.0.0.1:8080/v1`],
    [
      'of what the server fetches elsewhere',
      command(remoteRecord({ apiUrl: 'http://localhost:1/v1', project: 'p' })),
      'scenario-upload wait upload_1 --api-url http://localhost:1/v1 --project p',
    ],
    ['of another kind', withRequest({ kind: 'asset' }), 'scenario-upload /home/ann/hero.png --kind asset'],
    ['with a name of its own', withRequest({ fileName: 'b.png' }), `${plain} --name b.png`],
    ['with a type of its own', withRequest({ contentType: 'image/webp' }), `${plain} --content-type image/webp`],
    [
      'with the type of the name that it was given',
      withRequest({ fileName: 'b.webp', contentType: 'image/webp' }),
      `${plain} --name b.webp`,
    ],
    ['into collections', withRequest({ collectionIds: ['c1', 'c2'] }), `${plain} --collection c1 --collection c2`],
    ['below a parent', withRequest({ parentId: 'asset_1' }), `${plain} --parent asset_1`],
    ['of what is hidden', withRequest({ hide: true }), `${plain} --hide`],
  ]
  for (const [title, got, wanted] of rows) it(title, () => assert.equal(got, wanted))

  const paths: readonly [path: string, word: string][] = [
    ['/home/ann/a b.png', "'/home/ann/a b.png'"],
    ["/home/ann/it's.png", "'/home/ann/it'\\''s.png'"],
    ['/home/ann/$(rm -rf ~).png', "'/home/ann/$(rm -rf ~).png'"],
    ['/home/ann/a;b&c|d.png', "'/home/ann/a;b&c|d.png'"],
    ['/home/ann/*.png', "'/home/ann/*.png'"],
    ['/home/ann/"q".png', '\'/home/ann/"q".png\''],
    ['/home/ann/ü.png', "'/home/ann/ü.png'"],
    ['/home/ann/a\\b.png', "'/home/ann/a\\b.png'"],
    ['/home/ann/line\nbreak.png', "'/home/ann/line\nbreak.png'"],
    ['/home/ann/~.png', "'/home/ann/~.png'"],
    ['/home/ann/!1.png', "'/home/ann/!1.png'"],
    ['/home/ann/a+b=c,d@e%f:g.png', '/home/ann/a+b=c,d@e%f:g.png'],
  ]
  for (const [path, word] of paths) {
    it(`quotes for the shell: ${JSON.stringify(path)}`, () => {
      const fileName = path.slice('/home/ann/'.length)
      assert.equal(withRequest({ fileName }, { path }), `scenario-upload ${word} --kind image`)
    })
  }

  it('quotes a word that is nothing', () => {
    assert.ok(withRequest({ parentId: '' }).endsWith("--parent ''"))
  })

  it('quotes a name that a shell would take for a command of its own', () => {
    assert.ok(withRequest({ fileName: '=ls.png' }).endsWith("--name '=ls.png'"))
  })

  const splits: readonly [size: number, split: SplitRequest, words: string][] = [
    [20 * MiB, {}, ''],
    [3 * MiB, {}, ''],
    [3 * MiB, { parts: 1 }, ''],
    [20 * MiB, { partSize: 5 * MiB }, ' --part-size 5242880'],
    [20 * MiB, { parts: 3 }, ' --part-size 6990507'],
    [20 * MiB, { parts: 1 }, ' --part-size 20971520'],
    [8 * MiB + 1, { parts: 2 }, ' --part-size 5242880'],
    [20 * MiB, { partSize: 8 * MiB }, ''],
    [30_000 * MiB, {}, ''],
  ]
  for (const [size, split, words] of splits) {
    it(`leads to the same parts again: ${size} bytes, ${JSON.stringify(split)}`, () => {
      const plan = planParts(size, split)
      const more = { file: { ...file, size: String(size) }, partSize: plan.partSize, partsCount: plan.count, parts: [] }
      assert.equal(command(more), `${plain}${words}`)
      const said = words === '' ? {} : { partSize: Number(words.split(' ').at(-1)) }
      assert.deepEqual(planParts(size, said), plan)
    })
  }
})
