/** The lines of an open file, however many there are, with never more than a piece of it in memory. */
import type { FileHandle } from 'node:fs/promises'

const readBytes = 1024 * 1024
const newline = 0x0a

/**
 * All of them, in order, some at a time, without their ends; the last one may have none. Null for a line that is far too
 * long to be of ours.
 */
export async function* linesOf(handle: FileHandle): AsyncGenerator<(string | null)[], void> {
  const buffer = Buffer.alloc(readBytes)
  const state = { at: 0, rest: Buffer.alloc(0), tooLong: false }
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, readBytes, state.at)
    if (bytesRead === 0) break
    state.at += bytesRead
    const piece = Buffer.concat([state.rest, buffer.subarray(0, bytesRead)])
    const end = piece.lastIndexOf(newline)
    if (end >= 0) {
      // Whole lines only, so that no character is cut in two.
      const [first = '', ...more] = piece.toString('utf8', 0, end).split('\n')
      yield [state.tooLong ? null : first, ...more]
      state.tooLong = false
    }
    const rest = piece.subarray(end + 1)
    if (rest.length > readBytes) state.tooLong = true
    state.rest = Buffer.from(state.tooLong ? '' : rest)
  }
  if (state.tooLong) yield [null]
  else if (state.rest.length > 0) yield [state.rest.toString('utf8')]
}
