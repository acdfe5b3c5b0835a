/** Keeps the bytes on disk: a folder for each upload, a file for each part, and nothing of a part that came half. */
import { createHash, type Hash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Body } from './http.js'

/** A part that came in whole and waits for a verdict. */
export interface Arrival {
  readonly size: number
  /** In hex. */
  readonly md5: string
  /** Puts it in place, and over an older one. At once, not as a promise: of two of the same number, one is kept whole. */
  keep(): void
  drop(): Promise<void>
}

export async function receivePart(body: Body, folder: string, number: number): Promise<Arrival> {
  const temporary = join(folder, `${randomUUID()}.tmp`)
  const md5 = createHash('md5')
  const file = createWriteStream(temporary, { highWaterMark: 1024 ** 2 })
  const drop = () => rm(temporary, { force: true })
  try {
    await pipeline(body, (chunks: Body) => hashed(chunks, md5), file)
  } catch (error) {
    await drop()
    throw error
  }
  return {
    size: file.bytesWritten,
    md5: md5.digest('hex'),
    keep: () => renameSync(temporary, partFile(folder, number)),
    drop,
  }
}

/** The SHA-256, in hex, of the parts put together in this order. */
export async function digestParts(folder: string, numbers: readonly number[], closing: AbortSignal): Promise<string> {
  const sha256 = createHash('sha256')
  for (const number of numbers) {
    const part = createReadStream(partFile(folder, number), { highWaterMark: 1024 ** 2, signal: closing })
    for await (const chunk of part) sha256.update(chunk)
  }
  return sha256.digest('hex')
}

/** The folder stays: a part that comes too late still needs a place to be refused from. */
export async function removeParts(folder: string, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((number) => rm(partFile(folder, number), { force: true })))
}

async function* hashed(chunks: Body, hash: Hash): Body {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

function partFile(folder: string, number: number): string {
  return join(folder, String(number))
}
