/** Keeps count of what was sent and acknowledged, and objects to what no good uploader does. */
import assert from 'node:assert/strict'
import type { Settings } from '../../../src/engine/context.js'
import type { UploadRecord } from '../../../src/state/record.js'
import type { Edge } from './edge.js'
import { isWhole, type Server } from './server.js'

export interface Ledger {
  ears: Pick<Edge, 'created' | 'completing' | 'putting' | 'put' | 'refused'>
  /** A run begins. */
  begin(): void
  killed(): void
  /** Whether the API had a cause to refuse this run for good. */
  hasCause(): boolean
  /** Of this run, acknowledged or not. */
  puts(): number
  /** Throws once this run has lasted longer than any may. */
  checkTime(awakeMs: number, settings: Settings): void
}

export function createLedger(server: Server, concurrency: number, kept: () => UploadRecord[]): Ledger {
  const acknowledged = new Set<string>()
  const total = { kills: 0, sentTwice: 0 }
  const run = { puts: 0, inFlight: 0, progress: 0, refused: false }

  const putting = (id: string, number: number) => {
    run.puts++
    assert.ok(++run.inFlight <= concurrency, `${run.inFlight} parts in flight at once`)
    const name = `${id}/${number}`
    const remembered = kept().some(
      ({ uploadId, parts }) => uploadId === id && parts.some((part) => part.number === number),
    )
    assert.ok(!remembered, `${name} is sent again, though it is remembered`)
    if (!acknowledged.delete(name)) return
    total.sentTwice++
    const most = concurrency * total.kills
    assert.ok(total.sentTwice <= most, `${total.sentTwice} parts are sent again, after ${total.kills} kills`)
  }

  const put = (id: string, number: number, end: 'yes' | 'no') => {
    run.inFlight--
    if (end === 'no') return
    const name = `${id}/${number}`
    // A "yes" for other bytes than were sent is none.
    const flipped = server.uploads.get(id)?.parts.get(number)?.endsWith('?')
    if (flipped) return
    run.progress++
    acknowledged.add(name)
  }

  const completing = (id: string) => {
    const upload = server.uploads.get(id)
    if (!upload?.stored || upload.status !== 'pending') return
    assert.ok(isWhole(upload), `${id} is completed with ${JSON.stringify([...upload.parts])} of ${upload.count} parts`)
  }

  return {
    ears: {
      putting,
      put,
      completing,
      refused: () => {
        run.refused = true
      },
      created: (upload) => {
        run.progress++
        return upload
      },
    },
    begin: () => Object.assign(run, { puts: 0, inFlight: 0, progress: 0, refused: false }),
    killed: () => {
      total.kills++
    },
    puts: () => run.puts,
    hasCause: () => run.refused,
    checkTime: (awakeMs, { retryForMs, stallMs, timeoutMs, wait }) => {
      // Between two steps forward: the patience for failures, the attempt before them and the last one after.
      const step = 2 * retryForMs + 4 * stallMs + 60_000
      const most = (run.progress + 3) * step + (wait ? timeoutMs + stallMs + 20_000 : 0)
      assert.ok(awakeMs <= most, `it still runs after ${awakeMs} ms awake, ${run.progress} steps forward`)
    },
  }
}
