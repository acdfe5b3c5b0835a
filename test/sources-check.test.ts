/** Which options go with which sources: found before anything is read or sent. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UploadError } from '../src/errors.js'
import { checkSources, kindOfUrl, type SourceOptions } from '../src/sources/check.js'
import { type OneSource, parseReference } from '../src/sources/reference.js'

const hf = { huggingface: 'owner/name' }
const civitai = { civitai: '370194' }
const url = 'https://a.b/photo.png'

const check = (inputs: readonly OneSource[], options: SourceOptions) =>
  checkSources(inputs.map(parseReference), options)

describe('these go together', () => {
  const rows: readonly [title: string, inputs: readonly OneSource[], options: SourceOptions][] = [
    ['a file', ['a.png'], {}],
    [
      'a file and every option of a file',
      ['a.png'],
      { name: 'b.png', kind: 'image', contentType: 'image/png', parts: 2, collection: ['c'], parent: 'p', hide: true },
    ],
    ['several files', ['a.png', 'b.png'], { kind: 'image', partSize: 8 * 1024 ** 2 }],
    ['a file twice', ['a.png', 'a.png'], {}],
    ['a model without asset options', ['a.zip'], { kind: 'model', collection: [], hide: false }],
    ['standard input and a name', ['-'], { name: 'a.png' }],
    ['an address whose name tells its kind', [url], {}],
    ['an address with asset options', [url], { collection: ['c'], parent: 'p', hide: true }],
    ['an address whose kind is said', ['https://a.b/c'], { kind: 'image' }],
    ['a Hugging Face model', [hf], {}],
    ['a Hugging Face model, said to be one', [hf], { kind: 'model' }],
    ['a Civitai model', [civitai], {}],
    ['a kind in capitals, or a new one', ['a.txt'], { kind: 'text' }],
    ['all of them at once', ['a.zip', url, hf, civitai], {}],
  ]
  for (const [title, inputs, options] of rows) it(title, () => check(inputs, options))
})

describe('these do not', () => {
  type Row = [title: string, inputs: readonly OneSource[], options: SourceOptions, says: RegExp]
  const rows: readonly Row[] = [
    ['no source', [], {}, /no source to upload/],
    ['standard input twice', ['-', { stdin: true }], { kind: 'image' }, /only once/],
    ['standard input without a name', ['-'], {}, /needs a name/],
    ['a name and two sources', ['a.png', 'b.png'], { name: 'c.png' }, /--name goes with a single source/],
    ['a name that is a path', ['a.png'], { name: 'b/c.png' }, /--name must be a file name/],
    ["a name that is another system's path", ['a.png'], { name: 'b\\c.png' }, /--name must be a file name/],
    ['a name with a line break', ['a.png'], { name: 'b\n.png' }, /--name must be a file name/],
    ['an empty name', ['a.png'], { name: '' }, /--name must be a file name/],
    ['parts and a part size', ['a.png'], { parts: 2, partSize: 8 * 1024 ** 2 }, /cannot be given together/],
    ['no parts', ['a.png'], { parts: 0 }, /--parts/],
    ['parts too small', ['a.png'], { partSize: 1024 }, /--part-size/],
    ['an unknown kind', ['a.png'], { kind: 'picture' }, /picture/],
    ['what is no id of a collection', ['a.png'], { collection: ['c', 'a b'] }, /"a b" is not an id/],
    ['what is no media type', ['a.png'], { contentType: 'png' }, /content-type/i],
    ['a media type with a line break', ['a.png'], { contentType: 'image/png\r\nx: y' }, /content-type/i],
    [
      'a file of kind model in a collection',
      ['a.zip'],
      { kind: 'model', collection: ['c'] },
      /--collection does not go with models/,
    ],
    [
      'a file of kind model with a parent',
      ['a.zip'],
      { kind: 'model', parent: 'p' },
      /--parent does not go with models/,
    ],
    ['a file of kind model that is hidden', ['a.zip'], { kind: 'model', hide: true }, /--hide does not go with models/],
    [
      'an address of kind model in a collection',
      ['https://a.b/c.safetensors'],
      { collection: ['c'] },
      /--collection does not go with models/,
    ],
    ['an address and a name', [url], { name: 'a.png' }, /--name does not go with https:\/\/a\.b\/photo\.png/],
    ['an address and a media type', [url], { contentType: 'image/png' }, /--content-type does not go with/],
    ['an address and parts', [url], { parts: 2 }, /--parts does not go with/],
    ['an address and a part size', [url], { partSize: 8 * 1024 ** 2 }, /--part-size does not go with/],
    ['a Hugging Face model and another kind', [hf], { kind: 'image' }, /is a model: --kind image does not go with it/],
    ['a Hugging Face model and a collection', [hf], { collection: ['c'] }, /--collection does not go with models/],
    ['a Hugging Face model and a name', [hf], { name: 'a' }, /--name does not go with/],
    ['a Hugging Face model and parts', [hf], { parts: 1 }, /--parts does not go with/],
    ['a Civitai model and another kind', [civitai], { kind: '3d' }, /is a model: --kind 3d does not go with it/],
    ['a Civitai model that is hidden', [civitai], { hide: true }, /--hide does not go with models/],
    [
      'a Civitai model and a media type',
      [civitai],
      { contentType: 'application/zip' },
      /--content-type does not go with/,
    ],
    ['a good source and a bad one', ['a.png', hf], { kind: 'image' }, /is a model/],
  ]
  for (const [title, inputs, options, says] of rows) {
    it(title, () => {
      assert.throws(
        () => check(inputs, options),
        (error) => {
          assert.ok(error instanceof UploadError)
          assert.equal(error.exitCode, 2)
          assert.match(error.message, says)
          assert.ok(error.hint.length > 0)
          return true
        },
      )
    })
  }
})

describe('what a source asks for itself', () => {
  const call: SourceOptions = { kind: 'image', collection: ['c'] }

  it('goes before the options of the call', () => {
    check([{ source: 'a.zip', kind: 'model', collection: [] }, 'a.png'], call)
    check([{ source: '-', name: 'a.png' }], {})
    check([{ source: 'https://a.b/c', kind: 'video' }], {})
    check([{ source: 'hf:owner/name', kind: 'model' }], { hide: false })
  })

  const rows: readonly [input: OneSource, options: SourceOptions, says: RegExp][] = [
    [{ source: 'a.zip', kind: 'model' }, call, /^--collection does not go with models$/],
    [{ source: 'a.zip', kind: 'model', hide: true }, {}, /^--hide does not go with models$/],
    [{ source: 'hf:owner/name', kind: 'image' }, {}, /is a model: --kind image does not go with it/],
    [{ source: 'hf:owner/name', collection: 'c' }, {}, /--collection does not go with models/],
    [{ source: 'https://a.b/c.png', name: 'd.png' }, {}, /--name does not go with https:/],
    [{ source: '-' }, {}, /standard input needs a name/],
  ]
  for (const [input, options, message] of rows) {
    it(`is a usage error where it does not go together: ${JSON.stringify(input)}`, () => {
      assert.throws(() => check([input], options), { code: 'ERR_USAGE', message })
    })
  }

  it('is told of with its line', () => {
    const reference = { ...parseReference({ source: 'hf:owner/name', hide: true }), line: 'line 7 of list.txt' }
    assert.throws(() => checkSources([reference], {}), {
      message: /^line 7 of list\.txt: --hide does not go with models$/,
    })
  })

  it('may be a name, where there are several sources', () => {
    check([{ source: 'a.png', name: 'b.png' }, 'c.png'], {})
  })
})

describe('the kind of an address', () => {
  const rows: readonly [url: string, kind: string | undefined, told: string][] = [
    ['https://a.b/photo.png', undefined, 'image'],
    ['https://a.b/photo.png?x=.mp3', undefined, 'image'],
    ['https://a.b/deep/er/scene.glb', undefined, '3d'],
    ['https://a.b/song.mp3#t', undefined, 'audio'],
    ['https://a.b/weights.safetensors', undefined, 'model'],
    ['https://a.b/c', 'video', 'video'],
    ['https://a.b/photo.png', 'avatar', 'avatar'],
  ]
  for (const [address, kind, told] of rows) {
    it(`${address}${kind ? ` said to be ${kind}` : ''} is ${told}`, () => {
      assert.equal(kindOfUrl({ url: address, shown: address }, kind), told)
    })
  }

  for (const address of ['https://a.b/', 'https://a.b', 'https://a.b/c', 'https://a.b/c.xyz', 'https://a.b/?f=a.png']) {
    it(`${address} tells no kind: the error names those that there are`, () => {
      assert.throws(
        () => check([{ url: address }], {}),
        (error) => {
          assert.ok(error instanceof UploadError)
          assert.equal(error.code, 'ERR_KIND_UNKNOWN')
          assert.equal(error.exitCode, 2)
          for (const kind of ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video']) {
            assert.ok(error.hint.includes(kind), kind)
          }
          return true
        },
      )
    })
  }
})
