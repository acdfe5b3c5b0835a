/** How to go on with an unfinished upload, as a command to paste. */
import { basename } from 'node:path'
import { byName } from '../core/named-media.js'
import { partRange, planParts } from '../core/parts.js'
import type { KeptRequest, UploadRecord } from './record.js'
import type { Kept } from './unfinished.js'

/** An upload that this machine began and did not finish. What does not apply is null. */
export interface UnfinishedUpload {
  uploadId: string
  /** What the user wrote; of a web address without its userinfo and query. */
  source: string
  type: string
  fileName: string | null
  kind: string | null
  bytes: number | null
  /** How many of them the storage has. */
  bytesSent: number | null
  parts: number | null
  partsSent: number | null
  apiUrl: string
  project: string | null
  /** ISO dates. */
  createdAt: string
  updatedAt: string
  /** The process that is at it now. */
  pid: number | null
  /** To paste into a shell. */
  command: string
}

/** `usualApi` is the address that a command need not name. */
export function unfinishedFrom({ record, pid }: Kept, usualApi: string): UnfinishedUpload {
  const { uploadId, source, type, request, apiUrl, project, createdAt, updatedAt } = record
  const sizes = sizesOf(record)
  const file = { fileName: request?.fileName ?? null, kind: request?.kind ?? null }
  const when = { createdAt, updatedAt, pid }
  return { uploadId, source, type, ...file, ...sizes, apiUrl, project, ...when, command: commandFor(record, usualApi) }
}

function sizesOf({ file, partSize, parts, partsCount }: UploadRecord) {
  if (!file || partSize === null) return { bytes: null, bytesSent: null, parts: null, partsSent: null }
  const plan = { size: Number(file.size), partSize, count: partsCount }
  const ranges = parts.map(({ number }) => partRange(plan, number))
  const bytesSent = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  return { bytes: plan.size, bytesSent, parts: partsCount, partsSent: parts.length }
}

/** What the server fetches needs no more than to be waited for. An absolute path is never taken for an option or a command. */
function commandFor(record: UploadRecord, usualApi: string): string {
  const { uploadId, apiUrl, path, request, project } = record
  const what =
    path === null || !request ? ['wait', uploadId] : [path, ...wordsFor(request, path), ...splitWords(record)]
  const where = [
    ...(apiUrl === usualApi ? [] : ['--api-url', apiUrl]),
    ...(project === null ? [] : ['--project', project]),
  ]
  return ['scenario-upload', ...what, ...where].map(quoted).join(' ')
}

function wordsFor({ fileName, contentType, kind, collectionIds, parentId, hide }: KeptRequest, path: string): string[] {
  return [
    ...['--kind', kind],
    ...(fileName === basename(path) ? [] : ['--name', fileName]),
    ...(byName(fileName).type === contentType ? [] : ['--content-type', contentType]),
    ...collectionIds.flatMap((id) => ['--collection', id]),
    ...(parentId === null ? [] : ['--parent', parentId]),
    ...(hide ? ['--hide'] : []),
  ]
}

function splitWords({ file, partSize }: UploadRecord): string[] {
  const size = Number(file?.size ?? 0)
  if (partSize === null || size === 0 || planParts(size).partSize === partSize) return []
  return ['--part-size', String(partSize)]
}

/** A word that begins with `=` is a command's path to zsh. */
const quoted = (word: string) =>
  /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
