/** A range of an open file as a stream that leaves the file open. */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { UploadError } from '../errors.js'
import { inputError } from './input-error.js'

/** Half the size costs half the speed; twice the size gains nothing. */
const readBytes = 1024 * 1024

export interface Range {
  start: number
  /** Exclusive. */
  end: number
}

/**
 * Exactly the bytes of `range`, read by position, each chunk shown to `onChunk` before it goes out. A buffer of its own
 * for each read: nothing tells when a chunk has left this machine, so none may be used again.
 */
export function rangeStream(
  handle: FileHandle,
  range: Range,
  shown: string,
  onChunk: (chunk: Uint8Array) => void,
): Readable {
  const next = { at: range.start }
  const readNext = async () => {
    const length = Math.min(readBytes, range.end - next.at)
    if (length === 0) return null
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, next.at)
    if (bytesRead === 0) throw endedEarly(shown, next.at)
    next.at += bytesRead
    const chunk = buffer.subarray(0, bytesRead)
    onChunk(chunk)
    return chunk
  }
  return new Readable({
    highWaterMark: readBytes,
    read() {
      readNext().then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(error instanceof UploadError ? error : inputError(error, shown)),
      )
    },
  })
}

function endedEarly(shown: string, at: number): UploadError {
  return new UploadError('ERR_FILE_CHANGED', `${shown} changed while it was being sent: it ends at byte ${at} now`)
}
