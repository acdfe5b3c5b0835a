/**
 * A link in user space: a TCP relay with a round trip, a rate that all connections share in turn, and a ceiling of each.
 *
 * It takes no more from a sender than a link would hold (what is under way in a round trip, and a queue as long again):
 * then it reads no further, and the sender's writes wait. A connection costs a round trip before its first byte arrives.
 * It loses nothing and knows no slow start: each connection has its share at once. On loopback the kernel's buffers stand
 * before it, some MB of each connection, which run full in the first moment.
 *
 * As a process of its own, it prints its port:
 * `node --import tsx test/bench/delay-line.ts --to 9000 --round-trip 80 --rate 12500000 [--ceiling 2500000]`
 */
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Milliseconds, and bytes a second. */
export interface Shape {
  roundTrip: number
  rate: number
  /** Of one connection; default: the rate. */
  ceiling?: number
}

export interface DelayLine {
  port: number
  close(): void
}

const tickMs = 2
const pieceBytes = 16 * 1024
/** Less than this does not keep a connection going from one reading to the next. */
const leastHeld = 128 * 1024

/** Bytes on their way, and when they arrive. */
interface Late {
  at: number
  bytes: Buffer
}

interface Way {
  from: net.Socket
  to: net.Socket
  /** Read, and not yet on the link. */
  held: Buffer[]
  heldBytes: number
  late: Late[]
  /** Bytes that it may send now, by its ceiling. */
  credit: number
  notBefore: number
  ended: boolean
}

/** From a port of its own to that one, both on this machine. */
export async function delayLine(to: number, shape: Shape): Promise<DelayLine> {
  const ways = new Set<Way>()
  const open = (from: net.Socket) => {
    const way = wayTo(net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }), from, shape)
    ways.add(way)
    const drop = () => {
      ways.delete(way)
      way.from.destroy()
      way.to.destroy()
    }
    for (const socket of [way.from, way.to]) socket.on('error', drop).once('close', drop)
    answerLate(way, shape.roundTrip / 2)
  }
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, open)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const timer = setInterval(createTick(ways, shape), tickMs)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return {
    port: address.port,
    close: () => {
      clearInterval(timer)
      server.close()
      for (const { from } of ways) from.destroy()
    },
  }
}

function wayTo(to: net.Socket, from: net.Socket, { roundTrip }: Shape): Way {
  const notBefore = performance.now() + roundTrip
  const way: Way = { from, to, held: [], heldBytes: 0, late: [], credit: 0, notBefore, ended: false }
  from.on('data', (bytes: Buffer) => {
    way.held.push(bytes)
    way.heldBytes += bytes.length
  })
  from.once('end', () => {
    way.ended = true
  })
  return way
}

/** Answers are small: they are late, and have the rate to themselves. */
function answerLate({ from, to }: Way, delay: number): void {
  to.on('data', (bytes: Buffer) => void setTimeout(() => from.write(bytes), delay))
  to.once('end', () => void setTimeout(() => from.end(), delay))
}

/** Time that passes while somebody wants to send is made good, however late the timer is. */
function createTick(ways: Set<Way>, { roundTrip, rate, ceiling = rate }: Shape): () => void {
  const state = { at: performance.now(), credit: 0, first: 0 }
  return () => {
    const at = performance.now()
    const passed = (at - state.at) / 1000
    state.at = at
    const wanting = [...ways].filter((way) => way.heldBytes > 0 && at >= way.notBefore && !way.to.writableNeedDrain)
    state.credit = wanting.length === 0 ? 0 : state.credit + rate * passed
    for (const way of ways) way.credit = wanting.includes(way) ? way.credit + ceiling * passed : 0
    state.credit -= share(wanting, state.credit, state.first++, at + roundTrip / 2)
    const most = Math.max(leastHeld, (2 * rate * roundTrip) / 1000 / Math.max(1, ways.size))
    for (const way of ways) {
      deliver(way, at)
      if (way.heldBytes > most) way.from.pause()
      else if (way.from.isPaused()) way.from.resume()
    }
  }
}

/** A piece of each in turn, as long as there is credit. Answers how much of it was spent. */
function share(wanting: readonly Way[], credit: number, first: number, arriveAt: number): number {
  const state = { spent: 0, moved: true }
  const turn = wanting.map((_, index) => wanting[(index + first) % wanting.length])
  while (state.moved && state.spent < credit) {
    state.moved = false
    for (const way of turn) {
      if (way === undefined || way.heldBytes === 0 || way.credit <= 0 || state.spent >= credit) continue
      const bytes = take(way)
      way.late.push({ at: arriveAt, bytes })
      way.credit -= bytes.length
      state.spent += bytes.length
      state.moved = true
    }
  }
  return state.spent
}

function take(way: Way): Buffer {
  const [first = Buffer.alloc(0), ...rest] = way.held
  const bytes = first.subarray(0, pieceBytes)
  way.held = bytes.length < first.length ? [first.subarray(bytes.length), ...rest] : rest
  way.heldBytes -= bytes.length
  return bytes
}

function deliver(way: Way, at: number): void {
  const due = way.late.findIndex((late) => late.at > at)
  const ready = way.late.splice(0, due === -1 ? way.late.length : due)
  if (ready.length > 0) way.to.write(Buffer.concat(ready.map(({ bytes }) => bytes)))
  if (way.ended && way.heldBytes === 0 && way.late.length === 0) way.to.end()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { to: { type: 'string' }, 'round-trip': { type: 'string' }, rate: { type: 'string' } } as const
  const { values } = parseArgs({ options: { ...options, ceiling: { type: 'string' } } })
  const [to, roundTrip, rate] = [values.to, values['round-trip'], values.rate].map(Number)
  if (!to || !rate || roundTrip === undefined) throw new TypeError('--to, --round-trip and --rate are needed')
  const line = await delayLine(to, { roundTrip, rate, ceiling: Number(values.ceiling ?? rate) })
  console.log(line.port)
}
