/** The SHA-256 of one state of a file, made beside its sending where it is sent. */
import { UploadError } from '../errors.js'
import type { Digest } from '../hash/digest.js'
import type { ByteReader, ByteSource } from '../sources/source.js'

/** A file that is touched more often than this while it is read is not at rest. */
const mostRounds = 3

export interface Reading {
  source: Pick<ByteSource, 'shown' | 'plan'>
  bytes: ByteReader
  startSha256: (fileSize: number) => Digest
  signal: AbortSignal
}

/** Throws ERR_FILE_CHANGED where it is not one state that was read; where only its change time moved, it is read again. */
export async function contentOf(reading: Reading, round = 1): Promise<string> {
  const { source, bytes } = reading
  if (round > mostRounds) throw new UploadError('ERR_FILE_CHANGED', `${source.shown} is touched again and again`)
  await bytes.settle()
  const content = await digestOf(reading)
  return (await bytes.check()) === 'same' ? content : contentOf(reading, round + 1)
}

async function digestOf({ source, bytes, startSha256, signal }: Reading): Promise<string> {
  const { size } = source.plan
  const digest = startSha256(size)
  // The digest sees each chunk as it is read.
  for await (const _ of bytes.open({ start: 0, end: size }, digest.update)) signal.throwIfAborted()
  return (await digest.hex()) ?? ''
}

/** What is read while it is sent. */
export interface Watch {
  /** The same reader, to send from: what the sending settles counts here too. */
  bytes: ByteReader
  /** Of what was sent; null where the file was touched or has changed since, so that nobody can tell. */
  content(): Promise<string | null>
  /** Nobody wants it any more. */
  stop(): void
}

export function watch(reading: Reading): Watch {
  const { bytes, signal } = reading
  const stopping = new AbortController()
  const own = { ...reading, signal: AbortSignal.any([signal, stopping.signal]) }
  const state = { settled: false }
  const first = digestOf(own)
  first.catch(() => {}) // told to those who ask for it
  return {
    bytes: {
      ...bytes,
      settle: async () => {
        state.settled = true
        await bytes.settle()
      },
    },
    content: async () => {
      try {
        const content = await first
        // What was read before the sending settled a touch may be of another state than what was sent.
        const sent = state.settled ? await digestOf(own) : content
        // Of a touch since then nobody has held the bytes against what was sent.
        return (await bytes.check()) === 'same' ? sent : null
      } catch (error) {
        if (error instanceof UploadError && error.code === 'ERR_FILE_CHANGED') return null
        throw error
      }
    },
    stop: () => stopping.abort(),
  }
}
