/** What is kept of an unfinished upload. The only place where a state file is trusted. */
import { isId } from '../core/ids.js'
import { s3Limits } from '../core/parts.js'
import { type Fields, isDate, isFields, isText, isTextOrNull, isWhole, parseJson } from './fields.js'

/** A part that the storage has. */
export interface KeptPart {
  number: number
  /** The MD5 of what was sent; null where none was made. */
  md5: string | null
  /** `unlike`: the storage's ETag is no MD5, so that there was nothing to compare. */
  proof: 'md5' | 'unlike' | 'skipped'
}

/** One state of a file, in decimal digits since nanoseconds and inodes are beyond what JSON's numbers hold. */
export interface KeptFile {
  size: string
  mtimeNs: string
  ctimeNs: string
  dev: string
  ino: string
}

/** No key and no presigned URL: of a web address, only what may be shown. */
export interface UploadRecord {
  uploadId: string
  apiUrl: string
  project: string | null
  type: string
  /** What the user wrote. */
  source: string
  /** Absolute, links followed; null for what the server fetches. */
  path: string | null
  file: KeptFile | null
  /** Of the create request. */
  requestSha256: string
  /** The create request of a file; null where it holds an address. */
  request: KeptRequest | null
  /** Bytes of every part but the last. */
  partSize: number | null
  /** How many parts there are; 0 for what the server fetches. */
  partsCount: number
  parts: KeptPart[]
  /** ISO dates. */
  createdAt: string
  updatedAt: string
}

export interface KeptRequest {
  fileName: string
  contentType: string
  kind: string
  collectionIds: string[]
  parentId: string | null
  hide: boolean
}

/** Raised when a record means something else than before. */
const format = 1
const tool = 'scenario-upload'

export type Unreadable = 'torn' | 'newer' | 'foreign'

export function serializeRecord(record: UploadRecord): string {
  const parts = record.parts.map(({ number, md5, proof }) => [number, md5, proof])
  return `${JSON.stringify({ tool, format, ...record, parts })}\n`
}

export function parseRecord(text: string): UploadRecord | Unreadable {
  const value = parseJson(text)
  if (value === undefined) return 'torn'
  if (!isFields(value) || value.tool !== tool || !isWhole(value.format, 1)) return 'foreign'
  if (value.format > format) return 'newer'
  return recordOf(value) ?? 'foreign'
}

/** Of 64 bits: more of them are a time that no calendar has. */
const isDigits = (value: unknown): value is string => isText(value) && /^-?\d{1,20}$/.test(value)
const isMd5 = (value: unknown): value is string => isText(value) && /^[0-9a-f]{32}$/.test(value)
const isProof = (value: unknown): value is KeptPart['proof'] =>
  value === 'md5' || value === 'unlike' || value === 'skipped'

function recordOf(value: Fields): UploadRecord | null {
  const { uploadId, apiUrl, project, type, source, path, requestSha256, partSize, partsCount, createdAt, updatedAt } =
    value
  if (!isText(uploadId) || !isId(uploadId) || !isText(apiUrl) || !isTextOrNull(project)) return null
  if (!isText(type) || !isText(source) || !isTextOrNull(path) || !isText(requestSha256)) return null
  if ((partSize !== null && !isWhole(partSize, 1)) || !isWhole(partsCount, 0)) return null
  if (!isDate(createdAt) || !isDate(updatedAt)) return null
  const file = fileOf(value.file)
  const request = requestOf(value.request)
  const parts = partsOf(value.parts, partsCount)
  if (file === undefined || request === undefined || parts === undefined) return null
  if (!fits(file, partSize, partsCount)) return null
  const own = { uploadId, apiUrl, project, type, source, path, requestSha256, partSize, partsCount }
  return { ...own, file, request, parts, createdAt, updatedAt }
}

/** Figures that no plan gives would lead beyond the file, or nowhere. */
function fits(file: KeptFile | null, partSize: number | null, partsCount: number): boolean {
  if (!file || partSize === null) return !file && partSize === null && partsCount === 0
  const size = Number(file.size)
  return size >= 1 && size <= s3Limits.maxSize && Math.ceil(size / partSize) === partsCount
}

function fileOf(value: unknown): KeptFile | null | undefined {
  if (value === null) return null
  if (!isFields(value)) return undefined
  const { size, mtimeNs, ctimeNs, dev, ino } = value
  if (!isDigits(size) || !isDigits(mtimeNs) || !isDigits(ctimeNs) || !isDigits(dev) || !isDigits(ino)) return undefined
  return { size, mtimeNs, ctimeNs, dev, ino }
}

function requestOf(value: unknown): KeptRequest | null | undefined {
  if (value === null) return null
  if (!isFields(value)) return undefined
  const { fileName, contentType, kind, collectionIds, parentId, hide } = value
  if (!isText(fileName) || !isText(contentType) || !isText(kind) || !isTextOrNull(parentId)) return undefined
  if (!Array.isArray(collectionIds) || !collectionIds.every(isText) || typeof hide !== 'boolean') return undefined
  return { fileName, contentType, kind, collectionIds, parentId, hide }
}

/** Each part at most once, and none beyond the last. */
function partsOf(value: unknown, count: number): KeptPart[] | undefined {
  if (!Array.isArray(value)) return undefined
  const parts = value.flatMap((part: unknown) => partOf(part, count) ?? [])
  const numbers = new Set(parts.map(({ number }) => number))
  return parts.length === value.length && numbers.size === parts.length ? parts : undefined
}

function partOf(value: unknown, count: number): KeptPart | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [number, md5, proof]: unknown[] = value
  if (!isWhole(number, 1) || number > count || !isProof(proof)) return undefined
  if (md5 !== null && !isMd5(md5)) return undefined
  // What was proved was proved by an MD5.
  return md5 === null && proof === 'md5' ? undefined : { number, md5, proof }
}
