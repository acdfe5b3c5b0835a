/** What this machine remembers of its unfinished uploads: one file each, and a lock beside it. */
import { join } from 'node:path'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import { ownFiles } from './files.js'
import { makeFolder } from './folder.js'
import { type Identity, nameOf, requestDigest } from './identity.js'
import { type Holder, type Lock, takeLock } from './lock.js'
import { findNeighbours, type Neighbours } from './neighbours.js'
import { dropOlder } from './outdated.js'
import { placeOfPids } from './process-mark.js'
import { lockOf, readRecord } from './read-record.js'
import type { KeptPart, UploadRecord } from './record.js'
import { createSaver } from './saver.js'
import { clearTemporaries } from './write-file.js'

/** What is remembered of one upload while it runs. */
export interface Notebook {
  /** What an earlier run left. */
  readonly record: UploadRecord | null
  /** How the file differs from the one that an earlier run sent; null where none did. */
  readonly changed: string | null
  /** Begins a new page: all that was remembered before is gone. */
  begin(page: Page): Promise<void>
  /** Resolves once it is on the disk, or cannot be. */
  add(part: KeptPart): Promise<void>
  /** Lets another run have it. */
  release(): Promise<void>
  forget(): Promise<void>
  /** False where nothing is kept, or no more can be, and a later run begins afresh. */
  readonly keeps: boolean
}

/** What is known of an upload once it was created, beside its identity. */
export type Page = Pick<UploadRecord, 'uploadId' | 'source' | 'request' | 'partsCount'>

export interface Memory {
  /**
   * Without an identity nothing is kept. `say` is told what the user should know. Throws ERR_BUSY, and nothing else:
   * without a place to write it goes on.
   */
  open(identity: Identity | null, say: (note: string) => void): Promise<Notebook>
  /** Whether bytes of that upload may be missing: one of a file is kept here as unfinished. */
  keepsBytesOf(uploadId: string): Promise<boolean>
}

export const emptyNotebook: Notebook = {
  record: null,
  changed: null,
  begin: async () => {},
  add: async () => {},
  release: async () => {},
  forget: async () => {},
  keeps: false,
}

/** Stands in where nothing is to be read or written. */
export const noResume: Memory = { open: async () => emptyNotebook, keepsBytesOf: async () => false }

export function createMemory(folder: string): Memory {
  const state: { near: Neighbours | null; told: boolean } = { near: null, told: false }
  return {
    open: async (identity, say) => {
      if (!identity) return emptyNotebook
      const unable = (error: unknown) => {
        if (!state.told) say(`${folder} cannot be used (${systemCode(error)}): if this is interrupted, it begins anew`)
        state.told = true
      }
      try {
        await makeFolder(folder)
        state.near ??= await findNeighbours(folder)
        const path = join(folder, `${nameOf(identity)}.json`)
        return await openNotebook({ path, identity, near: state.near(identity) }, say, unable)
      } catch (error) {
        if (error instanceof UploadError) throw error
        unable(error)
        return emptyNotebook
      }
    },
    keepsBytesOf: async (uploadId) => {
      const { listKept } = await import('./unfinished.js') // few ask
      const kept = await listKept(folder).catch(() => [])
      return kept.some(({ record }) => record.uploadId === uploadId && record.file !== null)
    },
  }
}

interface Place {
  path: string
  identity: Identity
  /** Names of the same lane. */
  near: readonly string[]
}

async function openNotebook(
  { path, identity, near }: Place,
  say: (note: string) => void,
  unable: (error: unknown) => void,
): Promise<Notebook> {
  const locking = await takeLock(lockOf(path))
  if (locking.is === 'held') throw busy(locking.by)
  try {
    await clearTemporaries(path, near)
    const record = await readOwn(path, identity, say)
    const changed = record ? null : await dropOlder(path, identity, near)
    return notebookOf(path, identity, { record, changed, lock: locking.lock }, unable)
  } catch (error) {
    await locking.lock.release()
    throw error
  }
}

interface Found {
  record: UploadRecord | null
  changed: string | null
  lock: Lock
}

function notebookOf(
  path: string,
  identity: Identity,
  { record, changed, lock }: Found,
  unable: (error: unknown) => void,
): Notebook {
  // A page of its own: what an earlier run left stays as it was found.
  const now = { record: record && { ...record, parts: [...record.parts] }, keeps: true }
  const saver = createSaver(path, (error) => {
    now.keeps = false
    unable(error)
  })
  return {
    record,
    changed,
    get keeps() {
      return now.keeps
    },
    begin: async (page) => {
      now.record = recordOf(page, identity)
      await saver.save(now.record)
    },
    add: async (part) => {
      if (!now.record) return
      now.record.parts.push(part)
      await saver.save(now.record)
    },
    release: () => lock.release(),
    get forget() {
      return forgetter(path, now.record?.uploadId)
    },
  }
}

/** Made apart: it is kept until the whole run is delivered, and holds on to nothing else of an upload meanwhile. */
function forgetter(path: string, uploadId: string | undefined): () => Promise<void> {
  return async () => {
    const there = await readRecord(path).catch(() => 'foreign') // the upload itself has ended well
    // A later run may have begun another page by now.
    if (typeof there !== 'object' || there?.uploadId !== uploadId) return
    await ownFiles.unlink(path).catch(() => {}) // swept one day
  }
}

function recordOf(page: Page, identity: Identity): UploadRecord {
  const { apiUrl, project, type, path, file, partSize } = identity
  const at = new Date().toISOString()
  const own = { apiUrl, project, type, path, file, partSize, requestSha256: requestDigest(identity) }
  return { ...page, ...own, parts: [], createdAt: at, updatedAt: at }
}

function busy({ pid, since, place }: Holder): UploadError {
  const elsewhere = place !== placeOfPids()
  const who = `process ${pid}${elsewhere ? ' of another machine or container' : ''}, since ${since}`
  return new UploadError('ERR_BUSY', `the same upload is under way in another run (${who})`, {
    hint: elsewhere ? 'Wait until it ends; one that was killed there is let go of after two minutes.' : undefined,
  })
}

/** What stands under that name, if it is what the name says; all else is set aside. */
async function readOwn(path: string, identity: Identity, say: (note: string) => void): Promise<UploadRecord | null> {
  const read = await readRecord(path)
  const record = typeof read === 'object' && read !== null && !isAbout(read, identity) ? 'foreign' : read
  if (typeof record !== 'string') return record
  await ownFiles.rename(path, `${path}.${Date.now()}.aside`)
  say(`${path} ${reasons[record]}: it was set aside, and the upload begins afresh`)
  return null
}

const reasons = {
  torn: 'is torn',
  newer: 'was written by a newer version',
  foreign: 'is not what it should be',
} as const

function isAbout(record: UploadRecord, identity: Identity): boolean {
  return (
    record.requestSha256 === requestDigest(identity) &&
    record.apiUrl === identity.apiUrl &&
    record.path === identity.path &&
    record.project === identity.project &&
    record.file?.size === identity.file?.size &&
    record.file?.mtimeNs === identity.file?.mtimeNs &&
    record.partSize === identity.partSize
  )
}
