/** What a name tells: the vendor's own table first, mime-types second. */
import { createRequire } from 'node:module'
import type { Kind } from './kinds.js'

const require = createRequire(import.meta.url)

export const octets = 'application/octet-stream'
export const fbx = 'application/vnd.autodesk.fbx'

/** What the vendor lists, and the weights that people have. It goes before mime-types, which differs. */
export const vendorTypes = [
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

export interface Named {
  type: string | undefined
  kind: Kind | undefined
}

export function byName(name: string): Named {
  const extension = extensionOf(name)
  const row = vendorTypes.find(([extensions]) => extensions.split(' ').includes(extension))
  if (row !== undefined) return { type: row[1], kind: row[2] }
  // Never mime-types' `contentType`: it takes a name with a slash for a media type, and returns it.
  const type = untrusted.has(extension) ? false : lookUp(extension)
  // `.bin` and the like: the name says no more than "bytes", so the bytes may say more.
  if (type === false || type === octets) return { type: undefined, kind: undefined }
  return { type, kind: kindByType(type) }
}

/** mime-types weighs some thousand types while it is loaded: only once the vendor's table has no answer. */
function lookUp(extension: string): string | false {
  const { lookup }: typeof import('mime-types') = require('mime-types')
  return lookup(extension)
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

export function kindByType(type: string): Kind | undefined {
  const [top = ''] = type.toLowerCase().split('/')
  return type.toLowerCase() === fbx ? '3d' : kindsByTop.get(top)
}
