/** Takes the time of each part: how much of it goes into reading, into handing over, and into waiting for the answer. */
import type { Spent } from '../core/limits.js'
import type { Body } from '../storage/pump.js'

export interface TimeSpent {
  /** For one attempt at a part. */
  attempt(): Attempt
  sum(): Spent
}

export interface Attempt {
  /** The same body, whose time is taken. */
  body(inner: Body): Body
  /** So long a piece is held back on purpose, before it is handed over. */
  held(ms: number): void
  answered(): void
}

/** A chunk that is taken sooner only fills a buffer on the way. */
const quickMs = 20
/** More than this does not fit into those buffers. */
const mostBuffered = 4 * 1024 * 1024

export function createTimeSpent(now: () => number): TimeSpent {
  const spent: Spent = { reading: 0, handing: 0, answer: 0, either: 0, held: 0 }
  return {
    sum: () => ({ ...spent }),
    attempt: () => {
      const part = { quickBytes: 0, slowBytes: 0, slowMs: 0, heldMs: 0, endedAt: now() }
      const took = (bytes: number, all: number) => {
        const held = Math.min(all, part.heldMs)
        const ms = all - held
        part.heldMs = 0
        spent.held += held
        spent.handing += ms
        if (ms < quickMs) part.quickBytes += bytes
        else Object.assign(part, { slowBytes: part.slowBytes + bytes, slowMs: part.slowMs + ms })
      }
      return {
        body: async function* (inner) {
          const at = { asked: now() }
          for await (const chunk of inner) {
            const given = now()
            spent.reading += given - at.asked
            yield chunk
            at.asked = now()
            took(chunk.length, at.asked - given)
          }
          part.endedAt = now()
        },
        held: (ms) => {
          part.heldMs += ms
        },
        answered: () => {
          const waited = now() - part.endedAt
          const { quickBytes, slowBytes, slowMs } = part
          if (slowMs === 0 && quickBytes <= mostBuffered) {
            spent.either += waited
            return
          }
          // What lies in buffers on the way has still to get through: so long it is not the storage that takes its time.
          const drain = slowMs === 0 ? 0 : Math.min(waited, (Math.min(quickBytes, mostBuffered) * slowMs) / slowBytes)
          spent.handing += drain
          spent.answer += waited - drain
        },
      }
    },
  }
}
