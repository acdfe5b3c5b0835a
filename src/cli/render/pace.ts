/** How fast the bytes move, how long it will take, and whether the link is slow. */
import { createForecast, createMeter } from '../../core/rates.js'
import { createSlowLink, slowLimits } from '../../core/slow-link.js'
import { formatRate } from '../../core/units.js'
import type { Tally } from './tally.js'

export interface Speed {
  /** Bytes a second; undefined while it is not known. */
  rate: number | undefined
  /** Milliseconds; undefined while it is not known. */
  leftMs: number | undefined
}

export interface Pace {
  /** Measured whenever it is looked at, so that a standstill shows. */
  look(): Speed
  /** What to say of a slow link, once; null: nothing. */
  complaint(): string | null
}

/** `limited`: a rate was asked for, and what is slow then is not the link. */
export function createPace(tally: Tally, now: () => number, limited = false): Pace {
  const meter = createMeter()
  const forecast = createForecast()
  const isSlow = createSlowLink()
  const look = (): Speed => {
    const at = now()
    const { moved, onTheWay, shown, total } = tally.sums()
    meter.add(moved, at)
    const rate = meter.rate()
    const leftMs = forecast({ moved, onTheWay, left: total - shown }, at)
    return { rate, leftMs: rate === 0 ? undefined : leftMs }
  }
  return {
    look,
    complaint: () => {
      if (limited) return null
      const { rate, leftMs } = look()
      const at = now()
      // Many small files are slow in themselves: of the link, only a file tells that takes its time.
      const lasting = tally.sending().some(({ sendingAt }) => at - sendingAt >= slowLimits.forMs)
      if (!isSlow(lasting ? rate : undefined, lasting ? leftMs : undefined, at)) return null
      return `slow link: ${formatRate(rate ?? 0)}; it goes on, and Ctrl-C keeps what was sent`
    },
  }
}
