/** What is remembered of a file that has changed since: of no more use, but worth a word. */
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Identity, isRecordName } from './identity.js'
import { takeLock } from './lock.js'
import { lockOf, readRecord } from './read-record.js'
import type { KeptFile } from './record.js'
import { clearTemporaries } from './write-file.js'

/**
 * Drops what is remembered of other states of the same file, among its neighbours: nobody can go on with those. Answers
 * how it differs.
 */
export async function dropOlder(path: string, identity: Identity, near: readonly string[]): Promise<string | null> {
  const others = near
    .filter(isRecordName)
    .flatMap((name) => (name === basename(path) ? [] : [join(dirname(path), name)]))
  const differences = await Promise.all(others.map((other) => dropIfOutdated(other, identity)))
  return differences.find((difference) => difference !== null) ?? null
}

async function dropIfOutdated(path: string, { file }: Identity): Promise<string | null> {
  const record = await readRecord(path)
  if (typeof record !== 'object' || !record?.file || !file) return null
  const difference = differenceOf(record.file, file)
  if (difference === null) return null
  const locking = await takeLock(lockOf(path))
  if (locking.is === 'held') return null
  try {
    await rm(path, { force: true })
    await clearTemporaries(path)
  } finally {
    await locking.lock.release()
  }
  return difference
}

/** Null where it is the same state of the file, split in another way. */
function differenceOf(then: KeptFile, now: KeptFile): string | null {
  if (then.size !== now.size) return `its size went from ${then.size} to ${now.size} bytes`
  return then.mtimeNs === now.mtimeNs ? null : `its mtime went from ${date(then.mtimeNs)} to ${date(now.mtimeNs)}`
}

const date = (ns: string) => new Date(Number(BigInt(ns) / 1_000_000n)).toISOString()
