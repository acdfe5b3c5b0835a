/** The record of what was uploaded: one line an upload, only ever appended to, by any number of runs at once. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import { type Index, indexOf, keyOf } from './manifest-index.js'
import { lineFor, type ManifestRecord, mayBegin } from './manifest-line.js'
import { pathFrom } from './manifest-path.js'

/** What is to be uploaded, and as what and where to: what must be the same for two uploads to be one. */
export interface Wanted extends Omit<ManifestRecord, 'sha256' | 'uploadId' | 'entityId' | 'status' | 'at'> {
  /** Absolute; null for what is no file. */
  path: string | null
  /** What the server fetches, whole: it may hold a secret, so only its SHA-256 is ever written. Null for bytes. */
  address: string | null
}

/** How it ended. */
export type Recorded = Pick<ManifestRecord, 'uploadId' | 'entityId' | 'status'>

export interface Manifest {
  /** False where nobody need read the content: nothing of its size was ever uploaded from there. */
  mayKnow(wanted: Wanted): boolean
  /** The latest record of it. `content` is the SHA-256 of its bytes; what the server fetches has none. */
  find(wanted: Wanted, content?: string): Recorded | null
  /** Resolves once it is on the disk. Throws ERR_MANIFEST. */
  append(wanted: Wanted, recorded: Recorded, content?: string): Promise<void>
  close(): Promise<void>
}

interface Opening {
  /** False: it is only read, and need not be there. */
  writes: boolean
  /** Told what the user should know. */
  say: (note: string) => void
}

/** Stands in where nothing is recorded. */
export const noManifest: Manifest = {
  mayKnow: () => false,
  find: () => null,
  append: async () => {},
  close: async () => {},
}

/** Throws ERR_MANIFEST for what cannot be opened or is no manifest. Makes the file where it is to be written. */
export async function openManifest(path: string, { writes, say }: Opening): Promise<Manifest> {
  const folder = await folderOf(path)
  const handle = await openAt(path, writes)
  if (!handle) return noManifest
  const index = await readIndex(handle, path, say).catch(async (error: unknown) => {
    await handle.close()
    throw refusal(path, 'read', error)
  })
  const named = (wanted: Wanted) => ({ ...wanted, path: wanted.path === null ? null : pathFrom(folder, wanted.path) })
  const seen = (wanted: Wanted) => index.get(keyOf({ ...named(wanted), sha256: digestOf(wanted) })) ?? []
  return {
    mayKnow: (wanted) => seen(wanted).some(({ size }) => size === wanted.size),
    find: (wanted, content = digestOf(wanted)) => seen(wanted).findLast(({ sha256 }) => sha256 === content) ?? null,
    append: async (wanted, recorded, content = digestOf(wanted)) => {
      const { address: _, ...what } = named(wanted)
      const line = lineFor({ ...what, sha256: content, ...recorded, at: new Date().toISOString() })
      await append(handle, line).catch((error: unknown) => {
        throw refusal(path, 'written', error)
      })
    },
    close: () => handle.close(),
  }
}

/** Links followed, as those of the files are. */
async function folderOf(path: string): Promise<string> {
  return realpath(dirname(path)).catch((error: unknown) => {
    throw new UploadError('ERR_MANIFEST', `${path}: its folder is not there (${systemCode(error)})`, {
      hint: 'Make the folder, then run the same command again.',
      cause: error,
    })
  })
}

/** Null for one that is only to be read and is not there. What is no regular file, as a pipe, is not opened. */
async function openAt(path: string, writes: boolean): Promise<FileHandle | null> {
  try {
    const stats = await stat(path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    })
    if (stats && !stats.isFile()) throw refused(path, 'is not a regular file')
    return stats || writes ? await open(path, writes ? 'a+' : 'r', 0o644) : null
  } catch (error) {
    throw refusal(path, 'opened', error)
  }
}

const refused = (path: string, why: string, cause?: unknown) =>
  new UploadError('ERR_MANIFEST', `the manifest ${path} ${why}`, { cause })

/** What the system has against it as an error of ours; all else is one already, or a bug. */
function refusal(path: string, done: string, error: unknown): unknown {
  const code = systemCode(error)
  return error instanceof UploadError || code === '' ? error : refused(path, `cannot be ${done} (${code})`, error)
}

async function readIndex(handle: FileHandle, path: string, say: (note: string) => void): Promise<Index> {
  const { index, strange, first } = await indexOf(handle)
  if (!first) return index
  // A slip in the command must not write into a picture.
  if (index.size === 0 && !mayBegin(first.text ?? '')) throw refused(path, 'is no manifest: no line of it is a record')
  const more = strange === 1 ? '' : `, nor ${strange === 2 ? 'is one more' : `are ${strange - 1} more`}`
  say(`line ${first.number} of ${path} is no record${more}: skipped`)
  return index
}

/** Of an address; of bytes, only their content tells. */
const digestOf = ({ address }: Wanted) => (address === null ? '' : createHash('sha256').update(address).digest('hex'))

/** One write for the whole line, so that no other run's can come in between. */
async function append(handle: FileHandle, line: string): Promise<void> {
  const bytes = Buffer.from((await endsInLine(handle)) ? line : `\n${line}`)
  const { bytesWritten } = await handle.write(bytes)
  // What is there of it is half a line: the next one begins on a line of its own.
  if (bytesWritten < bytes.length) throw Object.assign(new Error('a short write'), { code: 'ENOSPC' })
  await handle.sync()
}

async function endsInLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return true
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString('latin1') === '\n'
}
