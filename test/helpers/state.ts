/** What this machine remembers, made by hand: an upload's identity, its page, its record, and a lock of whoever is wanted. */
import { readdir, utimes, writeFile } from 'node:fs/promises'
import type { Identity } from '../../src/state/identity.js'
import type { Page } from '../../src/state/memory.js'
import { isRunning, placeOfPids, startOf } from '../../src/state/process-mark.js'
import type { KeptFile, KeptPart, KeptRequest, UploadRecord } from '../../src/state/record.js'

export const MiB = 1024 ** 2

export const file: KeptFile = {
  size: String(20 * MiB),
  mtimeNs: '1790000000000000001',
  ctimeNs: '1790000000000000002',
  dev: '64768',
  ino: '18446744073709551615',
}

export const request: KeptRequest = {
  fileName: 'hero.png',
  contentType: 'image/png',
  kind: 'image',
  collectionIds: [],
  parentId: null,
  hide: false,
}

/** The body of create, as the engine makes it. */
export const wish = { fileName: 'hero.png', contentType: 'image/png', fileSize: 20 * MiB, parts: 3, kind: 'image' }

export const identity = (own: Partial<Identity> = {}): Identity => ({
  apiUrl: 'https://api.test/v1',
  project: null,
  type: 'file',
  path: '/home/ann/hero.png',
  file,
  request: wish,
  partSize: 8 * MiB,
  ...own,
})

export const page = (own: Partial<Page> = {}): Page => ({
  uploadId: 'upload_1',
  source: 'hero.png',
  request,
  partsCount: 3,
  ...own,
})

export const part = (number: number, own: Partial<KeptPart> = {}): KeptPart => ({
  number,
  md5: String(number).padStart(32, '0'),
  proof: 'md5',
  ...own,
})

export const record = (own: Partial<UploadRecord> = {}): UploadRecord => ({
  uploadId: 'upload_1',
  apiUrl: 'https://api.test/v1',
  project: null,
  type: 'file',
  source: 'hero.png',
  path: '/home/ann/hero.png',
  file,
  requestSha256: 'a'.repeat(64),
  request,
  partSize: 8 * MiB,
  partsCount: 3,
  parts: [part(1), part(3)],
  createdAt: '2026-11-01T10:00:00.000Z',
  updatedAt: '2026-11-01T10:05:00.000Z',
  ...own,
})

export const remoteRecord = (own: Partial<UploadRecord> = {}): UploadRecord =>
  record({
    type: 'url',
    source: 'https://example.com/a.png?…',
    path: null,
    file: null,
    request: null,
    partSize: null,
    partsCount: 0,
    parts: [],
    ...own,
  })

/** A process that has ended: nobody has its number now. */
export function deadPid(): number {
  const free = Array.from({ length: 10_000 }, (_, index) => 4_000_000 - index).find((pid) => !isRunning(pid))
  if (free === undefined) throw new Error('every process number is taken')
  return free
}

export interface Marked {
  pid: number
  place: string
  start: string
}

/** The text of a lock; by default this process has it. */
export function lockText(own: Partial<Marked> = {}): string {
  const mark = { pid: process.pid, place: placeOfPids(), start: startOf(process.pid), ...own }
  return JSON.stringify({ ...mark, since: '2026-11-01T10:00:00.000Z' })
}

/** Leaves a lock there that was last touched so long ago. */
export async function leaveLock(path: string, text: string, ageMs = 0): Promise<void> {
  await writeFile(path, text)
  await age(path, ageMs)
}

export async function age(path: string, ms: number): Promise<void> {
  const at = new Date(Date.now() - ms)
  await utimes(path, at, at)
}

/** What stands in a folder, by the ends of the names. */
export async function namesIn(folder: string, end = ''): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(end)).sort()
}
