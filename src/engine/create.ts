/** Asks the API for an upload: part URLs for bytes, a fetch of its own for everything else. */
import type { AssetOptions } from '../core/asset-options.js'
import type { CreateRequest } from '../scenario/client.js'
import type { CreatedUpload } from '../scenario/schema.js'
import type { RemoteSource, Source } from '../sources/source.js'
import type { Context } from './context.js'
import { withRetry } from './with-retry.js'

/** A create whose answer was lost is made again: the orphan costs nothing, and the API has no call to remove it. */
export async function create(source: Source, context: Context): Promise<CreatedUpload> {
  const { client, signal, say } = context
  say({ event: 'phase', phase: 'creating', uploadId: null, ...shownOf(source) })
  const request = createRequest(source)
  return withRetry('create', context, () => client.create(request, signal))
}

/** What a phase tells of its source. */
export function shownOf(source: Source): { fileName: string | null; total: number | null } {
  return source.flow === 'bytes'
    ? { fileName: source.fileName, total: source.plan.size }
    : { fileName: null, total: null }
}

/** The body of the create call: the same source with the same options always has the same. */
export function createRequest(source: Source): CreateRequest {
  if (source.flow === 'remote') return remoteRequest(source)
  const { fileName, contentType, kind, plan } = source
  return { fileName, contentType, fileSize: plan.size, parts: plan.count, kind, ...assetOf(source) }
}

const assetOf = ({ assetOptions }: { assetOptions: AssetOptions }) =>
  Object.keys(assetOptions).length > 0 ? { assetOptions } : {}

function remoteRequest(source: RemoteSource): CreateRequest {
  switch (source.type) {
    case 'url':
      return { url: source.url, kind: source.kind, ...assetOf(source) }
    case 'huggingface':
      return { huggingFaceModelName: source.model }
    case 'civitai':
      return { civitaiModelUrl: source.url }
  }
}
