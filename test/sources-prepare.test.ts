/** From a reference to what can be sent: which options count, what is told of a file that nobody named, what is held. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { UploadError } from '../src/errors.js'
import { identity, type Preparation, prepare } from '../src/sources/prepare.js'
import type { Reference } from '../src/sources/reference.js'
import type { Source } from '../src/sources/source.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'

const preparation = (options: Preparation['options'] = {}): Preparation => ({
  options,
  stdin: () => Readable.from([]),
  signal: new AbortController().signal,
  onSpooled: () => {},
})

type Along = Pick<Reference, 'own' | 'line' | 'found' | 'refused'>

async function fileOf(t: TestContext, name: string, along: Along = {}): Promise<Reference> {
  const { path } = await testFile(await tempFolder(t), name, name.endsWith('.png') ? pngBytes(100) : Buffer.from('odd'))
  return { type: 'file', shown: `art/${name}`, path, ...along }
}

describe('the options of a source', () => {
  it('are its own where it has some, and else those of the call', async (t) => {
    const own = { kind: 'avatar', name: 'b.png', collection: 'c2', hide: false } as const
    const options = { kind: 'image', collection: ['c1'], parent: 'p', hide: true } as const
    const source = await prepare(await fileOf(t, 'a.png', { own }), preparation(options))
    assert.ok(source.flow === 'bytes')
    assert.deepEqual([source.kind, source.fileName], ['avatar', 'b.png'])
    assert.deepEqual(source.assetOptions, { collectionIds: ['c2'], parentId: 'p' })
  })

  it('go along with an address', async () => {
    const reference: Reference = { type: 'url', shown: 'u', url: 'https://a.b/c', own: { kind: 'video', parent: 'p' } }
    assert.deepEqual(await prepare(reference, preparation()), {
      ...{ flow: 'remote', type: 'url', shown: 'u', url: 'https://a.b/c' },
      ...{ kind: 'video', assetOptions: { parentId: 'p' } },
    })
  })
})

describe('what a source has against it', () => {
  it('is what was found before, where it was looked for', async (t) => {
    const refused = new UploadError('ERR_FILE_MISSING', 'nothing there')
    await assert.rejects(prepare(await fileOf(t, 'a.png', { refused }), preparation()), refused)
  })

  it('names a file that nobody named, and how to leave it out', async (t) => {
    await assert.rejects(prepare(await fileOf(t, 'a.xyz', { found: true }), preparation()), {
      code: 'ERR_KIND_UNKNOWN',
      message: 'neither its name nor its first bytes tell what kind art/a.xyz is',
      hint: "Leave it out with `--exclude '*.xyz'`, or say with `--kind` what all are.",
    })
    await assert.rejects(prepare(await fileOf(t, 'odd', { found: true }), preparation()), { hint: /`--exclude`/ })
  })

  it('names its line where it was asked for wrongly, and not where the file is to blame', async (t) => {
    const line = 'line 7 of list.txt'
    await assert.rejects(prepare(await fileOf(t, 'a.xyz', { line }), preparation()), {
      message: /^line 7 of list\.txt: /,
    })
    const gone: Reference = { type: 'file', shown: 'gone', path: '/none/gone', line }
    await assert.rejects(prepare(gone, preparation()), { message: 'gone: no such file' })
  })
})

describe('the same file', () => {
  it('is the same thing under all its paths, unless something else is asked for it', () => {
    const file = (path: string, along: Along = {}): Reference => ({ type: 'file', shown: path, path, ...along })
    assert.equal(identity(file('a.png')), identity(file('./x/../a.png', { line: 'line 1 of l', found: true })))
    assert.notEqual(identity(file('a.png')), identity(file('a.png', { own: { hide: true } })))
    assert.equal(identity({ type: 'stdin', shown: '-' }), null)
  })
})

describe('of thousands of files that wait for their turn', () => {
  it('none holds on to its first bytes', async (t) => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const folder = await tempFolder(t)
    const count = 1000
    const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.png`))
    await Promise.all(paths.map((path) => writeFile(path, pngBytes(5000))))
    const held = async () => {
      // Buffers are let go of in the background: the second time waits for what the first began.
      for (const _ of [1, 2]) await new Promise((resolve) => setImmediate(() => resolve(collect())))
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const before = await held()
    const sources: Source[] = []
    for (const path of paths) sources.push(await prepare({ type: 'file', shown: path, path }, preparation()))
    const each = async () => ((await held()) - before) / sources.length
    // What is held stays, however often one looks; what is not may take a while to go.
    const looks: number[] = []
    while (looks.length < 50 && (looks.at(-1) ?? Number.POSITIVE_INFINITY) >= 3000) looks.push(await each())
    assert.ok((looks.at(-1) ?? 0) < 3000, `${looks.map(Math.round)} bytes a file`)
  })
})
