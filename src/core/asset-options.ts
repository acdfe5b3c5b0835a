/** What the API is told of the asset itself: from options to the body's `assetOptions`. */
import { usageError } from '../errors.js'
import { idForm, isId } from './ids.js'

export interface AssetOptions {
  collectionIds?: string[]
  hide?: boolean
  parentId?: string
}

interface AssetWishes {
  collection?: string | readonly string[] | undefined
  parent?: string | undefined
  hide?: boolean | undefined
}

/** Has what was asked for, and no more. Throws ERR_USAGE for what is no id. */
export function assetOptionsFrom({ collection = [], parent, hide }: AssetWishes): AssetOptions {
  const collections = Array.isArray(collection) ? collection : [collection]
  const given: unknown[] = [...collections, ...(parent === undefined ? [] : [parent])]
  const wrong = given.findIndex((id) => typeof id !== 'string' || !isId(id))
  if (wrong >= 0) {
    throw usageError(
      `${shownId(given[wrong])} is not an id (--collection, --parent)`,
      `Give the id as Scenario shows it: ${idForm}`,
    )
  }
  return {
    ...(collections.length > 0 ? { collectionIds: [...collections] } : {}),
    ...(parent === undefined ? {} : { parentId: parent }),
    ...(hide ? { hide: true } : {}),
  }
}

/** For callers whose compiler does not look: it may be anything. */
const shownId = (given: unknown) =>
  typeof given === 'string' ? JSON.stringify(given) : `a value of type ${typeof given}`
