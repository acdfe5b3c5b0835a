/** Clears away what nobody will come back for. */
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { takeLock } from './lock.js'
import { temporarySuffix } from './write-file.js'

const dayMs = 24 * 3600_000
/** Nobody goes on with an upload after so long; the API may have dropped it long before. */
const oldMs = 30 * dayMs

/** Only files of ours are touched, and none that a run has. Best effort: what cannot be removed is left. */
export async function sweep(folder: string, now: number = Date.now()): Promise<void> {
  // One after the other: those of one upload share a lock.
  for (const name of await readdir(folder)) await sweepOne(folder, name, now).catch(() => {}) // another run may sweep it too
}

const ours = /^[0-9a-f]{24}-[0-9a-f]{16}\.(?:json|(?:.*\.)?(?:aside|tmp|lock|turn))$/

async function sweepOne(folder: string, name: string, now: number): Promise<void> {
  if (!ours.test(name)) return
  const path = join(folder, name)
  const age = now - (await lstat(path)).mtimeMs
  if (age < (name.endsWith(temporarySuffix) ? dayMs : oldMs)) return
  const locking = await takeLock(join(folder, `${name.slice(0, name.indexOf('.'))}.lock`))
  if (locking.is === 'held') return
  // The lock goes by itself: another run may be waiting for it.
  if (!name.endsWith('.lock')) await rm(path, { recursive: true, force: true })
  await locking.lock.release()
}
