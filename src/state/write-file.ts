/** Writes a small file so that a reader sees the old one or the new one, and never half of it. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

export const temporarySuffix = '.tmp'

/**
 * The bytes are on the disk before the name leads to them, so that a power cut leaves one of the two. Which of them is
 * not made sure of: the old state only means that a part is sent once more.
 */
export async function writeFileWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${temporarySuffix}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // what failed first is what counts
    throw error
  }
}
