/** What can happen to a connection through the relay: it breaks, or what goes over it is lost, late or altered. */
import type { Socket } from 'node:net'
import { type Duplex, PassThrough, Transform } from 'node:stream'

/** One connection: `near` is the command's end, `far` the engine's. */
export interface Line {
  readonly near: Socket
  readonly far: Socket
}

/** What each piece passes on its way: `out` to the engine, `back` to the command. */
export interface Way {
  readonly out: Duplex
  readonly back: Duplex
}

export type Trouble = (line: Line) => Way

export const noTrouble: Trouble = () => ({ out: new PassThrough(), back: new PassThrough() })

/** Lets so many bytes through. Then the command hears of a reset, and the engine of an end that comes too early. */
export const cutAfter =
  (limit: number): Trouble =>
  ({ near, far }) => {
    const state = { left: limit }
    const out = each((bytes) => {
      const piece = bytes.subarray(0, state.left)
      state.left -= piece.length
      // An end comes after all that was written, where a reset would overtake it.
      if (state.left === 0) setImmediate(() => far.end(() => near.resetAndDestroy()))
      return piece
    })
    return { out, back: new PassThrough() }
  }

/** Turns over a bit, so many bytes from the start. */
export const flipAt =
  (place: number): Trouble =>
  () => {
    const state = { seen: 0 }
    const out = each((bytes) => {
      const at = place - state.seen
      state.seen += bytes.length
      if (at < 0 || at >= bytes.length) return bytes
      const altered = Buffer.from(bytes)
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at)
      return altered
    })
    return { out, back: new PassThrough() }
  }

/** The engine does all that it was asked, and its answer never gets through. */
export const loseAnswer: Trouble = ({ near }) => {
  const back = each(() => {
    near.resetAndDestroy()
    return Buffer.alloc(0)
  })
  return { out: new PassThrough(), back }
}

/** The line stands still for so long, once the first piece is through, and with it the head of the first request. */
export const pauseFor =
  (ms: number): Trouble =>
  () => {
    const pauses = [0, ms]
    const out = new Transform({
      transform: (bytes: Buffer, _, done) => {
        setTimeout(() => done(null, bytes), pauses.shift() ?? 0)
      },
    })
    return { out, back: new PassThrough() }
  }

function each(change: (bytes: Buffer) => Buffer): Transform {
  return new Transform({ transform: (bytes: Buffer, _, done) => done(null, change(bytes)) })
}
