/** A process of its own that takes and releases locks as it is told. */
import { type Lock, takeLock } from '../../src/state/lock.js'

export type Order = { take: string } | { release: true }
export type Report = { is: 'taken' } | { is: 'held'; pid: number } | { is: 'released' } | { is: 'failed'; why: string }

const kept: Lock[] = []

async function obey(order: Order): Promise<Report> {
  if ('release' in order) {
    for (const lock of kept.splice(0)) await lock.release()
    return { is: 'released' }
  }
  const locking = await takeLock(order.take)
  if (locking.is === 'held') return { is: 'held', pid: locking.by.pid }
  kept.push(locking.lock)
  return { is: 'taken' }
}

process.on('message', (order: Order) => {
  obey(order)
    .catch((error: unknown): Report => ({ is: 'failed', why: String(error) }))
    .then((report) => process.send?.(report))
})
process.send?.({ is: 'released' })
