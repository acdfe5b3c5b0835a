/** Standard input, kept in a private temporary file so that its size is known and parts can be sent again. */
import type { FileHandle } from 'node:fs/promises'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'

export interface Spool {
  handle: FileHandle
  /** Closes it, and removes its name where it still has one. */
  discard(): Promise<void>
}

interface SpoolPlace {
  /** `TMPDIR` chooses it, on Windows `TEMP`. */
  folder?: string
  /** Whether a file can lose its name while it is open. */
  unlinkOpen?: boolean
}

const prefix = 'scenario-upload-stdin-'

/**
 * All of `input` in a file that has no name any more: not even SIGKILL leaves anything behind. Windows cannot unlink
 * what is open, so there it keeps its name until it is closed, and the next run sweeps what a killed one left.
 */
export async function spool(
  input: Readable,
  signal: AbortSignal,
  onBytes: (total: number) => void,
  { folder = tmpdir(), unlinkOpen = process.platform !== 'win32' }: SpoolPlace = {},
): Promise<Spool> {
  signal.throwIfAborted()
  if (!unlinkOpen) await sweep(folder)
  const failed = (error: unknown): never => {
    throw spoolError(error, folder)
  }
  const own = await mkdtemp(join(folder, `${prefix}${process.pid}-`)).catch(failed)
  // The retries are for Windows, where a virus scanner may have the file open for a moment.
  const remove = () => rm(own, { recursive: true, force: true, maxRetries: 5 })
  const handle = await open(join(own, 'bytes'), 'wx+', 0o600).catch((error: unknown) =>
    remove().then(() => failed(error)),
  )
  const discard = async () => {
    await handle.close()
    await remove()
  }
  try {
    if (unlinkOpen) await remove()
    await fill(handle, addAbortSignal(signal, input), onBytes, failed)
    return { handle, discard }
  } catch (error) {
    await discard()
    throw signal.aborted ? signal.reason : error
  }
}

async function fill(
  handle: FileHandle,
  input: Readable,
  onBytes: (total: number) => void,
  failed: (error: unknown) => never,
): Promise<void> {
  const written = { bytes: 0 }
  for await (const chunk of reported(input)) {
    await writeAll(handle, chunk, written.bytes).catch(failed)
    written.bytes += chunk.length
    onBytes(written.bytes)
  }
}

/** The chunks of `input`, whose own failures are told apart from those of the disk. */
async function* reported(input: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of input) yield Buffer.from(chunk)
  } catch (error) {
    throw new UploadError('ERR_FILE_UNREADABLE', `standard input could not be read (${systemCode(error)})`, {
      hint: 'Check the command that writes into it.',
      cause: error,
    })
  }
}

/** A write to a disk that is nearly full may be a short one. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, at)
  if (bytesWritten < bytes.length) await writeAll(handle, bytes.subarray(bytesWritten), at + bytesWritten)
}

function spoolError(error: unknown, folder: string): UploadError {
  const code = systemCode(error)
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  const why = full ? `the disk of ${folder} is full` : `${folder} cannot be written (${code})`
  return new UploadError('ERR_SPOOL', `standard input could not be kept: ${why}`, { cause: error })
}

/** Removes what dead processes left. */
async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []) // a folder that cannot be read will not be written either
  const left = names.filter(
    (name) => name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10)),
  )
  await Promise.allSettled(left.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}
