/** Appends to the files by which a step of GitHub Actions hands things on. */
import { open } from 'node:fs/promises'

/** On lines of its own, even where the one before was left open. */
export async function appendLines(path: string, lines: string): Promise<void> {
  const file = await open(path, 'a+')
  try {
    const { size } = await file.stat()
    const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString()
    await file.appendFile(last === '\n' ? lines : `\n${lines}`)
  } finally {
    await file.close()
  }
}
