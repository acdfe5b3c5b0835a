/** Writes a body into a request, a piece at a time, each only once the one before has left. */
import type { Writable } from 'node:stream'
import { nextSlice, sliceLimits } from '../core/slice.js'
import { type Pace, unpaced } from './pace.js'

/** The chunks of a body. One is its reader's again as soon as the next is asked for. */
export type Body = AsyncIterable<Uint8Array>

interface Pump {
  request: Writable
  /** Ends the wait for a write whose request has gone: its callback may never come. */
  signal: AbortSignal
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

/**
 * Resolves once the last byte is handed over and the request knows it: given up sooner, it would take its connection with
 * it. Rejects with the body's error, the write's, or the signal's reason.
 */
export async function pump(body: Body, options: Pump): Promise<void> {
  const { request, signal, onSent, failed = (error) => error, now = () => performance.now() } = options
  const { pace = unpaced, onWait = () => {} } = options
  const sent = { bytes: 0, slice: sliceLimits.leastBytes }
  const handOver = (how: HandOver) =>
    done(how, signal).catch((error) => {
      throw signal.aborted ? error : failed(error)
    })
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + Math.min(sent.slice, pace.pieceBytes))
      await pace.turn(piece.length, signal, onWait)
      const before = now()
      await handOver((whenDone) => request.write(piece, whenDone))
      if (piece.length === sent.slice) sent.slice = nextSlice(sent.slice, now() - before)
      at += piece.length
      sent.bytes += piece.length
      onSent(sent.bytes)
    }
  }
  await handOver((whenDone) => request.end(whenDone))
}

type HandOver = (whenDone: (error?: Error | null) => void) => void

function done(handOver: HandOver, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    handOver((error) => {
      signal.removeEventListener('abort', onAbort)
      if (error) reject(error)
      else resolve()
    })
  })
}
