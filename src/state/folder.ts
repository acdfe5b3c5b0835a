/** Where this machine remembers its unfinished uploads. */
import { chmod, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { codeOf } from './code-of.js'

/** Where an application keeps what should outlive a restart and is of no worth elsewhere, by the XDG standard. */
export const defaultStateFolder = () => join(homedir(), '.local', 'state', 'scenario-upload')

/** Makes it, for its owner alone. Step by step: `recursive` never ends below /proc (Node 20.20). */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return chmod(path, 0o700)
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeParents(dirname(path))
    await mkdir(path, { mode: 0o700 })
  }
}

async function makeParents(path: string): Promise<void> {
  const failed = await mkdir(path, { mode: 0o700 }).then(
    () => null,
    (error: unknown) => error,
  )
  if (failed === null || codeOf(failed) === 'EEXIST') return
  if (codeOf(failed) !== 'ENOENT' || dirname(path) === path) throw failed
  await makeParents(dirname(path))
  await mkdir(path, { mode: 0o700 })
}
