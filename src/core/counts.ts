/** The most that an option which counts may ask for, on the command line as from code. */
import { autoLimits } from './auto-connections.js'

export const mostCounts = {
  /** More connections than this gain nothing, and look like an attack to some storages. */
  '--concurrency': 64,
  '--jobs': 64,
  '--rpm': 10_000,
} as const

export type CountName = keyof typeof mostCounts

/** `auto`: as many connections as the link is worth. */
export type Concurrency = number | 'auto'

/** How many parts may be in flight: as the run begins, and at most. */
export const lanesOf = (concurrency: Concurrency): { first: number; most: number } =>
  concurrency === 'auto'
    ? { first: autoLimits.start, most: autoLimits.most }
    : { first: concurrency, most: concurrency }
