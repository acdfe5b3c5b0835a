/** The only place where a reply of the API is trusted. One that makes no sense is named by its path. */
import { isId } from '../core/ids.js'
import { isSecure } from '../core/loopback.js'
import { bounded, type Clean } from '../core/redact.js'
import { UploadError } from '../errors.js'

/** One part's presigned PUT URL: a secret for as long as it lives. */
export interface PartUrl {
  number: number
  url: string
  /** When it expires, in milliseconds since 1970; null where the API does not say. */
  expires: number | null
}

/** What the API says of an upload. Absent and null are the same to it, so they are the same here. */
export interface RemoteUpload {
  id: string | null
  status: string
  entityId: string | null
  errorMessage: string | null
  kind: string | null
  source: string | null
  fileName: string | null
  contentType: string | null
  fileSize: number | null
  partsCount: number | null
  /** Fresh URLs, as far as it shows any: null for none, and for a list that makes no sense. Whether a look shows any is assumed. */
  parts: PartUrl[] | null
}

export interface CreatedUpload {
  id: string
  status: string | null
  /** Where what the server fetches was there already. */
  entityId: string | null
  errorMessage: string | null
  /** In order, from 1; empty for what the server fetches by itself. */
  parts: PartUrl[]
}

type Fields = Record<string, unknown>

const senseless = (what: string) => new UploadError('ERR_REPLY', `the API's reply makes no sense: ${what}`)

/** A reply that nobody could want to read to its end. */
export const tooLong = (host: string) => senseless(`${host} sent more than any reply holds`)

/** A reply that is not even JSON. */
export const notJson = (call: string, status: number) => senseless(`${call} answered ${status} with no JSON`)

/** A "yes" to complete that may be none, or not the API's: whether it happened, only a look can tell. */
export const doubtful = (what: string) => new UploadError('ERR_SERVER', `complete was answered ${what}`)

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function fieldsAt(value: unknown, path: string): Fields {
  if (isAbsent(value)) throw senseless(`${path} is missing`)
  if (!isFields(value)) throw senseless(`${path} is not an object`)
  return value
}

function textAt(value: unknown, path: string): string {
  if (isAbsent(value) || value === '') throw senseless(`${path} is missing`)
  if (typeof value !== 'string') throw senseless(`${path} is not a string`)
  return value
}

/** It is shown as it is: one that repeats a secret is none. */
function idAt(value: unknown, path: string, clean: Clean): string {
  const id = textAt(value, path)
  if (!isId(id) || clean(id) !== id) throw senseless(`${path} is not an id`)
  return id
}

const optionalId = (value: unknown, path: string, clean: Clean) =>
  isAbsent(value) || value === '' ? null : idAt(value, path, clean)
/** For what is only shown, never acted on: anything but text counts as absent. */
const looseText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
const looseCount = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

const shownText = (clean: Clean) => (value: unknown) => {
  const text = looseText(value)
  return text === null ? null : bounded(clean(text))
}

function uploadFields(body: unknown): Fields {
  return fieldsAt(fieldsAt(body, 'the body').upload, 'upload')
}

/** The reply of a look at an upload. `words` cleans what the server says freely. */
export function parseUpload(body: unknown, clean: Clean, words: Clean = clean): RemoteUpload {
  const upload = uploadFields(body)
  const shown = shownText(clean)
  return {
    id: optionalId(upload.id, 'upload.id', clean),
    status: bounded(clean(textAt(upload.status, 'upload.status')), 100),
    entityId: optionalId(upload.entityId, 'upload.entityId', clean),
    errorMessage: shownText(words)(upload.errorMessage),
    kind: shown(upload.kind),
    source: shown(upload.source),
    fileName: shown(upload.originalFileName) ?? shown(upload.fileName),
    contentType: shown(upload.contentType),
    fileSize: looseCount(upload.fileSize),
    partsCount: looseCount(upload.partsCount),
    parts: looseParts(upload.parts),
  }
}

/** Nobody asked for them: a look that shows nonsense there is still a look. */
function looseParts(value: unknown): PartUrl[] | null {
  if (!Array.isArray(value) || value.length === 0) return null
  try {
    return parseParts(value, value.length)
  } catch {
    return null
  }
}

/**
 * The reply of complete. What it looks like is assumed, so one without an upload in it is taken as a bare "yes"; but not
 * one that has the looks of the API's errors.
 */
export function parseCompleted(body: unknown, clean: Clean, words: Clean = clean): RemoteUpload | null {
  if (isFields(body) && isFields(body.upload) && !isAbsent(body.upload.status)) return parseUpload(body, clean, words)
  if (isFields(body) && isAbsent(body.upload) && isError(body)) throw doubtful('with an error, though with a 2xx')
  return null
}

const isError = (body: Fields) => ['error', 'statusCode', 'reason', 'message'].some((name) => !isAbsent(body[name]))

/** The reply of create: exactly `count` part URLs, numbered from 1, in whatever order they came. */
export function parseCreated(body: unknown, count: number, clean: Clean, words: Clean = clean): CreatedUpload {
  const upload = uploadFields(body)
  const id = idAt(upload.id, 'upload.id', clean)
  const parts = count === 0 ? [] : parseParts(upload.parts, count)
  const status = shownText(clean)(upload.status)
  const entityId = optionalId(upload.entityId, 'upload.entityId', clean)
  return { id, status, entityId, errorMessage: shownText(words)(upload.errorMessage), parts }
}

function parseParts(value: unknown, count: number): PartUrl[] {
  if (isAbsent(value)) throw senseless('upload.parts is missing')
  if (!Array.isArray(value)) throw senseless('upload.parts is not a list')
  const parts = value.map((part: unknown, index) => parsePart(part, `upload.parts[${index}]`))
  if (parts.length !== count) throw senseless(`upload.parts has ${parts.length} entries where ${count} were asked for`)
  const sorted = parts.toSorted((a, b) => a.number - b.number)
  const gap = sorted.findIndex((part, index) => part.number !== index + 1)
  if (gap >= 0) throw senseless(`upload.parts has no single part ${gap + 1}`)
  return sorted
}

function parsePart(value: unknown, path: string): PartUrl {
  const part = fieldsAt(value, path)
  if (isAbsent(part.number)) throw senseless(`${path}.number is missing`)
  if (typeof part.number !== 'number') throw senseless(`${path}.number is not a number`)
  return { number: part.number, url: parsePartUrl(part.url, `${path}.url`), expires: parseTime(part.expires) }
}

function parsePartUrl(value: unknown, path: string): string {
  const text = textAt(value, path)
  if (!URL.canParse(text)) throw senseless(`${path} is not a URL`)
  const url = new URL(text)
  if (!isSecure(url)) throw senseless(`${path} is neither https nor on this machine`)
  // The storage must see no credentials, and these would be sent as such.
  if (url.username !== '' || url.password !== '') throw senseless(`${path} holds a user name or password`)
  return text
}

function parseTime(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
