/** Where this machine remembers its unfinished uploads. */
import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '../core/system-code.js'
import { usageError } from '../errors.js'

/** Of the folder that is nobody's but ours, wherever it stands. */
const ownName = 'scenario-upload'

/** Where an application keeps what should outlive a restart and is of no worth elsewhere, by the XDG standard. */
export const defaultStateFolder = () => join(homedir(), '.local', 'state', ownName)

/** Throws ERR_USAGE for what is given, and cannot be the path of a folder. */
export function checkStateFolder(path: string | undefined): void {
  if (path === undefined || (typeof path === 'string' && path !== '')) return
  throw usageError('stateFolder must be the path of a folder', 'Leave it out for the default, or give a path.')
}

/**
 * Makes it, for its owner alone; one of another name that is there already is a caller's, and stays as it is. Step by
 * step: `recursive` never ends below /proc (Node 20.20).
 */
export async function makeFolder(path: string): Promise<void> {
  await makeWithParents(path)
  const stats = await stat(path)
  if (!stats.isDirectory()) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
  // What its owner may not do there stays forbidden too.
  if (basename(path) === ownName && (stats.mode & 0o077) !== 0) await chmod(path, stats.mode & 0o700)
}

async function makeWithParents(path: string): Promise<void> {
  const failed = await made(path)
  if (failed === '' || failed === 'EEXIST') return
  if (failed !== 'ENOENT' || dirname(path) === path) throw refused(path, failed)
  await makeWithParents(dirname(path))
  const again = await made(path)
  // Another run may have been quicker.
  if (again !== '' && again !== 'EEXIST') throw refused(path, again)
}

/** Empty where it worked. */
async function made(path: string): Promise<string> {
  try {
    await mkdir(path, { mode: 0o700 })
    return ''
  } catch (error) {
    return systemCode(error) || 'EIO'
  }
}

const refused = (path: string, code: string) => Object.assign(new Error(`${path} cannot be made (${code})`), { code })
