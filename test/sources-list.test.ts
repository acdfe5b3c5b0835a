/** Lists of sources: how they are read, what a line says, and how it is said where a line is wrong. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UploadError } from '../src/errors.js'
import { parseList, readList } from '../src/sources/list.js'
import { ownOptions } from '../src/sources/own-options.js'
import { parseDescribed } from '../src/sources/reference.js'
import { tempFolder } from './helpers/files.js'

const sourcesOf = (text: string, nul = false) => parseList(text, 'list.txt', nul).map(({ input }) => input.source)
const reading = (input: Readable = Readable.from([])) => ({ stdin: () => input, signal: new AbortController().signal })

describe('a list', () => {
  const rows: readonly [title: string, text: string, nul: boolean, sources: string[]][] = [
    ['has a source a line', 'a.png\nb c.png\n', false, ['a.png', 'b c.png']],
    ['need not end its last line', 'a.png\nb.png', false, ['a.png', 'b.png']],
    ['may have the line ends of Windows', 'a.png\r\nb.png\r\n', false, ['a.png', 'b.png']],
    ['may have empty lines', '\n\na.png\n\r\n\nb.png\n\n', false, ['a.png', 'b.png']],
    ['has no comments, and keeps spaces', '#a.png\n b.png ', false, ['#a.png', ' b.png ']],
    ['may say in JSON what a source is', '{"source":"a.png"}\nb.png', false, ['a.png', 'b.png']],
    ['may be separated by NULs', 'a\n.png\0b.png\0', true, ['a\n.png', 'b.png']],
    ['separated by NULs has no JSON', '{"source":"a"}\0c\r\0', true, ['{"source":"a"}', 'c\r']],
    ['may be empty', '\n', false, []],
  ]
  for (const [title, text, nul, sources] of rows) it(title, () => assert.deepEqual(sourcesOf(text, nul), sources))

  it('knows its lines by their numbers', () => {
    assert.deepEqual(
      parseList('\na\n\nb', '-', false).map(({ line }) => line),
      ['line 2 of standard input', 'line 4 of standard input'],
    )
    assert.equal(parseList('a\0b', 'l', true)[1]?.line, 'entry 2 of l')
  })

  const wrong: readonly [text: string, says: RegExp, hint: RegExp][] = [
    ['a\n{"source":', /^line 2 of list\.txt begins with \{ and is no JSON$/, /`\.\/\{…`/],
    ['a\0b\0', /^line 1 of list\.txt holds a NUL character$/, /`-0`/],
  ]
  for (const [text, message, hint] of wrong) {
    it(`is not ${JSON.stringify(text)}`, () =>
      assert.throws(() => sourcesOf(text), { code: 'ERR_USAGE', message, hint }))
  }

  it('does not show a line that is no JSON, which may hold a secret', () => {
    assert.throws(
      () => sourcesOf('{"source":"https://a.b/?sig=topsecret"'),
      (error) => error instanceof UploadError && !`${error.message}${error.hint}`.includes('topsecret'),
    )
  })
})

describe('whatever stands in a list', () => {
  it('is a source, or a usage error that names its line', () => {
    const values = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{"source":"a"}', '{"source":"-"}', 'hf:a/b', 'https://a.b'),
    )
    fc.assert(
      fc.property(fc.array(values), fc.boolean(), (lines, nul) => {
        try {
          for (const { input } of parseList(lines.join(nul ? '\0' : '\n'), 'list.txt', nul)) parseDescribed(input)
        } catch (error) {
          assert.ok(error instanceof UploadError && error.code === 'ERR_USAGE', String(error))
        }
      }),
    )
  })
})

describe('reading a list', () => {
  it('leaves out the mark that editors put before it', async (t) => {
    const path = join(await tempFolder(t), 'list.txt')
    await writeFile(path, '\ufeffa.png\n')
    assert.equal(await readList(path, reading()), 'a.png\n')
  })

  it('takes what older PowerShells write', async (t) => {
    const path = join(await tempFolder(t), 'list.txt')
    await writeFile(path, Buffer.from('\ufeffcaf\u00e9.png\r\n', 'utf16le'))
    assert.equal(await readList(path, reading()), 'caf\u00e9.png\r\n')
  })

  it('takes it from standard input, in whatever pieces it comes', async () => {
    const bytes = Buffer.from('caf\u00e9.png\nb.png')
    const pieces = [bytes.subarray(0, 4), bytes.subarray(4)]
    assert.equal(await readList('-', reading(Readable.from(pieces))), 'caf\u00e9.png\nb.png')
  })

  it('takes it from a named pipe', { skip: process.platform === 'win32' }, async (t) => {
    const path = join(await tempFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    spawn('sh', ['-c', 'printf a.png > "$0"', path])
    assert.equal(await readList(path, reading()), 'a.png')
  })

  it('that is not there is an input error', async () => {
    await assert.rejects(readList('/none/list.txt', reading()), {
      code: 'ERR_FILE_MISSING',
      message: '--files-from /none/list.txt: no such file',
    })
  })

  it('that is a folder is one, too', async (t) => {
    await assert.rejects(readList(await tempFolder(t), reading()), { code: 'ERR_NOT_A_FILE', message: /is a folder/ })
  })

  it('ends where it is no list', async () => {
    const piece = Buffer.alloc(1024 ** 2, 'a')
    const endless = async function* () {
      for (;;) yield piece
    }
    await assert.rejects(readList('-', reading(Readable.from(endless()))), {
      code: 'ERR_USAGE',
      message: /^standard input is too large for a list/,
    })
  })

  it('ends with the call, though nobody writes into the pipe', { skip: process.platform === 'win32' }, async (t) => {
    const path = join(await tempFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    const controller = new AbortController()
    const read = readList(path, { ...reading(), signal: controller.signal })
    const reason = new UploadError('ERR_INTERRUPTED', 'enough')
    setTimeout(() => controller.abort(reason), 50)
    await assert.rejects(read, reason)
  })

  it('ends with the call that asked for it', async () => {
    const controller = new AbortController()
    const read = readList('-', { stdin: () => new PassThrough(), signal: controller.signal })
    const reason = new UploadError('ERR_INTERRUPTED', 'enough')
    controller.abort(reason)
    await assert.rejects(read, reason)
  })
})

describe('what a source asks for itself', () => {
  it('is what stands in its fields', () => {
    const own = { kind: 'image', name: 'b.png', collection: ['c1', 'c2'], parent: 'p', hide: false } as const
    assert.deepEqual(ownOptions({ source: 'a.png', ...own }), own)
    assert.deepEqual(ownOptions({ source: 'a.png', collection: 'c1', kind: 'IMAGE' }), {
      collection: 'c1',
      kind: 'image',
    })
    assert.deepEqual(ownOptions({ source: 'a.png', hide: undefined }), {})
  })

  const rows: readonly [json: string, says: RegExp][] = [
    ['{}', /^"source" is missing$/],
    ['{"source":7}', /^"source": it must be a text, not a value of type number$/],
    ['{"source":null}', /^"source": it must be a text, not null$/],
    ['{"source":"a","kind":"picture"}', /^"kind": "picture" is no kind/],
    ['{"source":"a","kind":["image"]}', /^"kind": it must be a text, not an array$/],
    ['{"source":"a","name":"b/c"}', /^"name": it must be a file name/],
    ['{"source":"a","name":""}', /^"name": it must be a file name/],
    ['{"source":"a","collection":["c",7]}', /^"collection": it must be a text/],
    ['{"source":"a","collection":"a b"}', /^"collection": "a b" is not an id/],
    ['{"source":"a","parent":".."}', /^"parent": "\.\." is not an id/],
    ['{"source":"a","hide":"yes"}', /^"hide": it must be true or false, not a value of type string$/],
    ['{"source":"a","parts":2}', /^"parts" is no field of a source$/],
    ['{"source":"a","toString":2}', /^"toString" is no field of a source$/],
    ['{"url":"https://a.b/c.png"}', /^"url" is no field of a source$/],
  ]
  for (const [json, message] of rows) {
    it(`is not ${json}`, () => {
      assert.throws(() => ownOptions(JSON.parse(json)), { code: 'ERR_USAGE', message, hint: /\S/ })
    })
  }

  it('is told what was probably meant', () => {
    assert.throws(() => ownOptions(JSON.parse('{"source":"a","colection":"c"}')), {
      hint: 'Did you mean "collection"?',
    })
  })
})
