/** Buffers that are used again, so that memory does not grow with the file. */

export interface Buffers {
  take(): Buffer
  /** Only for a buffer that nobody looks at any more. One that is not given back is the collector's. */
  give(buffer: Buffer): void
}

/** Shared memory, so that a thread can hash a chunk where it stands. */
export function createBuffers(bytes: number): Buffers {
  const free: Buffer[] = []
  return {
    take: () => free.pop() ?? Buffer.from(new SharedArrayBuffer(bytes)),
    give: (buffer) => {
      free.push(buffer)
    },
  }
}
