/**
 * What a file is: told by its name, else by its first bytes; and refused where it surely is not what it is said to be.
 *
 * Scenes: kinds · told by the name · told by the bytes · nothing tells · what it surely is not · what is let pass ·
 * `--content-type` · any name with any bytes.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Kind, kinds, parseKind } from '../src/core/kinds.js'
import { checkContentType, headLength, kindByName, tellMedia } from '../src/core/media.js'
import { UploadError } from '../src/errors.js'

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

const ftyp = (brand: string) => `\0\0\0\x20ftyp${brand}\0\0\0\0mif1`
const bmp = 'BM\x36\x10\x0e\0\0\0\0\0\x36\0\0\0\x28\0\0\0'
const heads = {
  png: '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
  jpeg: '\xff\xd8\xff\xe0\0\x10JFIF',
  gif: 'GIF89a',
  webp: 'RIFF\x24\0\0\0WEBPVP8 ',
  avif: ftyp('avif'),
  heic: ftyp('heic'),
  heif: ftyp('mif1'),
  tiff: 'II*\0\x08\0\0\0',
  tiffBig: 'MM\0*\0\0\0\x08',
  bmp,
  svg: '<svg xmlns="http://www.w3.org/2000/svg">',
  svgXml: '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg PUBLIC "x">\n<svg>',
  wav: 'RIFF\x24\0\0\0WAVEfmt ',
  flac: 'fLaC\0\0\0\x22',
  id3: 'ID3\x04\0\0',
  frame: '\xff\xfb\x90\x64',
  m4a: ftyp('M4A '),
  mp4: ftyp('isom'),
  mov: ftyp('qt  '),
  webm: '\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm',
  ogg: 'OggS\0\x02',
  glb: 'glTF\x02\0\0\0',
  fbx: 'Kaydara FBX Binary  \0\x1a\0',
  ply: 'ply\nformat ascii 1.0\n',
  vox: 'VOX \x96\0\0\0',
  safetensors: '\x40\0\0\0\0\0\0\0{"a":{}}',
  gguf: 'GGUF\x03\0\0\0',
  pdf: '%PDF-1.7',
  zip: 'PK\x03\x04\x14\0',
  lfs: 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  html: '<!DOCTYPE html>\n<html><head><title>Sign in</title>',
  htmlTitle: '<!doctype html><title>Sign in</title>',
  htmlBare: '\xef\xbb\xbf \n<HTML lang="en">',
  xhtml: '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>',
  text: 'Hello, world.\n',
  nothing: '',
} as const

type Head = keyof typeof heads

function tell(name: string, head: Head, kind?: Kind, contentType?: string) {
  return tellMedia({ name, head: bytes(heads[head]), kind, contentType })
}

function errorOf(run: () => unknown): UploadError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof UploadError, String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

describe('kinds', () => {
  it('are read in either case', () => {
    for (const kind of kinds) assert.equal(parseKind(kind), kind)
    assert.equal(parseKind('3D'), '3d')
  })

  it('a misspelt one is refused, with the list and the one that was meant', () => {
    const error = errorOf(() => parseKind('imgae'))
    assert.equal(error.code, 'ERR_USAGE')
    assert.match(error.message, /"imgae".*3d, asset, audio, avatar, image, model, text or video/)
    assert.equal(error.hint, 'Did you mean `--kind image`?')
  })

  it('a strange one is refused without a guess', () => {
    assert.match(errorOf(() => parseKind('mesh')).hint, /`--kind`/)
    assert.equal(errorOf(() => parseKind('')).code, 'ERR_USAGE')
  })
})

const names: [extensions: string, contentType: string, kind: Kind][] = [
  ['png PNG', 'image/png', 'image'],
  ['jpg jpeg jpe jfif JPG', 'image/jpeg', 'image'],
  ['gif', 'image/gif', 'image'],
  ['svg', 'image/svg+xml', 'image'],
  ['webp', 'image/webp', 'image'],
  ['avif', 'image/avif', 'image'],
  ['tif tiff', 'image/tiff', 'image'],
  ['heic heif', 'image/heic', 'image'],
  ['mp3', 'audio/mpeg', 'audio'],
  ['wav', 'audio/wav', 'audio'],
  ['ogg', 'audio/ogg', 'audio'],
  ['m4a', 'audio/m4a', 'audio'],
  ['mp4', 'video/mp4', 'video'],
  ['webm', 'video/webm', 'video'],
  ['glb', 'model/gltf-binary', '3d'],
  ['gltf', 'model/gltf+json', '3d'],
  ['obj', 'model/obj', '3d'],
  ['fbx', 'application/vnd.autodesk.fbx', '3d'],
  ['stl', 'model/stl', '3d'],
  ['ply', 'model/ply', '3d'],
  ['vox', 'model/x-3d-vox', '3d'],
  ['safetensors ckpt pt pth gguf onnx', 'application/octet-stream', 'model'],
  // By mime-types, where the vendor's table is silent.
  ['psd', 'image/vnd.adobe.photoshop', 'image'],
  ['flac', 'audio/x-flac', 'audio'],
  ['mov', 'video/quicktime', 'video'],
  ['usdz', 'model/vnd.usdz+zip', '3d'],
]

describe('told by the name', () => {
  for (const [extensions, contentType, kind] of names) {
    it(`.${extensions.replaceAll(' ', ' .')}: ${contentType}, of kind ${kind}`, () => {
      for (const extension of extensions.split(' ')) {
        assert.deepEqual(tell(`a.${extension}`, 'nothing'), { contentType, kind })
        assert.equal(kindByName(`my.folder/a b.c.${extension}`), kind)
      }
    })
  }

  it('a name that tells no kind: an archive, text, source code, bytes, or no extension at all', () => {
    const silent = [
      'a.zip',
      'a.txt',
      'a.md',
      'a.json',
      'a.html',
      'a.pdf',
      'a.bin',
      'a.ts',
      'a.mts',
      'a.m3u',
      'a.3ds',
      'a.mtl',
    ]
    const bare = [
      'png',
      '.png',
      'dir/.png',
      'dir\\.png',
      'a.png/',
      'a.png.',
      'a.png..',
      'a.',
      '.',
      '..',
      '',
      'a.constructor',
      'a.b c',
    ]
    for (const name of [...silent, ...bare]) assert.equal(kindByName(name), undefined, name)
  })

  it('a name that tells a type though no kind', () => {
    assert.deepEqual(tell('a.zip', 'zip', 'model'), { contentType: 'application/zip', kind: 'model' })
    assert.deepEqual(tell('a.txt', 'text', 'text'), { contentType: 'text/plain', kind: 'text' })
    assert.deepEqual(tell('a.usdz', 'zip'), { contentType: 'model/vnd.usdz+zip', kind: '3d' })
  })

  it('the kind that is asked for goes before the one that the name tells', () => {
    assert.deepEqual(tell('a.png', 'png', 'avatar'), { contentType: 'image/png', kind: 'avatar' })
    assert.deepEqual(tell('a.png', 'png', 'asset'), { contentType: 'image/png', kind: 'asset' })
    assert.deepEqual(tell('a.mp3', 'id3', 'model'), { contentType: 'audio/mpeg', kind: 'model' })
  })
})

const contents: [head: Head, contentType: string, kind: Kind][] = [
  ['png', 'image/png', 'image'],
  ['jpeg', 'image/jpeg', 'image'],
  ['gif', 'image/gif', 'image'],
  ['webp', 'image/webp', 'image'],
  ['avif', 'image/avif', 'image'],
  ['heic', 'image/heic', 'image'],
  ['heif', 'image/heic', 'image'],
  ['tiff', 'image/tiff', 'image'],
  ['tiffBig', 'image/tiff', 'image'],
  ['bmp', 'image/bmp', 'image'],
  ['svg', 'image/svg+xml', 'image'],
  ['svgXml', 'image/svg+xml', 'image'],
  ['wav', 'audio/wav', 'audio'],
  ['flac', 'audio/x-flac', 'audio'],
  ['id3', 'audio/mpeg', 'audio'],
  ['m4a', 'audio/m4a', 'audio'],
  ['glb', 'model/gltf-binary', '3d'],
  ['fbx', 'application/vnd.autodesk.fbx', '3d'],
  ['ply', 'model/ply', '3d'],
  ['vox', 'model/x-3d-vox', '3d'],
  ['safetensors', 'application/octet-stream', 'model'],
  ['gguf', 'application/octet-stream', 'model'],
]

describe('told by the first bytes, where the name is silent', () => {
  for (const [head, contentType, kind] of contents) {
    it(`${head}: ${contentType}, of kind ${kind}`, () => {
      for (const name of ['hero', '.png', 'hero.bin', 'hero.png.'])
        assert.deepEqual(tell(name, head), { contentType, kind })
    })
  }

  it('a container of either sound or film has the type of the kind that is asked for', () => {
    const types = (head: Head) => [tell('a', head, 'audio').contentType, tell('a', head, 'video').contentType]
    assert.deepEqual(types('mp4'), ['audio/m4a', 'video/mp4'])
    assert.deepEqual(types('webm'), ['audio/webm', 'video/webm'])
    assert.deepEqual(types('ogg'), ['audio/ogg', 'video/ogg'])
  })

  it('what nothing tells is bytes', () => {
    assert.deepEqual(tell('a', 'text', 'asset'), { contentType: 'application/octet-stream', kind: 'asset' })
    assert.deepEqual(tell('a', 'zip', 'model'), { contentType: 'application/zip', kind: 'model' })
    assert.deepEqual(tell('a.ts', 'text', 'asset'), { contentType: 'application/octet-stream', kind: 'asset' })
  })

  it('no more of them are needed than are asked for', () => {
    const late = bytes(`<!--${' '.repeat(headLength)}--><svg>`)
    assert.equal(errorOf(() => tellMedia({ name: 'a', head: late })).code, 'ERR_KIND_UNKNOWN')
    assert.equal(tellMedia({ name: 'a', head: bytes(`<!--${' '.repeat(headLength - 12)}--><svg>`) }).kind, 'image')
  })

  it('a header that is too long for safetensors, and no JSON, are none', () => {
    for (const head of ['\0\0\0\x40\0\0\0\0{', '\x40\0\0\0\0\0\0\x01{', '\x40\0\0\0\0\0\0\0[', '\x40\0\0\0']) {
      assert.equal(errorOf(() => tellMedia({ name: 'a', head: bytes(head) })).code, 'ERR_KIND_UNKNOWN')
    }
  })
})

describe('nothing tells', () => {
  const silent: [name: string, head: Head][] = [
    ['notes.txt', 'text'],
    ['things.zip', 'zip'],
    ['paper.pdf', 'pdf'],
    ['page.html', 'html'],
    ['weights.bin', 'nothing'],
    ['index.ts', 'text'],
    ['clip', 'mp4'],
    ['clip', 'webm'],
    ['clip', 'ogg'],
    ['song', 'frame'],
  ]
  for (const [name, head] of silent) {
    it(`${name} with ${head}: the error names the file, the hint names the kinds`, () => {
      const error = errorOf(() => tell(name, head))
      assert.equal(error.code, 'ERR_KIND_UNKNOWN')
      assert.equal(error.exitCode, 2)
      assert.ok(error.message.includes(`"${name}"`))
      for (const kind of kinds) assert.ok(error.hint.includes(kind), kind)
    })
  }
})

const refusals: [title: string, name: string, head: Head, kind: Kind | undefined, message: RegExp, hint: RegExp][] = [
  ['an mp3 as image', 'song.mp3', 'id3', 'image', /holds audio .*not of kind image/, /`--kind audio`/],
  [
    'an mp3 that its name alone tells',
    'song.mp3',
    'frame',
    'image',
    /kind audio by its name, not image/,
    /`--kind audio`/,
  ],
  ['an image as 3d', 'a.png', 'png', '3d', /PNG image.*not of kind 3d/, /`--kind image`/],
  ['a scene as avatar', 'a.glb', 'glb', 'avatar', /GLB scene.*not of kind avatar/, /`--kind 3d`/],
  ['sound as avatar, by its name', 'a.mp3', 'nothing', 'avatar', /audio by its name, not avatar/, /`--kind audio`/],
  ['sound as film', 'a.m4a', 'm4a', 'video', /M4A audio.*not of kind video/, /`--kind audio`/],
  ['film as sound, by its name', 'a.mp4', 'mp4', 'audio', /kind video by its name, not audio/, /`--kind video`/],
  ['film as image', 'a.mp4', 'mp4', 'image', /MP4 container.*not of kind image/, /`--kind video`/],
  ['an Ogg sound as 3d', 'a.ogg', 'ogg', '3d', /Ogg container.*not of kind 3d/, /`--kind audio`/],
  ['weights as image', 'a.safetensors', 'safetensors', 'image', /weights.*not of kind image/, /`--kind model`/],
  ['weights as 3d, by their name', 'a.ckpt', 'nothing', '3d', /kind model by its name, not 3d/, /`--kind model`/],
  ['an image as text', 'a', 'png', 'text', /PNG image.*not of kind text/, /`--kind image`/],
  ['a drawing as text, by its name', 'a.svg', 'svg', 'text', /kind image by its name, not text/, /`--kind image`/],
  ['a PDF as image', 'a.pdf', 'pdf', 'image', /PDF document.*not of kind image/, /`--kind asset`/],
  [
    'a JPEG named png',
    'x.png',
    'jpeg',
    undefined,
    /image\/png by its name, but holds a JPEG/,
    /`--content-type image\/jpeg`/,
  ],
  ['a JPEG named png, as avatar', 'x.png', 'jpeg', 'avatar', /holds a JPEG/, /`--content-type image\/jpeg`/],
  ['a HEIC named jpg', 'x.jpg', 'heic', undefined, /holds a HEIC image/, /`--content-type image\/heic`/],
  ['a PNG named avif', 'x.avif', 'png', undefined, /holds a PNG/, /`--content-type image\/png`/],
  ['a PNG named svg', 'x.svg', 'png', 'image', /holds a PNG/, /`--content-type image\/png`/],
  ['a PNG named txt', 'x.txt', 'png', undefined, /text\/plain by its name/, /`--content-type image\/png`/],
  ['a PNG named zip', 'x.zip', 'png', 'image', /application\/zip by its name/, /`--content-type image\/png`/],
  ['a GLB named gltf', 'x.gltf', 'glb', undefined, /holds a GLB scene/, /`--content-type model\/gltf-binary`/],
  ['a WebM named mp4', 'x.mp4', 'webm', undefined, /holds a WebM/, /`--content-type video\/webm`/],
  ['an MP4 named mp3', 'x.mp3', 'mp4', undefined, /holds an MP4 container/, /`--content-type audio\/m4a`/],
  ['a WAV named mp3', 'x.mp3', 'wav', undefined, /holds WAV audio/, /`--content-type audio\/wav`/],
  [
    'a zip named png',
    'x.png',
    'zip',
    undefined,
    /holds a zip archive/,
    /`--kind asset --content-type application\/zip`/,
  ],
  ['a zip as sound', 'x', 'zip', 'audio', /holds a zip archive/, /`--kind asset`/],
  ['sound named png', 'x.png', 'id3', undefined, /not of kind image/, /`--kind audio --content-type audio\/mpeg`/],
  ['an image named mp3', 'x.mp3', 'png', undefined, /not of kind audio/, /`--kind image --content-type image\/png`/],
  ['an image named mp3, as image', 'x.mp3', 'png', 'image', /audio\/mpeg by its name/, /`--content-type image\/png`/],
  [
    'sound named psd, as audio',
    'x.psd',
    'id3',
    'audio',
    /image by its name, not audio/,
    /`--content-type audio\/mpeg`/,
  ],
  ['a Git LFS pointer', 'x.png', 'lfs', undefined, /"x\.png" is a Git LFS pointer/, /`git lfs pull`/],
  ['a Git LFS pointer as model', 'x.safetensors', 'lfs', 'model', /Git LFS pointer/, /`git lfs pull`/],
  ['a Git LFS pointer as text', 'x.txt', 'lfs', 'text', /Git LFS pointer/, /`git lfs pull`/],
  ['an HTML page named png', 'x.png', 'html', undefined, /"x\.png" holds an HTML page/, /`--content-type text\/html`/],
  ['an HTML page that leaves its first element out', 'x.png', 'htmlTitle', undefined, /an HTML page/, /text\/html/],
  ['an HTML page after a byte order mark', 'x.glb', 'htmlBare', undefined, /HTML page/, /text\/html/],
  ['an XHTML page, though there is a drawing in it', 'x.svg', 'xhtml', undefined, /HTML page/, /text\/html/],
  ['an HTML page as model', 'x.safetensors', 'html', 'model', /HTML page/, /text\/html/],
  ['an HTML page named png, as text', 'x.png', 'html', 'text', /HTML page/, /text\/html/],
  ['an HTML page without a name', 'x', 'html', undefined, /HTML page/, /text\/html/],
  ['an honest HTML page as image', 'x.html', 'html', 'image', /HTML page/, /text\/html/],
]

describe('what it surely is not is refused before anything is sent', () => {
  for (const [title, name, head, kind, message, hint] of refusals) {
    it(title, () => {
      const error = errorOf(() => tell(name, head, kind))
      assert.equal(error.code, 'ERR_CONTENT_MISMATCH')
      assert.equal(error.exitCode, 3)
      assert.match(error.message, message)
      assert.match(error.hint, hint)
    })
  }
})

const passes: [title: string, name: string, head: Head, kind: Kind | undefined, contentType: string][] = [
  ['bytes that no signature knows', 'x.png', 'text', undefined, 'image/png'],
  ['no bytes', 'x.png', 'nothing', 'image', 'image/png'],
  ['frames without tags are not sure to be MP3', 'x.wav', 'frame', undefined, 'audio/wav'],
  ['raw images are TIFFs inside', 'x.dng', 'tiff', undefined, 'image/x-adobe-dng'],
  ['animated PNG', 'x.apng', 'png', undefined, 'image/apng'],
  ['HEIF under its other names', 'x.heif', 'heif', undefined, 'image/heic'],
  ['an AVIF that calls itself HEIF', 'x.avif', 'heif', undefined, 'image/avif'],
  ['a film of QuickTime named mp4', 'x.mp4', 'mov', undefined, 'video/mp4'],
  ['an MP4 named mov', 'x.mov', 'mp4', undefined, 'video/quicktime'],
  ['sound in an MP4 container', 'x.m4a', 'mp4', undefined, 'audio/m4a'],
  ['Matroska', 'x.mkv', 'webm', undefined, 'video/x-matroska'],
  ['a film in an Ogg container', 'x.ogv', 'ogg', undefined, 'video/ogg'],
  ['tags before FLAC', 'x.flac', 'id3', undefined, 'audio/x-flac'],
  ['weights are zips inside', 'x.pt', 'zip', undefined, 'application/octet-stream'],
  ['zips as 3d', 'x.zip', 'zip', '3d', 'application/zip'],
  ['documents as text', 'x.pdf', 'pdf', 'text', 'application/pdf'],
  ['text that begins like a drawing', 'x.txt', 'svg', 'text', 'text/plain'],
  ['anything as model', 'x.png', 'jpeg', 'model', 'image/png'],
  ['anything as asset', 'x.mp3', 'png', 'asset', 'audio/mpeg'],
  ['a page as text', 'x.bin', 'html', 'text', 'application/octet-stream'],
  ['an honest page as asset', 'x.html', 'html', 'asset', 'text/html'],
  ['an honest page as model', 'x.xhtml', 'xhtml', 'model', 'application/xhtml+xml'],
]

describe('what is not sure is let pass', () => {
  for (const [title, name, head, kind, contentType] of passes) {
    it(title, () => assert.equal(tell(name, head, kind).contentType, contentType))
  }
})

describe('--content-type', () => {
  it('is used as it is given, and turns the whole check off', () => {
    for (const head of ['jpeg', 'lfs', 'html', 'id3'] as const) {
      assert.deepEqual(tell('x.png', head, undefined, 'image/X-Own'), { contentType: 'image/X-Own', kind: 'image' })
      assert.deepEqual(tell('x.png', head, 'audio', 'image/png'), { contentType: 'image/png', kind: 'audio' })
    }
  })

  const told: [title: string, name: string, head: Head, contentType: string, kind: Kind][] = [
    ['by the name first', 'x.mp3', 'png', 'image/png', 'audio'],
    ['then by the type itself', 'x', 'png', 'Audio/Mpeg', 'audio'],
    ['by the type of a scene', 'x', 'nothing', 'model/obj', '3d'],
    ['by the type of an FBX scene', 'x', 'nothing', 'application/vnd.autodesk.fbx', '3d'],
    ['then by the bytes', 'x', 'png', 'application/octet-stream', 'image'],
  ]
  for (const [title, name, head, contentType, kind] of told) {
    it(`the kind is then told ${title}`, () => assert.equal(tell(name, head, undefined, contentType).kind, kind))
  }

  it('bytes of no type tell no kind', () => {
    const error = errorOf(() => tell('x', 'nothing', undefined, 'application/octet-stream'))
    assert.equal(error.code, 'ERR_KIND_UNKNOWN')
  })

  it('takes whatever looks like a media type', () => {
    for (const type of ['image/png', 'model/gltf+json', 'application/vnd.a-b.c', 'text/plain; charset=utf-8']) {
      assert.equal(checkContentType(type), type)
    }
  })

  it('refuses what does not, whatever the kind', () => {
    for (const type of [
      '',
      'png',
      'image/',
      '/png',
      'image/*',
      'image/png/x',
      'image png',
      'image/png\r\nx: y',
      'image/png;',
    ]) {
      const error = errorOf(() => tell('x.png', 'png', 'image', type))
      assert.equal(error.code, 'ERR_USAGE')
      assert.ok(error.message.includes('--content-type'))
    }
  })
})

describe('any name with any bytes', () => {
  const anyName = fc.oneof(
    fc.string(),
    fc.constantFrom(...names.map(([extensions]) => `x.${extensions.split(' ')[0]}`), 'x.txt', 'x.zip', 'x.html', 'x'),
  )
  const anyHead = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...Object.values(heads)).map(bytes))
  const anyKind = fc.option(fc.constantFrom(...kinds), { nil: undefined })

  it('is told, or refused in words', () => {
    fc.assert(
      fc.property(anyName, anyHead, anyKind, (name, head, kind) => {
        try {
          const told = tellMedia({ name, head, kind })
          return kind === undefined ? kinds.includes(told.kind) : told.kind === kind
        } catch (error) {
          return error instanceof UploadError && ['ERR_CONTENT_MISMATCH', 'ERR_KIND_UNKNOWN'].includes(error.code)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('passes with the options that a refusal hints at', () => {
    fc.assert(
      fc.property(anyName, anyHead, anyKind, (name, head, kind) => {
        const refusal = refusalOf(() => tellMedia({ name, head, kind }))
        fc.pre(refusal?.code === 'ERR_CONTENT_MISMATCH' && !refusal.hint.includes('git lfs'))
        const hinted = (option: string) => new RegExp(`--${option} ([^\\s\`]+)`).exec(refusal?.hint ?? '')?.[1]
        const [right, contentType] = [hinted('kind'), hinted('content-type')]
        assert.ok(right !== undefined || contentType !== undefined)
        const again = refusalOf(() =>
          tellMedia({ name, head, kind: right === undefined ? kind : parseKind(right), contentType }),
        )
        // A page under a silent name has no kind of its own: that is for the user to say.
        assert.ok(again === undefined || again.code === 'ERR_KIND_UNKNOWN', again?.message)
      }),
      { numRuns: 1000 },
    )
  })
})

function refusalOf(run: () => unknown): UploadError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof UploadError) return error
    throw error
  }
}
