/** The most that an option which counts may ask for, on the command line as from code. */
export const mostCounts = {
  /** More connections than this gain nothing, and look like an attack to some storages. */
  '--concurrency': 64,
  '--jobs': 64,
  '--rpm': 10_000,
} as const

export type CountName = keyof typeof mostCounts

/** `auto`: as many connections as the link is worth. */
export type Concurrency = number | 'auto'
