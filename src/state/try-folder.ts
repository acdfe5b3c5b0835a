/** Whether unfinished uploads can be remembered in a folder: a file is written there as a run would, and removed. */
import { randomBytes } from 'node:crypto'
import { stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from './folder.js'
import { temporarySuffix, writeFileWhole } from './write-file.js'

export interface TriedFolder {
  /** Its permissions. */
  mode: number
  /** The user whose it is. */
  owner: number
  /** The user that files written there belong to. */
  writer: number
}

/** About no upload that there could be; and swept one day, where the try is killed in the middle. */
const nobody = `${'0'.repeat(24)}-${'0'.repeat(16)}`

/** Makes the folder where there is none. Throws the system's error where it cannot be used. */
export async function tryFolder(folder: string): Promise<TriedFolder> {
  await makeFolder(folder)
  const path = join(folder, `${nobody}.${randomBytes(6).toString('hex')}${temporarySuffix}`)
  await writeFileWhole(path, 'a trial')
  const [{ mode, uid: owner }, { uid: writer }] = await Promise.all([stat(folder), stat(path)])
  await unlink(path)
  return { mode: mode & 0o777, owner, writer }
}
