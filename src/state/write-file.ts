/** Writes a small file so that a reader sees the old one or the new one, and never half of it. */
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Files, ownFiles } from './files.js'

export const temporarySuffix = '.tmp'

/**
 * The bytes are on the disk before the name leads to them, so that a power cut leaves one of the two. Which of them is
 * not made sure of: the old state only means that a part is sent once more.
 */
export async function writeFileWhole(path: string, text: string, files: Files = ownFiles): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${temporarySuffix}`
  try {
    const handle = await files.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await files.rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // what failed first is what counts
    throw error
  }
}

/**
 * What killed runs were writing beside a record. For the one that has its lock, and so is its only writer. `near`: names
 * that are known to stand there; default: the folder is asked.
 */
export async function clearTemporaries(recordPath: string, near?: readonly string[]): Promise<void> {
  const folder = dirname(recordPath)
  const stem = basename(recordPath, 'json')
  const names = near ?? (await readdir(folder))
  const left = names.filter((name) => name.startsWith(stem) && name.endsWith(temporarySuffix))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => {}))) // swept one day
}
