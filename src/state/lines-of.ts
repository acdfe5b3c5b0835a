/** The lines of an open file, however many there are, with never more than a piece of it in memory. */
import type { FileHandle } from 'node:fs/promises'

export interface Line {
  /** From 1. */
  number: number
  /** Null for one that is far too long to be of ours. */
  text: string | null
}

const readBytes = 1024 * 1024
const newline = 0x0a

/** Without their ends; the last one may have none. */
export async function* linesOf(handle: FileHandle): AsyncGenerator<Line, void> {
  const buffer = Buffer.alloc(readBytes)
  const state = { at: 0, number: 1, rest: Buffer.alloc(0), tooLong: false }
  const lineOf = (text: string): Line => {
    const line = { number: state.number++, text: state.tooLong ? null : text }
    state.tooLong = false
    return line
  }
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, readBytes, state.at)
    if (bytesRead === 0) break
    state.at += bytesRead
    const piece = Buffer.concat([state.rest, buffer.subarray(0, bytesRead)])
    const end = piece.lastIndexOf(newline)
    // Whole lines only, so that no character is cut in two.
    for (const text of end < 0 ? [] : piece.toString('utf8', 0, end).split('\n')) yield lineOf(text)
    const rest = piece.subarray(end + 1)
    if (rest.length > readBytes) state.tooLong = true
    state.rest = Buffer.from(state.tooLong ? '' : rest)
  }
  if (state.rest.length > 0 || state.tooLong) yield lineOf(state.rest.toString('utf8'))
}
