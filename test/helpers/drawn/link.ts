/**
 * Links as they are drawn for a test of how many connections fit, and what is assumed of them.
 *
 * A link is a pipe of a bandwidth that other traffic makes wobble, with a queue before it: what does not fit into the pipe
 * waits there, so that the round trip grows (bufferbloat), and what does not fit into the queue is lost. Behind it stands
 * a storage that may hold each connection to a ceiling, and may refuse (503 SlowDown) what comes on too many of them.
 * Some packets are lost by chance. What is uploaded is one large file, or a batch of small ones.
 */
import { planParts } from '../../../src/core/parts.js'
import type { Chance } from '../simulated/chance.js'

/** Bytes, seconds, bytes a second. */
export interface Link {
  bandwidth: number
  /** How far the bandwidth swings, as a share of it. */
  wobble: number
  roundTrip: number
  /** Of the queue. */
  queue: number
  /** Of one connection. */
  ceiling: number
  /** Share of the packets that are lost by chance. */
  loss: number
  /** From the last byte of a part to its answer, beside the round trip. */
  answer: number
  /** The storage refuses parts on more connections than this. */
  welcome: number
  /** The sizes of the parts. */
  parts: readonly number[]
  /** Most parts that are ready to be sent at once: a small file has one, and so many files are in flight. */
  ready: number
}

export const packet = 1460
const Mbit = 1e6 / 8

/** Evenly over the orders of magnitude. */
const spread = (chance: Chance, least: number, most: number) => least * (most / least) ** chance.random()

/** What a connection can do under losses by chance: as Reno does, or as CUBIC, where that is more. */
function underLoss({ loss, roundTrip }: Pick<Link, 'loss' | 'roundTrip'>): number {
  if (loss === 0) return Number.POSITIVE_INFINITY
  const reno = 1.22 / Math.sqrt(loss)
  const cubic = 1.11 * (roundTrip / loss) ** 0.75
  return (packet * Math.max(reno, cubic)) / roundTrip
}

export function drawLink(chance: Chance): Link {
  const bandwidth = spread(chance, 5, 1000) * Mbit
  const roundTrip = spread(chance, 0.008, 0.3)
  const link = {
    ...{ bandwidth, roundTrip },
    wobble: chance.of(0, 0.05, 0.1, 0.2),
    queue: Math.max(64_000, spread(chance, 0.3, 10) * bandwidth * roundTrip),
    ceiling: chance.is(0.5) ? bandwidth / spread(chance, 1.3, 40) : Number.POSITIVE_INFINITY,
    loss: chance.is(0.5) ? 0 : spread(chance, 1e-6, 3e-3),
    answer: spread(chance, 0.02, 0.3),
    welcome: chance.is(0.2) ? chance.int(2, 24) : Number.POSITIVE_INFINITY,
  }
  return { ...link, ...drawWork(chance, link) }
}

/** What takes from 20 seconds to four minutes where nothing is in the way. */
function drawWork(chance: Chance, link: Pick<Link, 'bandwidth' | 'ceiling' | 'loss' | 'roundTrip' | 'welcome'>) {
  const most = Math.min(32, link.welcome) * Math.min(link.ceiling, underLoss(link))
  const bytes = Math.min(link.bandwidth, most) * spread(chance, 20, 240)
  if (chance.is(0.15)) return { parts: smallFiles(chance, bytes), ready: chance.of(4, 16, 64) }
  const { count, partSize, size } = planParts(Math.ceil(bytes))
  return { parts: Array.from({ length: count }, (_, i) => Math.min(partSize, size - i * partSize)), ready: count }
}

function smallFiles(chance: Chance, bytes: number): number[] {
  const count = Math.min(1000, Math.ceil(bytes / spread(chance, 100_000, 5e6)))
  const size = bytes / count
  return Array.from({ length: count }, () => size * (0.4 + 1.2 * chance.random()))
}
