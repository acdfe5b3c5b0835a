/** What a file is: its kind and media type, told by its name, else by its first bytes; and the refusal of what it surely is not. */
import { lookup } from 'mime-types'
import { UploadError } from '../errors.js'
import { suggest } from './suggest.js'

/** `text` stands in newer references of the API only: that the server takes it is assumed. */
export const kinds = ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video'] as const
export type Kind = (typeof kinds)[number]

/** What an upload needs to be created. */
export interface Told {
  contentType: string
  kind: Kind
}

export interface MediaInput {
  name: string
  /** The first `headLength` bytes, or all where there are fewer. */
  head: Uint8Array
  kind?: Kind | undefined
  contentType?: string | undefined
}

/** How many first bytes the signatures need: an SVG or a page may begin with a long comment. */
export const headLength = 4096

export function parseKind(text: string): Kind {
  const kind = kinds.find((known) => known === text.toLowerCase())
  if (kind !== undefined) return kind
  const meant = suggest(text, kinds)
  const list = `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`
  throw new UploadError('ERR_USAGE', `"${text}" is no kind: it is one of ${list}`, {
    hint: meant === undefined ? 'Give one of these with `--kind`.' : `Did you mean \`--kind ${meant}\`?`,
  })
}

/** Returns the type as it was given. It goes to the server as it is, and the server looks only after the transfer. */
export function checkContentType(text: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w.-]+=[\w."/+-]+)*$/.test(text)) return text
  const hint = 'Write it as type/subtype, such as `--content-type image/png`.'
  throw new UploadError('ERR_USAGE', `--content-type takes a media type, not "${text}"`, { hint })
}

export function kindByName(name: string): Kind | undefined {
  return byName(name).kind
}

export function tellMedia({ name, head, kind: asked, contentType }: MediaInput): Told {
  const named = byName(name)
  const start = Buffer.from(head.subarray(0, headLength)).toString('latin1')
  const content = signatures.find(({ is }) => is(start))
  if (contentType !== undefined) {
    const kind = asked ?? named.kind ?? kindByType(contentType) ?? tells(content)
    return { contentType: checkContentType(contentType), kind: kind ?? nothingTells(name) }
  }
  refusePlaceholders(name, start, named, asked)
  const kind = asked ?? named.kind ?? tells(content) ?? nothingTells(name)
  refuseContradictions(name, kind, named, content)
  return { contentType: named.type ?? (content && typeFor(content, kind)) ?? octets, kind }
}

function nothingTells(name: string): never {
  throw new UploadError('ERR_KIND_UNKNOWN', `neither the name "${name}" nor the first bytes tell what kind this is`)
}

// ---- by name

const octets = 'application/octet-stream'
const fbx = 'application/vnd.autodesk.fbx'

/** What the vendor lists, and the weights that people have. It goes before mime-types, which differs. */
const vendorTypes = [
  ['png', 'image/png', 'image'],
  ['jpg jpeg jpe jfif', 'image/jpeg', 'image'],
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
  ['fbx', fbx, '3d'],
  ['stl', 'model/stl', '3d'],
  ['ply', 'model/ply', '3d'],
  ['vox', 'model/x-3d-vox', '3d'],
  ['safetensors ckpt pt pth gguf onnx', octets, 'model'],
] as const satisfies readonly (readonly [extensions: string, type: string, kind: Kind])[]

/** mime-types is wrong about these for us: TypeScript is no video, a playlist no audio, a 3DS scene no image. */
const untrusted: ReadonlySet<string> = new Set(['ts', 'mts', 'cts', 'm3u', 'dts', 'mtl', '3ds'])

interface Named {
  type: string | undefined
  kind: Kind | undefined
}

function byName(name: string): Named {
  const extension = extensionOf(name)
  const row = vendorTypes.find(([extensions]) => extensions.split(' ').includes(extension))
  if (row !== undefined) return { type: row[1], kind: row[2] }
  // Never mime-types' `contentType`: it takes a name with a slash for a media type, and returns it.
  const type = untrusted.has(extension) ? false : lookup(extension)
  // `.bin` and the like: the name says no more than "bytes", so the bytes may say more.
  if (type === false || type === octets) return { type: undefined, kind: undefined }
  return { type, kind: kindByType(type) }
}

/** Of '.png' there is none: a hidden file with no extension. Nor is there one after a dot at the end. */
function extensionOf(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? ''
  const dot = base.lastIndexOf('.')
  return dot > 0 ? base.slice(dot + 1).toLowerCase() : ''
}

