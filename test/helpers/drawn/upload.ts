/** An upload over a drawn link, in steps of virtual time: how long it takes with so many connections. */
import { type Chance, chanceOf } from '../simulated/chance.js'
import { advance, type Connection, connect, lose, underWay } from './connection.js'
import type { Link } from './link.js'

/** Who says how many connections there are to be. */
export interface Policy {
  /** `moving`: on how many connections something of a part has left. `waiting`: there are parts that have none. */
  heard(bytes: number, moving: number, waiting: boolean): number
  slowDown(): number
}

export interface Took {
  seconds: number
  /** The most connections that there were at once. */
  most: number
}

export const fixed = (count: number): Policy => ({ heard: () => count, slowDown: () => count })

interface Run {
  at: number
  chance: Chance
  link: Link
  policy: Policy
  connections: Connection[]
  /** Connections that have a part. */
  busy: number
  /** The index of the next part. */
  next: number
  sent: number
  wobble: number
  /** The storage asked for fewer requests: nothing is begun before this. */
  pausedUntil: number
  pauses: number
  most: number
}

/** Seconds. */
const step = 0.1

/** `policyFor` is given a clock of milliseconds. Whoever takes longer than `longest` has lost. */
export function upload(link: Link, policyFor: (now: () => number) => Policy, longest = 3600): Took {
  const run: Run = {
    at: 0,
    chance: chanceOf(link.parts.length),
    link,
    policy: fixed(1),
    connections: [],
    busy: 0,
    next: 0,
    sent: 0,
    wobble: 0,
    pausedUntil: 0,
    pauses: 0,
    most: 0,
  }
  run.policy = policyFor(() => run.at * 1000)
  while ((run.busy > 0 || run.next < link.parts.length) && run.at < longest) {
    run.at += step
    begin(run, run.policy.heard(run.sent, movingOf(run), run.next < link.parts.length && run.busy < link.ready))
    flow(run)
  }
  return { seconds: run.at, most: run.most }
}

const movingOf = ({ connections }: Run) => connections.filter(({ part }) => part !== null && part.sent > 0).length

/** Parts begin on the connections that are free, and on new ones. */
function begin(run: Run, count: number): void {
  const { link, connections } = run
  while (run.busy < Math.min(count, link.ready) && run.next < link.parts.length && run.at >= run.pausedUntil) {
    if (run.busy >= link.welcome) {
      refuse(run)
      return
    }
    const free = connections.find(({ part }) => part === null)
    const connection = free ?? connect(run.at, link)
    if (free === undefined) connections.push(connection)
    connection.luck = 0.7 + 0.6 * run.chance.random()
    connection.part = { size: link.parts[run.next++] ?? 0, arrived: 0, sent: 0 }
    run.most = Math.max(run.most, ++run.busy)
  }
}

/** As the engine's throttle does. */
function refuse(run: Run): void {
  run.pausedUntil = run.at + Math.min(20, 2 ** run.pauses++)
  run.policy.slowDown()
}

/** All that is under way is in the pipe, or in the queue before it, or too much for both. */
function flow(run: Run): void {
  const { link, chance, connections, at } = run
  run.wobble = 0.9 * run.wobble + 0.4 * (chance.random() - 0.5)
  const bandwidth = link.bandwidth * Math.max(0.3, 1 + link.wobble * 2 * run.wobble)
  const all = connections.reduce((sum, connection) => sum + underWay(connection, at, link), 0)
  const excess = Math.max(0, all - bandwidth * link.roundTrip)
  const trip = link.roundTrip + Math.min(excess, link.queue) / bandwidth
  const lost = link.loss + Math.max(0, excess - link.queue) / Math.max(1, all)
  const passed = Math.min(step / trip, (bandwidth * step) / Math.max(1, all))
  for (const connection of connections) {
    if (connection.part === null || at < connection.from) continue
    if (connection.answeredAt < Number.POSITIVE_INFINITY) {
      if (at >= connection.answeredAt) finish(run, connection)
      continue
    }
    const before = connection.part.sent
    const bytes = underWay(connection, at, link) * passed
    const arrived = advance(connection, connection.part, { bytes, at, step, trip }, link)
    run.sent += connection.part.sent - before
    lose(connection, { share: lost, bytes, at, trip }, chance)
    if (arrived) connection.answeredAt = at + trip + link.answer * (0.5 + chance.random())
  }
}

function finish(run: Run, connection: Connection): void {
  run.busy--
  run.pauses = 0
  connection.part = null
  connection.answeredAt = Number.POSITIVE_INFINITY
}
