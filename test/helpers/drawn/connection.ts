/**
 * One TCP connection of a simulated link, as a flow of bytes: no packet is looked at, but how much is under way. It
 * begins slowly and doubles with each round trip, falls to seven tenths with a loss, and finds its way back along CUBIC's
 * curve. What is handed over runs ahead of what has arrived by as much as the socket's buffer holds.
 */
import type { Chance } from '../simulated/chance.js'
import { type Link, packet } from './link.js'

export interface Part {
  size: number
  arrived: number
  /** Handed over: it may lie in the socket's buffer. */
  sent: number
}

export interface Connection {
  /** Bytes that may be under way. */
  window: number
  /** Above it, the window no longer doubles. */
  threshold: number
  /** Its window before the last loss, when that was, and the seconds until CUBIC has it again. */
  peak: number
  lostAt: number
  back: number
  /** Not before this does it send: it shakes hands. */
  from: number
  part: Part | null
  /** When the answer to its part is there. */
  answeredAt: number
  /** How lucky its part is against the others', as some are on every link: else all would end at once, again and again. */
  luck: number
}

const buffer = { least: 90_000, most: 4 * 1024 * 1024 }
/** TCP's and TLS's. */
const handshakeTrips = 2

// Literals, since objects that are spread are slow, and this is asked millions of times.
export const connect = (at: number, { roundTrip }: Link): Connection => ({
  window: 10 * packet,
  threshold: Number.POSITIVE_INFINITY,
  peak: 0,
  lostAt: Number.NEGATIVE_INFINITY,
  back: 0,
  from: at + handshakeTrips * roundTrip,
  part: null,
  answeredAt: Number.POSITIVE_INFINITY,
  luck: 1,
})

/** Its bytes under way. The ceiling is that of a round trip through an empty queue. */
export function underWay(connection: Connection, at: number, { ceiling, roundTrip }: Link): number {
  const { window, part, from, answeredAt, luck } = connection
  if (part === null || at < from || answeredAt < Number.POSITIVE_INFINITY) return 0
  return luck * Math.min(window, ceiling * roundTrip)
}

interface Step {
  bytes: number
  at: number
  step: number
  trip: number
}

/** So many bytes arrived. Answers whether the part has. */
export function advance(connection: Connection, part: Part, now: Step, link: Link): boolean {
  part.arrived += now.bytes
  const held = Math.min(buffer.most, Math.max(buffer.least, 2 * connection.window))
  part.sent = Math.max(part.sent, Math.min(part.size, part.arrived + held))
  grow(connection, now, link)
  return part.arrived >= part.size
}

function grow(connection: Connection, { bytes, at, step, trip }: Step, link: Link): void {
  const { window, threshold } = connection
  // Held to its ceiling it has no use for more.
  const most = Math.min(buffer.most, Math.max(10 * packet, 2 * link.ceiling * link.roundTrip))
  if (window >= most) return
  const reach = window < threshold ? window + bytes : Math.max(window + (packet * step) / trip, cubic(connection, at))
  connection.window = Math.min(reach, most)
}

/** CUBIC's window. */
function cubic({ peak, lostAt, back }: Connection, at: number): number {
  const late = at - lostAt - back
  return packet * 0.4 * late * late * late + peak
}

/** `share`: of its packets that are lost. Of a round trip, one loss counts. */
export function lose(
  connection: Connection,
  { share, bytes, at, trip }: { share: number; bytes: number; at: number; trip: number },
  chance: Chance,
): void {
  if (share === 0 || at - connection.lostAt < trip) return
  if (!chance.is((share * bytes) / packet)) return
  connection.peak = connection.window
  connection.window = Math.max(2 * packet, 0.7 * connection.window)
  connection.threshold = connection.window
  connection.lostAt = at
  connection.back = Math.cbrt((connection.peak / packet) * (0.3 / 0.4))
}