const kindsByTop = new Map<string, Kind>([
  ['image', 'image'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['model', '3d'],
])

function kindByType(type: string): Kind | undefined {
  const [top = ''] = type.toLowerCase().split('/')
  return type.toLowerCase() === fbx ? '3d' : kindsByTop.get(top)
}

// ---- by bytes

interface Signature {
  /** For the sentence "x.png holds …". */
  what: string
  is(head: string): boolean
  /** What such bytes surely are. One alone is told where the name tells nothing. */
  kinds: readonly Kind[]
  /** What they may pass for, though they do not tell it. */
  also?: readonly Kind[]
  /** The types they go under: the first of the kind is told where the name tells none, the others contradict nothing. */
  types: readonly [string, ...(readonly string[])]
}

const at =
  (offset: number, ...magic: string[]) =>
  (head: string) =>
    magic.some((m) => head.startsWith(m, offset))
const riff = (format: string) => (head: string) => at(0, 'RIFF')(head) && at(8, format)(head)
/** ISO media: the major brand after 'ftyp' says what was meant to be in it. */
const ftyp =
  (...brands: string[]) =>
  (head: string) =>
    at(4, 'ftyp')(head) && at(8, ...brands)(head)

/** The first element of a document, past its byte order mark, declarations and comments. */
function rootOf(head: string): string {
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart()
  if (/^<!doctype html/i.test(text)) return 'html'
  return text.startsWith('<') ? (/<([a-z][^\s/>]*)/i.exec(text)?.[1] ?? '').toLowerCase() : ''
}

/** The length of a JSON header as 64 bits, then the JSON. */
function isSafetensors(head: string): boolean {
  const length = [3, 2, 1, 0].reduce((sum, i) => sum * 256 + head.charCodeAt(i), 0)
  return length <= 100e6 && at(4, '\0\0\0\0{')(head)
}

const taggedAudio = ['audio/mpeg', 'audio/x-flac', 'audio/wav', 'audio/ogg'] as const
const mp4Brands = ['iso', 'mp4', 'avc1', 'qt  ', 'M4V', 'MSNV', 'dash', '3gp', 'f4v ']
const mp4Types = ['video/mp4', 'audio/m4a', 'audio/mp4', 'video/quicktime'] as const
const matroskaTypes = ['video/webm', 'audio/webm', 'video/x-matroska', 'audio/x-matroska'] as const
const image = ['image'] as const
const audio = ['audio'] as const
const either = ['video', 'audio'] as const
const scene = ['3d'] as const
const weights = ['model'] as const

/** Two bytes of an MP3 frame are not sure enough to stand here. The first row that fits counts. */
const signatures: readonly Signature[] = [
  { what: 'a PNG image', is: at(0, '\x89PNG\r\n\x1a\n'), kinds: image, types: ['image/png'] },
  { what: 'a JPEG image', is: at(0, '\xff\xd8\xff'), kinds: image, types: ['image/jpeg'] },
  { what: 'a GIF image', is: at(0, 'GIF87a', 'GIF89a'), kinds: image, types: ['image/gif'] },
  { what: 'a WebP image', is: riff('WEBP'), kinds: image, types: ['image/webp'] },
  { what: 'an AVIF image', is: ftyp('avif', 'avis'), kinds: image, types: ['image/avif'] },
  { what: 'a HEIC image', is: ftyp('hei', 'hev'), kinds: image, types: ['image/heic', 'image/heif'] },
  { what: 'a HEIF image', is: ftyp('mif1', 'msf1'), kinds: image, types: ['image/heic', 'image/heif', 'image/avif'] },
  // Camera raw formats are TIFFs too; no row claims their types, so nothing contradicts them.
  { what: 'a TIFF image', is: at(0, 'II*\0', 'MM\0*'), kinds: image, types: ['image/tiff'] },
  { what: 'a BMP image', is: (head) => /^BM.{4}\0{4}.{5}\0{3}/s.test(head), kinds: image, types: ['image/bmp'] },
  {
    what: 'an SVG image',
    is: (head) => rootOf(head) === 'svg',
    kinds: image,
    also: ['text'],
    types: ['image/svg+xml'],
  },
  { what: 'WAV audio', is: riff('WAVE'), kinds: audio, types: ['audio/wav'] },
  { what: 'FLAC audio', is: at(0, 'fLaC'), kinds: audio, types: ['audio/x-flac', 'audio/flac'] },
  // Careless taggers put these before other audio than MP3 too.
  { what: 'audio with ID3 tags', is: at(0, 'ID3'), kinds: audio, types: taggedAudio },
  { what: 'M4A audio', is: ftyp('M4A ', 'M4B '), kinds: audio, types: ['audio/m4a', 'audio/mp4'] },
  { what: 'an MP4 container', is: ftyp(...mp4Brands), kinds: either, types: mp4Types },
  { what: 'a WebM or Matroska container', is: at(0, '\x1a\x45\xdf\xa3'), kinds: either, types: matroskaTypes },
  { what: 'an Ogg container', is: at(0, 'OggS'), kinds: either, types: ['audio/ogg', 'video/ogg', 'application/ogg'] },
  { what: 'a GLB scene', is: at(0, 'glTF'), kinds: scene, types: ['model/gltf-binary'] },
  { what: 'an FBX scene', is: at(0, 'Kaydara FBX Binary'), kinds: scene, types: [fbx] },
  { what: 'a PLY mesh', is: at(0, 'ply\n', 'ply\r'), kinds: scene, also: ['text'], types: ['model/ply'] },
  { what: 'a VOX scene', is: at(0, 'VOX '), kinds: scene, types: ['model/x-3d-vox'] },
  { what: 'safetensors weights', is: isSafetensors, kinds: weights, types: [octets] },
  { what: 'GGUF weights', is: at(0, 'GGUF'), kinds: weights, types: [octets] },
  { what: 'a PDF document', is: at(0, '%PDF-'), kinds: [], also: ['text'], types: ['application/pdf'] },
  // Much is a zip inside: scenes (usdz), images (ora), documents, weights.
  { what: 'a zip archive', is: at(0, 'PK\x03\x04', 'PK\x05\x06'), kinds: [], also: kinds, types: ['application/zip'] },
]

function tells(content: Signature | undefined): Kind | undefined {
  return content?.kinds.length === 1 ? content.kinds[0] : undefined
}

function typeFor({ types }: Signature, kind: Kind): string {
  return types.find((type) => type.startsWith(`${kind}/`)) ?? types[0]
}

// ---- what it surely is not

/** A file that stands for another one, whatever its kind. */
function refusePlaceholders(name: string, start: string, named: Named, asked: Kind | undefined): void {
  if (start.startsWith('version https://git-lfs.github.com/spec/v1')) {
    const hint = 'Fetch the file itself: `git lfs pull`.'
    throw new UploadError('ERR_CONTENT_MISMATCH', `"${name}" is a Git LFS pointer, not the file it stands for`, {
      hint,
    })
  }
  if (rootOf(start) !== 'html' || mayBePage(named, asked)) return
  throw new UploadError('ERR_CONTENT_MISMATCH', `"${name}" holds an HTML page, such as a login or error page`, {
    hint: 'Download the file again, signed in; or send the page as it is with `--content-type text/html`.',
  })
}

function mayBePage({ type = '', kind }: Named, asked: Kind | undefined): boolean {
  if (asked === 'text') return kind === undefined
  const byName = type.startsWith('text/') || type === 'application/xhtml+xml'
  return byName && (asked === undefined || takesAll(asked))
}

/** Which files these two take is unknown, so they take all. */
function takesAll(kind: Kind): boolean {
  return kind === 'model' || kind === 'asset'
}

function refuseContradictions(name: string, kind: Kind, named: Named, content: Signature | undefined): void {
  if (takesAll(kind)) return
  if (content && !fits(kind, content)) {
    throw mismatch(`"${name}" holds ${content.what}, which is not of kind ${kind}`, rightOptions(kind, named, content))
  }
  if (content && named.type !== undefined && !goesUnder(named.type, content)) {
    throw mismatch(
      `"${name}" is ${named.type} by its name, but holds ${content.what}`,
      rightOptions(kind, named, content),
    )
  }
  if (named.kind !== undefined && !takes(kind, named.kind)) {
    const nameIsWrong = content && !fits(named.kind, content)
    const options = nameIsWrong ? `--content-type ${typeFor(content, kind)}` : `--kind ${named.kind}`
    throw mismatch(`"${name}" is of kind ${named.kind} by its name, not ${kind}`, options)
  }
}

function mismatch(message: string, options: string): UploadError {
  return new UploadError('ERR_CONTENT_MISMATCH', message, { hint: `Send it as what it is: \`${options}\`.` })
}

function takes(kind: Kind, other: Kind): boolean {
  return kind === other || (kind === 'avatar' && other === 'image')
}

function fits(kind: Kind, { kinds, also = [] }: Signature): boolean {
  return [...kinds, ...also].some((other) => takes(kind, other))
}

const knownTypes: ReadonlySet<string> = new Set([
  ...vendorTypes.map(([, type]) => type),
  ...signatures.flatMap(({ types }) => types),
])

/** A type that no signature is known of may well begin like this. Text never begins like a binary format. */
function goesUnder(type: string, { types, also = [] }: Signature): boolean {
  if (types.includes(type)) return true
  return !knownTypes.has(type) && (!type.startsWith('text/') || also.includes('text'))
}

/** The options that the content would pass with, and no more of them than it needs. */
function rightOptions(kind: Kind, named: Named, content: Signature): string {
  const told = named.kind !== undefined && fits(named.kind, content) ? named.kind : content.kinds[0]
  const right = fits(kind, content) ? kind : (told ?? 'asset')
  const nameIsRight = named.type === undefined || content.types.includes(named.type)
  const options = [
    right === kind ? '' : `--kind ${right}`,
    nameIsRight ? '' : `--content-type ${typeFor(content, right)}`,
  ]
  return options.filter((option) => option !== '').join(' ')
}
