/** How a cell is to end, as the contract has it: the words in which the table of faults is written. */
import type { ErrorCode } from '../../../src/errors.js'
import type { Times } from './steps.js'

/** `ok`: exit 0 and the right bytes on the server. `temporary`: exit 5, whatever the error is called. */
export type End = 'ok' | 'temporary' | ErrorCode

/** How often the fault may strike: what cannot succeed is not tried again, and what may is. */
export type Strikes = readonly [least: number, most: number]

export interface Row {
  readonly ends: Readonly<Record<Times, End>>
  readonly strikes: Readonly<Record<Times, Strikes>>
  /** What the message of a failure has to say. */
  readonly says?: RegExp
  /** How it may end too, where it is for the network's buffers to say. */
  readonly orElse?: ErrorCode
  /** The most that may be sent again. */
  readonly mostRetries?: number
  /** The end of the wait is what ends it, well or not. */
  readonly toTheEnd?: true
}

const forEver = Number.POSITIVE_INFINITY
const exactly = (count: number): Strikes => [count, count]
const always = <Value>(value: Value): Readonly<Record<Times, Value>> => ({
  once: value,
  thrice: value,
  'for ever': value,
})

/** It passes where it is tried again. For ever, it ends with this, after `tries` where there is a count of them. */
export const passes = (end: End, tries: Strikes = [2, forEver]): Row => ({
  ends: { once: 'ok', thrice: 'ok', 'for ever': end },
  strikes: { once: exactly(1), thrice: exactly(3), 'for ever': tries },
})

/** It would only fail again, and ends at the first try. */
export const refused = (end: End, says?: RegExp): Row => ({
  ends: always(end),
  strikes: always(exactly(1)),
  ...(says ? { says } : {}),
})

/** Nothing is lost by it, however often it happens. */
export const harmless: Row = { ends: always('ok'), strikes: always([1, forEver]) }

/** Not even a request is made again. */
export const unnoticed: Row = { ...harmless, mostRetries: 0 }

/** A wait looks again; for ever, only `--timeout` ends it. */
export const waitedOut: Row = passes('ERR_STILL_PROCESSING')

/** A pause beyond the end of the wait: the API is left alone, and `--timeout` ends it. */
export const waitedTo: Row = {
  ends: always('ERR_STILL_PROCESSING'),
  strikes: always(exactly(1)),
  toTheEnd: true,
}
