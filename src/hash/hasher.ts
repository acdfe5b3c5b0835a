/** Makes MD5s beside the sending: on a thread of its own where there is enough to hash. */
import { Worker } from 'node:worker_threads'
import { createMd5, type Digest } from './digest.js'
import { type Done, type Wish, workerSource } from './worker.js'

export interface Hasher {
  /** A digest of a part of a file of `fileSize` bytes. */
  start(fileSize: number): Digest
  close(): void
}

/** A thread takes some 40 ms to start: less than this is hashed sooner without. */
const worthThread = 64 * 1024 * 1024

export function createHasher(): Hasher {
  const threads: Thread[] = []
  const thread = () => {
    if (threads.length === 0) threads.push(startThread())
    return threads[0] ?? startThread()
  }
  return {
    start: (fileSize) => (fileSize < worthThread ? createMd5() : thread().start()),
    close: () => {
      for (const { close } of threads.splice(0)) close()
    },
  }
}

interface Thread {
  start(): Digest
  close(): void
}

interface Waiting {
  resolve(done: Done): void
  reject(error: unknown): void
}

/** Answers come in the order of the wishes, so a queue is all that holds the two together. */
function startThread(): Thread {
  const worker = new Worker(workerSource, { eval: true })
  const queue: Waiting[] = []
  const started = { digests: 0 }
  worker.on('message', (done: Done) => queue.shift()?.resolve(done))
  const fail = (error: unknown) => {
    for (const { reject } of queue.splice(0)) reject(error)
  }
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the hashing thread ended')))
  const ask = (wish: Wish) =>
    new Promise<Done>((resolve, reject) => {
      queue.push({ resolve, reject })
      worker.postMessage(wish)
    })
  return {
    start: () => {
      const number = started.digests++
      return {
        update: async (chunk) => {
          await ask({ number, chunk })
        },
        hex: () => ask({ number, chunk: null }),
      }
    },
    close: () => void worker.terminate(),
  }
}
