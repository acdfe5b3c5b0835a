/** What the hashing thread runs. */
import type { createHash } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import type { Algorithm } from './digest.js'

/** A chunk for the digest of that number, or, without one, the wish for its end. Answered one by one, in order. */
export interface Wish {
  number: number
  chunk: Uint8Array | null
}

/** The hex digest at the end, null before. */
export type Done = string | null

/**
 * It is handed to the thread as its source, so that no file of it need be found there: it may use only what it is given,
 * and no function with a name, for which a compiler may call in help of its own.
 */
function serve(port: MessagePort, hashOf: typeof createHash, algorithm: Algorithm): void {
  const hashes = new Map<number, ReturnType<typeof createHash>>()
  port.on('message', ({ number, chunk }: Wish) => {
    const hash = hashes.get(number) ?? hashOf(algorithm)
    if (chunk === null) {
      hashes.delete(number)
      port.postMessage(hash.digest('hex'))
    } else {
      hashes.set(number, hash.update(chunk))
      port.postMessage(null)
    }
  })
}

export const workerSource = (algorithm: Algorithm) =>
  `(${serve})(require('node:worker_threads').parentPort, require('node:crypto').createHash, '${algorithm}')`
