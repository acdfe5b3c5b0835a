/** Files to send. Each is on the disk when it is made: what is still being written would slow whoever comes first. */
import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MiB = 1024 ** 2

/** A folder that is gone when the work is done, however it ends. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The SHA-256 of what it holds. */
export async function randomFile(path: string, sizeMiB: number): Promise<string> {
  const hash = createHash('sha256')
  await writing(path, async (handle) => {
    for (let written = 0; written < sizeMiB; written++) {
      const chunk = randomBytes(MiB)
      hash.update(chunk)
      await handle.write(chunk)
    }
  })
  return hash.digest('hex')
}

/** Made of the block, again and again. */
export const repeatedFile = (path: string, size: number, block: Buffer) =>
  writing(path, async (handle) => {
    for (let left = size; left > 0; left -= block.length) await handle.write(block, 0, Math.min(block.length, left))
  })

/** A hole: zeros that take no room. */
export const sparseFile = (path: string, size: number) => writing(path, (handle) => handle.truncate(size))

async function writing(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await write(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
