/** A range of an open file, read by position in chunks, while the file stays open. */
import type { FileHandle } from 'node:fs/promises'
import { UploadError } from '../errors.js'
import { inputError } from './input-error.js'

/** Half the size costs half the speed; twice the size gains nothing. */
const readBytes = 1024 * 1024

export interface Range {
  start: number
  /** Exclusive. */
  end: number
}

/** Sees a chunk before it goes out; where it answers a promise, it looks at the chunk until that is kept. */
export type OnChunk = (chunk: Uint8Array) => Promise<void> | undefined

/** A buffer, and when it may be written over. Shared memory, so that a thread can hash it where it stands. */
interface Turn {
  buffer: Buffer
  free: Promise<void> | undefined
}

const turnOf = (length: number): Turn => ({ buffer: Buffer.from(new SharedArrayBuffer(length)), free: undefined })

/**
 * Exactly the bytes of `range`, each chunk shown to `onChunk` before it is given out. Two buffers take turns, one read
 * into while the other is being sent: a chunk is good until the next one is asked for.
 */
export async function* rangeChunks(
  handle: FileHandle,
  { start, end }: Range,
  shown: string,
  onChunk: OnChunk,
): AsyncGenerator<Uint8Array, void> {
  const length = Math.min(readBytes, end - start)
  const turns = [turnOf(length), turnOf(length)] as const
  const read = async (at: number, turn: Turn) => {
    if (at >= end) return null
    await turn.free
    return readAt(handle, turn.buffer.subarray(0, Math.min(length, end - at)), at, shown)
  }
  const pending = { chunk: read(start, turns[0]) }
  try {
    for (let at = start, [now, next] = turns; ; [now, next] = [next, now]) {
      const chunk = await pending.chunk
      if (chunk === null) return
      at += chunk.length
      pending.chunk = read(at, next)
      now.free = onChunk(chunk)
      yield chunk
    }
  } finally {
    await pending.chunk.catch(() => {}) // of one who no longer wants it
  }
}

async function readAt(handle: FileHandle, buffer: Buffer, at: number, shown: string): Promise<Uint8Array> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
    throw inputError(error, shown)
  })
  if (bytesRead === 0) throw endedEarly(shown, at)
  return buffer.subarray(0, bytesRead)
}

function endedEarly(shown: string, at: number): UploadError {
  return new UploadError('ERR_FILE_CHANGED', `${shown} changed while it was being sent: it ends at byte ${at} now`)
}
