/** One line of a manifest: an upload that ended well. The only place where such a line is trusted. */
import { isId } from '../core/ids.js'
import { type Fields, isFields, isText, isTextOrNull, isWhole, parseJson } from './fields.js'

/** What the asset was asked to be, beside its kind. */
export interface KeptAssetOptions {
  collectionIds: string[]
  parentId: string | null
  hide: boolean
}

/** No secret: of a web address, only what may be shown and its SHA-256. What does not apply is null. */
export interface ManifestRecord {
  /** What the user wrote. */
  source: string
  type: string
  /** From the manifest's own folder; null for what is no file. */
  path: string | null
  /** Of the content; for what the server fetches, of its whole address. */
  sha256: string
  /** Null for what the server fetches. */
  size: number | null
  uploadId: string
  entityId: string | null
  kind: string
  fileName: string | null
  contentType: string | null
  assetOptions: KeptAssetOptions
  api: string
  project: string | null
  status: string | null
  /** ISO date. */
  at: string
}

/** What a later run needs of it. */
export type KnownUpload = Omit<ManifestRecord, 'source' | 'at'>

/** Every line of ours begins so; a quote within a text never looks like that. */
const beginning = '{"schemaVersion":'

export function lineFor(record: ManifestRecord): string {
  const { source, type, path, sha256, size, uploadId, entityId, ...more } = record
  return `${JSON.stringify({ schemaVersion: 1, source, type, path, sha256, size, uploadId, entityId, ...more })}\n`
}

/** Fields that it does not know are for later versions to know. Null for what is no record. */
export function parseLine(line: string): KnownUpload | null {
  const value = parseJson(line)
  if (isFields(value)) return recordOf(value)
  // A run that was killed in the middle of its line may have had another one close behind it.
  const at = value === undefined ? line.lastIndexOf(beginning) : 0
  return at > 0 ? parseLine(line.slice(at)) : null
}

/** Whether a text could be the first line of a manifest, or as much of it as a run could write before it was killed. */
export const mayBegin = (text: string) => text.startsWith(beginning) || beginning.startsWith(text.trim())

const isSha256 = (value: unknown): value is string => isText(value) && /^[0-9a-f]{64}$/.test(value)

function recordOf(value: Fields): KnownUpload | null {
  const { type, path = null, sha256, size = null, uploadId, entityId = null, kind, api } = value
  const { fileName = null, contentType = null, project = null, status = null } = value
  const assetOptions = assetOptionsOf(value.assetOptions ?? {})
  if (!isWhole(value.schemaVersion, 1) || !isSha256(sha256) || !assetOptions) return null
  if (!isText(type) || !isTextOrNull(path) || (size !== null && !isWhole(size, 0))) return null
  if (!isIdText(uploadId) || (entityId !== null && !isIdText(entityId)) || !isText(kind)) return null
  if (!isTextOrNull(fileName) || !isTextOrNull(contentType) || !isTextOrNull(status)) return null
  if (!isText(api) || !isTextOrNull(project)) return null
  const what = { type, path, sha256, size, kind, fileName, contentType, assetOptions }
  return { ...what, uploadId, entityId, api, project, status }
}

const isIdText = (value: unknown): value is string => isText(value) && isId(value)

function assetOptionsOf(value: unknown): KeptAssetOptions | null {
  if (!isFields(value)) return null
  const { collectionIds = [], parentId = null, hide = false } = value
  if (!Array.isArray(collectionIds) || !collectionIds.every(isText)) return null
  return isTextOrNull(parentId) && typeof hide === 'boolean' ? { collectionIds, parentId, hide } : null
}
