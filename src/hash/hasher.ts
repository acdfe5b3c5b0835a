/** Makes digests beside the sending: on a thread of its own where there is enough to hash. */
import { Worker } from 'node:worker_threads'
import { type Algorithm, createDigest, type Digest } from './digest.js'
import { type Done, type Wish, workerSource } from './worker.js'

export interface Hasher {
  /** A digest of a part of a file of `fileSize` bytes. */
  start(fileSize: number): Digest
  close(): void
}

/** A thread takes some 40 ms to start: less than this is hashed sooner without. */
const worthThread = 64 * 1024 * 1024

export function createHasher(algorithm: Algorithm = 'md5'): Hasher {
  const threads: Thread[] = []
  const thread = () => {
    const living = threads.find(({ failure }) => failure() === null)
    if (living) return living
    const started = startThread(algorithm)
    threads.push(started)
    return started
  }
  return {
    start: (fileSize) => (fileSize < worthThread ? createDigest(algorithm) : thread().start()),
    close: () => {
      for (const { close } of threads.splice(0)) close()
    },
  }
}

interface Thread {
  start(): Digest
  /** Why it is of no more use; null while it is. */
  failure(): Error | null
  close(): void
}

interface Waiting {
  resolve(done: Done): void
  reject(error: Error): void
}

/** Where threads are forbidden, the main thread does the same, only slower. */
function startThread(algorithm: Algorithm): Thread {
  try {
    // Without the arguments of this process, which may change what the source means.
    return threadOf(new Worker(workerSource(algorithm), { eval: true, execArgv: [] }))
  } catch {
    return { start: () => createDigest(algorithm), failure: () => null, close: () => {} }
  }
}

/** Answers come in the order of the wishes, so a queue is all that holds the two together. */
function threadOf(worker: Worker): Thread {
  const queue: Waiting[] = []
  const state: { failure: Error | null; digests: number } = { failure: null, digests: 0 }
  const fail = (error: Error) => {
    state.failure ??= error
    for (const { reject } of queue.splice(0)) reject(error)
  }
  worker.on('message', (done: Done) => queue.shift()?.resolve(done))
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the hashing thread ended')))
  const ask = (wish: Wish) =>
    heard(
      new Promise<Done>((resolve, reject) => {
        if (state.failure) return reject(state.failure)
        queue.push({ resolve, reject })
        worker.postMessage(wish)
      }),
    )
  return {
    start: () => {
      const number = state.digests++
      return {
        update: (chunk) => heard(ask({ number, chunk }).then(() => {})),
        hex: () => ask({ number, chunk: null }),
      }
    },
    failure: () => state.failure,
    close: () => void worker.terminate(),
  }
}

/** A promise whose failure is looked for later, or never: whoever has given up a part no longer listens. */
function heard<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}
