// What the clients of the bench have in common: the plan that they are given, so many parts at once, and the reading.
import { open, readFile } from 'node:fs/promises'
import pLimit from 'p-limit'

export const readBytes = 1024 * 1024

/** Sends each part of the plan whose path is the first argument. */
export async function eachPart(send) {
  const { parts, concurrency } = JSON.parse(await readFile(process.argv[2], 'utf8'))
  const limit = pLimit(concurrency)
  await Promise.all(parts.map((part) => limit(() => send(part, concurrency))))
}

export async function* chunksOf({ path, start, end }) {
  const handle = await open(path)
  try {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(Math.min(readBytes, end - at)),
        0,
        undefined,
        at,
      )
      at += bytesRead
      yield buffer
    }
  } finally {
    await handle.close()
  }
}
