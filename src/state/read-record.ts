/** A state file as it is found, and the lock that stands beside it. */
import { lstat, readFile } from 'node:fs/promises'
import { systemCode } from '../core/system-code.js'
import { parseRecord } from './record.js'

/** A state file of ten thousand parts is half a megabyte. What is larger by far is none. */
const mostBytes = 16 * 1024 * 1024

export const lockOf = (path: string) => path.replace(/\.json$/, '.lock')

/** Null where there is none. What is no regular file, or far too large, is not opened. */
export async function readRecord(path: string): Promise<ReturnType<typeof parseRecord> | null> {
  try {
    const stats = await lstat(path)
    if (!stats.isFile() || stats.size > mostBytes) return 'foreign'
    return parseRecord(await readFile(path, 'utf8'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
