/** Clears away what nobody will come back for. */
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecordName } from './identity.js'
import { holderOf } from './lock.js'
import { temporarySuffix } from './write-file.js'

const dayMs = 24 * 3600_000
/** Nobody goes on with an upload after so long; the API may have dropped it long before. */
const oldMs = 30 * dayMs

/** Only files of ours are touched, and none that a run has. Best effort: what cannot be removed is left. */
export async function sweep(folder: string, now: number = Date.now()): Promise<void> {
  const names = await readdir(folder)
  await Promise.all(names.map((name) => sweepOne(folder, name, now).catch(() => {}))) // another run may sweep it too
}

const ours = /^[0-9a-f]{24}-[0-9a-f]{16}\./

async function sweepOne(folder: string, name: string, now: number): Promise<void> {
  if (!ours.test(name)) return
  const path = join(folder, name)
  const age = now - (await lstat(path)).mtimeMs
  if (age < (name.endsWith(temporarySuffix) ? dayMs : oldMs)) return
  const lock = join(folder, `${name.slice(0, name.indexOf('.'))}.lock`)
  if ((await holderOf(lock)) !== null) return
  if (isRecordName(name) || /\.(aside|tmp|lock|turn)$/.test(name)) await rm(path, { recursive: true, force: true })
}
