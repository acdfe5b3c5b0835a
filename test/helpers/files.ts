/** Files to upload, in a folder of their own. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder that is gone when the test is over. */
export async function tempFolder(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Random bytes that begin as a PNG does. */
export function pngBytes(size: number): Buffer {
  return Buffer.concat([png, randomBytes(Math.max(0, size - png.length))]).subarray(0, size)
}

export interface TestFile {
  path: string
  bytes: Buffer
  sha256: string
}

export async function testFile(folder: string, name: string, bytes: Buffer): Promise<TestFile> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return { path, bytes, sha256: sha256(bytes) }
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
