/** What must be the same for a later run to go on with an upload, and what is kept for it. */
import type { CreateRequest } from '../scenario/client.js'
import type { Fingerprint } from '../sources/fingerprint.js'
import type { Source } from '../sources/source.js'
import type { Identity } from '../state/identity.js'
import type { Page } from '../state/memory.js'
import type { KeptFile, KeptRequest } from '../state/record.js'
import type { Context } from './context.js'
import { createRequest } from './create.js'

/** Null for what no later run can find again. */
export function identityOf(source: Source, { place }: Pick<Context, 'place'>): Identity | null {
  const own = { ...place, type: source.type, request: createRequest(source) }
  if (source.flow === 'remote') return { ...own, path: null, file: null, partSize: null }
  if (!source.origin) return null
  const { path, fingerprint } = source.origin
  return { ...own, path, file: keptFile(fingerprint), partSize: source.plan.partSize }
}

/** The page that a new upload begins. */
export function pageOf(source: Source, uploadId: string): Page {
  const request = keptRequest(createRequest(source))
  return { uploadId, source: source.shown, request, partsCount: source.flow === 'bytes' ? source.plan.count : 0 }
}

export function keptFile({ size, mtimeNs, ctimeNs, dev, ino }: Fingerprint): KeptFile {
  return {
    size: String(size),
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
    dev: String(dev),
    ino: String(ino),
  }
}

/** That of a file alone: the others hold addresses, and an address may hold a secret. */
function keptRequest(request: CreateRequest): KeptRequest | null {
  if (!('fileName' in request)) return null
  const { fileName, contentType, kind, assetOptions = {} } = request
  const { collectionIds = [], parentId = null, hide = false } = assetOptions
  return { fileName, contentType, kind, collectionIds, parentId, hide }
}
