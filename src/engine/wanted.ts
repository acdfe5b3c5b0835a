/** What a manifest is asked for: what must be the same for an upload not to be made again. */
import type { Source } from '../sources/source.js'
import type { Wanted } from '../state/manifest.js'
import type { Context } from './context.js'
import { createRequest } from './create.js'

export function wantedOf(source: Source, { place }: Pick<Context, 'place'>): Wanted {
  const request = createRequest(source)
  const asked = ('assetOptions' in request && request.assetOptions) || {}
  const { collectionIds = [], parentId = null, hide = false } = asked
  const what = { source: source.shown, type: source.type, kind: source.kind }
  const where = { assetOptions: { collectionIds, parentId, hide }, api: place.apiUrl, project: place.project }
  if (source.flow === 'remote') {
    const address = source.type === 'huggingface' ? source.model : source.url
    return { ...what, path: null, size: null, fileName: null, contentType: null, address, ...where }
  }
  const { fileName, contentType, plan, origin } = source
  return { ...what, path: origin?.path ?? null, size: plan.size, fileName, contentType, address: null, ...where }
}
