/** What stands in a manifest, by what is wanted: enough of it to know it again. */
import type { FileHandle } from 'node:fs/promises'
import { linesOf } from './lines-of.js'
import { type KnownUpload, parseLine } from './manifest-line.js'

type Seen = Pick<KnownUpload, 'sha256' | 'size' | 'uploadId' | 'entityId' | 'status'>

/** The latest last. */
export type Index = ReadonlyMap<string, readonly Seen[]>

interface Read {
  index: Index
  /** Lines that are no records. */
  strange: number
  /** The first of them, counted from 1; its text is null where it is far too long. */
  first: { number: number; text: string | null } | null
}

export async function indexOf(handle: FileHandle): Promise<Read> {
  const index = new Map<string, Seen[]>()
  const read: Read = { index, strange: 0, first: null }
  const lines = { count: 0 }
  const take = (text: string | null) => {
    lines.count++
    const known = text === null ? null : parseLine(text)
    if (known) return note(index, known)
    if (text?.trim() === '') return
    read.strange++
    read.first ??= { number: lines.count, text }
  }
  for await (const texts of linesOf(handle)) texts.forEach(take)
  return read
}

function note(index: Map<string, Seen[]>, known: KnownUpload): void {
  const key = keyOf(known)
  const { sha256, size, uploadId, entityId, status } = known
  const seen = { sha256, size, uploadId, entityId, status }
  const others = index.get(key)
  if (others) others.push(seen)
  else index.set(key, [seen])
}

type Key = Omit<KnownUpload, keyof Seen> & Pick<KnownUpload, 'sha256' | 'size'>

/** Contents come and go at a path; an address is what it is. */
export function keyOf({
  type,
  path,
  sha256,
  size,
  kind,
  fileName,
  contentType,
  assetOptions,
  api,
  project,
}: Key): string {
  const what = size === null ? sha256 : path
  const { collectionIds, parentId, hide } = assetOptions
  return JSON.stringify([type, what, kind, fileName, contentType, collectionIds, parentId, hide, api, project])
}
