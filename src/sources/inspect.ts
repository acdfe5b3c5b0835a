/** A first look at a path: that it is a regular file with something in it, how large, and how it begins. */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, lstat, open, stat } from 'node:fs/promises'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import { type Fingerprint, fingerprint } from './fingerprint.js'
import { inputError } from './input-error.js'
import type { Place } from './open-file.js'

export interface Inspected {
  size: number
  head: Uint8Array
  fingerprint: Fingerprint
  /** What stands under the path. Held apart: on some systems a path and its handle name the device differently. */
  place: Place
}

const others = [
  ['isDirectory', 'is a folder'],
  ['isFIFO', 'is a named pipe'],
  ['isCharacterDevice', 'is a device'],
  ['isBlockDevice', 'is a device'],
  ['isSocket', 'is a socket'],
] as const satisfies readonly (readonly [keyof BigIntStats, string])[]

/** Whether something has this name, be it a link to nothing. */
export const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** What stands under a path that is no regular file. */
export function whatItIs(found: Record<(typeof others)[number][0], () => boolean>): string {
  return others.find(([test]) => found[test]())?.[1] ?? 'is something else'
}

/** Stat comes before open, which would wait on a pipe for a writer. */
export async function inspectFile(path: string, shown: string, headLength: number): Promise<Inspected> {
  const stats = await stat(path, { bigint: true }).catch(async (error: unknown) => {
    throw await missing(error, path, shown)
  })
  refuseOthers(stats, shown)
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw inputError(error, shown)
  })
  try {
    const place = { dev: stats.dev, ino: stats.ino }
    return { ...(await inspectHandle(handle, shown, headLength)), place }
  } finally {
    await handle.close()
  }
}

/** What is known of a file that is open already. */
export async function inspectHandle(
  handle: FileHandle,
  shown: string,
  headLength: number,
): Promise<Omit<Inspected, 'place'>> {
  const stats = await handle.stat({ bigint: true })
  refuseOthers(stats, shown)
  if (stats.size === 0n) throw new UploadError('ERR_FILE_EMPTY', `${shown} is empty: there is nothing to upload`)
  return { size: Number(stats.size), head: await readHead(handle, shown, headLength), fingerprint: fingerprint(stats) }
}

async function readHead(handle: FileHandle, shown: string, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, 0).catch((error: unknown) => {
    throw inputError(error, shown)
  })
  return buffer.subarray(0, bytesRead)
}

function refuseOthers(stats: BigIntStats, shown: string): void {
  if (stats.isFile()) return
  const hint = stats.isDirectory() ? { hint: 'Add `-r` to upload all that is in it: `scenario-upload -r folder`.' } : {}
  throw new UploadError('ERR_NOT_A_FILE', `${shown} ${whatItIs(stats)}, not a regular file`, hint)
}

/** A link that leads nowhere is there, and yet it is not: say which. */
async function missing(error: unknown, path: string, shown: string): Promise<UploadError> {
  const link = systemCode(error) === 'ENOENT' && (await lstat(path).catch(() => undefined))?.isSymbolicLink()
  if (!link) return inputError(error, shown)
  return new UploadError('ERR_FILE_MISSING', `${shown} is a link to nothing`, {
    hint: 'Mend the link, or give its target.',
  })
}
