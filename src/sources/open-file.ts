/** A file held open: read by position, so that parts need no turn at it, and watched for changes. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { createBuffers } from './buffers.js'
import { changed } from './changed.js'
import { type Fingerprint, fingerprint } from './fingerprint.js'
import { inputError } from './input-error.js'
import { rangeChunks, readBytes } from './range-chunks.js'
import type { ByteReader } from './source.js'

/** Which file stands under a path. */
export interface Place {
  dev: bigint
  ino: bigint
}

interface Named {
  path: string
  place: Place
}

interface InspectedFile {
  fingerprint: Fingerprint
  place: Place
}

/** Opens `path`, which must still be what it was when it was inspected. */
export async function openFile(path: string, shown: string, inspected: InspectedFile): Promise<ByteReader> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw inputError(error, shown)
  })
  const reader = readerOf(handle, shown, inspected.fingerprint, { path, place: inspected.place })
  await reader.check().catch(async (error: unknown) => {
    await handle.close()
    throw error
  })
  return reader
}

/** Without `named` for a file that has no name any more. Closing the reader closes the handle. */
export function readerOf(handle: FileHandle, shown: string, first: Fingerprint, named?: Named): ByteReader {
  const settled = { ctimeNs: first.ctimeNs }
  const buffers = createBuffers(Math.min(readBytes, Number(first.size)))
  const look = async () => fingerprint(await handle.stat({ bigint: true }))
  const file = { handle, shown, buffers, refuseChange: async () => refuseChange(shown, first, await look()) }
  return {
    open: (range, onChunk) => rangeChunks(file, range, onChunk),
    check: async () => {
      const now = await look()
      refuseChange(shown, first, now)
      if (named) await refuseReplacement(named, shown)
      return now.ctimeNs === settled.ctimeNs ? 'same' : 'touched'
    },
    settle: async () => {
      settled.ctimeNs = (await look()).ctimeNs
    },
    close: () => handle.close(),
  }
}

function refuseChange(shown: string, before: Fingerprint, now: Fingerprint): void {
  if (before.ino !== now.ino || before.dev !== now.dev) throw changed(shown, 'another file took its name')
  const moved = [
    before.size === now.size ? '' : `its size went from ${before.size} to ${now.size} bytes`,
    before.mtimeNs === now.mtimeNs ? '' : `its mtime went from ${time(before.mtimeNs)} to ${time(now.mtimeNs)}`,
  ].filter((part) => part !== '')
  if (moved.length > 0) throw changed(shown, moved.join(', '))
}

/** The handle still holds the old bytes, but they are not what stands under that name now. */
async function refuseReplacement({ path, place }: Named, shown: string): Promise<void> {
  const now = await stat(path, { bigint: true }).catch(() => undefined) // gone is no other state: the handle has it all
  if (now && (now.ino !== place.ino || now.dev !== place.dev)) throw changed(shown, 'another file took its name')
}

const time = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString()
