/** Writes a body into a request, a piece at a time, each only once the one before has left. */
import type { Writable } from 'node:stream'
import { nextSlice, sliceLimits } from '../core/slice.js'
import { type Pace, unpaced } from './pace.js'

/** The chunks of a body. One is its reader's again as soon as the next is asked for. */
export type Body = AsyncIterable<Uint8Array>

interface Pump {
  request: Writable
  /** Ends it, and the wait for a write whose callback may never come. */
  signal: AbortSignal
  /** Aborted once the request takes nothing more: it then says of each write that all is well, or nothing at all. */
  gone?: AbortSignal
  /** Bytes that the network has taken so far. */
  onSent: (bytes: number) => void
  /** Default: as fast as the network takes it. */
  pace?: Pace
  /** Told of each wait for a turn before it, in milliseconds. */
  onWait?: (ms: number) => void
  /** What a failed write is to be told as; what the body itself throws stays as it is. */
  failed?: (error: Error) => Error
  now?: () => number
}

const never = new AbortController().signal

/**
 * Resolves once the last byte is handed over and the request knows it: given up sooner, it would take its connection with
 * it. Answers whether all of it was taken before the request was gone. Rejects with the body's error, the write's, or the
 * signal's reason.
 */
export async function pump(body: Body, options: Pump): Promise<boolean> {
  const { request, signal, gone = never, onSent, failed = (error) => error, now = () => performance.now() } = options
  const { pace = unpaced, onWait = () => {} } = options
  const sent = { bytes: 0, slice: sliceLimits.leastBytes }
  const handOver = (how: HandOver) =>
    taken(how, signal, gone).catch((error) => {
      throw signal.aborted ? error : failed(error)
    })
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + Math.min(sent.slice, pace.pieceBytes))
      await pace.turn(piece.length, signal, onWait)
      const before = now()
      if (!(await handOver((whenDone) => request.write(piece, whenDone)))) return false
      if (piece.length === sent.slice) sent.slice = nextSlice(sent.slice, now() - before)
      at += piece.length
      sent.bytes += piece.length
      onSent(sent.bytes)
    }
  }
  // Gone before it knew, it has all bytes still.
  await handOver((whenDone) => request.end(whenDone))
  return true
}

type HandOver = (whenDone: (error?: Error | null) => void) => void

/** Whether the request took it before it was gone. */
function taken(handOver: HandOver, signal: AbortSignal, gone: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const onGone = () => resolve(false)
    if (signal.aborted) return onAbort()
    if (gone.aborted) return onGone()
    signal.addEventListener('abort', onAbort, { once: true })
    gone.addEventListener('abort', onGone, { once: true })
    handOver((error) => {
      signal.removeEventListener('abort', onAbort)
      gone.removeEventListener('abort', onGone)
      if (error) reject(error)
      else resolve(true)
    })
  })
}
