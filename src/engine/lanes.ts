/** So many at once, whoever they belong to, and in the order in which they came. */
import pLimit from 'p-limit'

export interface Lanes {
  /** Runs `work` in its turn. Rejects with the signal's reason where it is aborted before that: nobody waits in vain. */
  take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
  /** How many have not had their turn yet. */
  waiting(): number
  /** So many at once from now on. Whoever has had its turn keeps it. */
  resize(count: number): void
}

export function createLanes(count: number): Lanes {
  const limit = pLimit(count)
  return {
    take: (work, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const leave = () => reject(signal.reason)
        signal.addEventListener('abort', leave, { once: true })
        void limit(async () => {
          signal.removeEventListener('abort', leave)
          if (!signal.aborted) await work().then(resolve, reject)
        })
      }),
    waiting: () => limit.pendingCount,
    resize: (count) => {
      limit.concurrency = count
    },
  }
}
