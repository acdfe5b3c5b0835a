/** What the first bytes tell. */
import type { Kind } from './kinds.js'
import { fbx, octets } from './named-media.js'

export interface Signature {
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
export function rootOf(head: string): string {
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
export const signatures: readonly Signature[] = [
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
  // Much is a zip inside: scenes (usdz), documents, weights.
  {
    what: 'a zip archive',
    is: at(0, 'PK\x03\x04', 'PK\x05\x06'),
    kinds: [],
    also: ['3d', 'model', 'asset'],
    types: ['application/zip'],
  },
]

export function tells(content: Signature | undefined): Kind | undefined {
  return content?.kinds.length === 1 ? content.kinds[0] : undefined
}

export function typeFor({ types }: Signature, kind: Kind): string {
  return types.find((type) => type.startsWith(`${kind}/`)) ?? types[0]
}
