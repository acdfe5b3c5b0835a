/** What an upload was limited by, told from where the time of its parts went. */

/** Milliseconds, of all parts together. */
export interface Spent {
  /** On the file, and on the MD5 of what was read. */
  reading: number
  /** On handing bytes to the network. */
  handing: number
  /** On the answer after the last byte. */
  answer: number
  /** On either of those two: of a part that the buffers on the way took at once, it cannot be told which. */
  either: number
  /** Held back on purpose. */
  held: number
}

const sentences = {
  handing: ['limited by the network', 'handing bytes to it', 'handing bytes to the network'],
  answer: ['limited by the storage', 'waiting for its answer', "waiting for the storage's answer"],
  either: [
    'limited by the network or the storage',
    'waiting for an answer to what was handed over at once',
    'waiting for an answer to what was handed over at once',
  ],
  reading: ['limited by the disk', 'reading the file', 'reading the file'],
  held: ['limited by --limit-rate', 'waiting for it', 'waiting for --limit-rate'],
} as const satisfies Record<keyof Spent, readonly [limit: string, first: string, further: string]>

const names = ['handing', 'answer', 'either', 'reading', 'held'] as const

/** Null where nothing took any time. */
export function limitWords(spent: Spent): string | null {
  const all = names.reduce((sum, name) => sum + spent[name], 0)
  const shares = names.map((name) => ({ name, percent: Math.round((100 * spent[name]) / all) }))
  const [most, ...others] = shares.toSorted((a, b) => b.percent - a.percent)
  if (!most || all <= 0) return null
  const [limit, first] = sentences[most.name]
  const further = others
    .filter(({ percent }) => percent > 0)
    .map(({ name, percent }) => `${percent} % ${sentences[name][2]}`)
  const rest = further.length === 0 ? '' : `; ${further.join(', ')}`
  return `${limit} (${most.percent} % of the time went into ${first}${rest})`
}
