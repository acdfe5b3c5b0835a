/** A range of an open file, read by position in chunks, while the file stays open. */
import type { FileHandle } from 'node:fs/promises'
import type { Buffers } from './buffers.js'
import { changed } from './changed.js'
import { inputError } from './input-error.js'

/** How much is read at once. Half of it costs half the speed; twice as much gains nothing. */
export const readBytes = 1024 * 1024

export interface Range {
  start: number
  /** Exclusive. */
  end: number
}

/** Sees a chunk before it goes out; where it answers a promise, it looks at the chunk until that is kept. */
export type OnChunk = (chunk: Uint8Array) => Promise<void> | undefined

/** A buffer, and when it may be written over. */
interface Turn {
  /** Null until there is something to read into it: a small part never needs the second. */
  buffer: Buffer | null
  free: Promise<void> | undefined
}

export interface OpenRange {
  handle: FileHandle
  /** How to name the file in messages. */
  shown: string
  buffers: Buffers
  /** Throws where a look at the file can say how it changed: from what, and to what. */
  refuseChange: () => Promise<void>
}

/**
 * Exactly the bytes of `range`, each chunk shown to `onChunk` before it is given out. Two buffers take turns, one read
 * into while the other is being sent: a chunk is good until the next one is asked for.
 */
export async function* rangeChunks(
  file: OpenRange,
  { start, end }: Range,
  onChunk: OnChunk,
): AsyncGenerator<Uint8Array, void> {
  const { buffers } = file
  const turnOf = (): Turn => ({ buffer: null, free: undefined })
  const turns = [turnOf(), turnOf()] as const
  const read = async (at: number, turn: Turn) => {
    if (at >= end) return null
    await turn.free
    turn.buffer ??= buffers.take()
    return readAt(file, turn.buffer.subarray(0, Math.min(turn.buffer.length, end - at)), at)
  }
  // What fails while a chunk is on its way out is told when the next one is asked for, and must not end the process before.
  const ahead = (at: number, turn: Turn) => heard(read(at, turn))
  const pending = { chunk: ahead(start, turns[0]) }
  try {
    for (let at = start, [now, next] = turns; ; [now, next] = [next, now]) {
      const chunk = await pending.chunk
      if (chunk === null) break
      at += chunk.length
      pending.chunk = ahead(at, next)
      now.free = heard(onChunk(chunk))
      yield chunk
    }
  } finally {
    await pending.chunk.catch(() => {}) // of one who no longer wants it
  }
  // Only here, where all was taken: what was given up half-way may still be on its way out.
  await Promise.all(turns.map(({ free }) => free))
  for (const { buffer } of turns) if (buffer !== null) buffers.give(buffer)
}

function heard<Pending extends Promise<unknown> | undefined>(pending: Pending): Pending {
  pending?.catch(() => {})
  return pending
}

async function readAt({ handle, shown, refuseChange }: OpenRange, buffer: Buffer, at: number): Promise<Uint8Array> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
    throw inputError(error, shown)
  })
  if (bytesRead === 0) {
    await refuseChange()
    throw changed(shown, `it ends at byte ${at} now`)
  }
  return buffer.subarray(0, bytesRead)
}
