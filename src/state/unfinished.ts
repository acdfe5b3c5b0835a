/** The unfinished uploads of this machine: what there is, and how to drop one. */
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import { isRecordName } from './identity.js'
import { holderOf, takeLock } from './lock.js'
import { lockOf, readRecord } from './read-record.js'
import type { UploadRecord } from './record.js'
import { clearTemporaries } from './write-file.js'

export interface Kept {
  record: UploadRecord
  path: string
  /** The process that is at it now; null for none. */
  pid: number | null
}

/** The oldest first. What cannot be read is left out: the run that needs it sets it aside, and says so. */
export async function listKept(folder: string): Promise<Kept[]> {
  const names = (await namesIn(folder)).filter(isRecordName)
  const kept = await Promise.all(names.map((name) => look(join(folder, name))))
  return kept.filter((each) => each !== null).toSorted((a, b) => a.record.createdAt.localeCompare(b.record.createdAt))
}

/** One that cannot be read must not hide all others. */
async function look(path: string): Promise<Kept | null> {
  const record = await readRecord(path).catch(() => null)
  if (record === null || typeof record === 'string') return null
  const holder = await holderOf(lockOf(path)).catch(() => null)
  return { record, path, pid: holder?.pid ?? null }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw unreadable(folder, error)
  }
}

function unreadable(folder: string, error: unknown): UploadError {
  return new UploadError('ERR_FILE_UNREADABLE', `${folder} cannot be read (${systemCode(error)})`, { cause: error })
}

/** Drops what is kept of that upload; nothing is asked of the server. Throws ERR_NOT_KEPT, or ERR_BUSY while a run has it. */
export async function dropKept(folder: string, uploadId: string): Promise<void> {
  const found = (await listKept(folder)).filter(({ record }) => record.uploadId === uploadId)
  if (found.length === 0) throw new UploadError('ERR_NOT_KEPT', `no unfinished upload ${uploadId} is kept here`)
  for (const { path } of found) await drop(path, uploadId)
}

/** Drops what is kept of uploads that have ended. Best effort: what a run has, or cannot be removed, is left. */
export async function dropEnded(folder: string, uploadIds: ReadonlySet<string>): Promise<void> {
  const kept = await listKept(folder).catch(() => [])
  const ended = kept.filter(({ record }) => uploadIds.has(record.uploadId))
  for (const { path, record } of ended) await drop(path, record.uploadId).catch(() => {}) // swept one day
}

async function drop(path: string, uploadId: string): Promise<void> {
  const locking = await takeLock(lockOf(path)).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (locking.is === 'held') {
    throw new UploadError('ERR_BUSY', `a run is at ${uploadId} right now (process ${locking.by.pid})`)
  }
  try {
    const record = await readRecord(path)
    // Before the lock was taken, a run may have begun another page.
    if (typeof record !== 'object' || record?.uploadId !== uploadId) return
    await unlink(path)
    await clearTemporaries(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw unreadable(path, error)
  } finally {
    await locking.lock.release()
  }
}
