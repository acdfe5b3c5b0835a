/** The file system, with patience where it is Windows. */
import { open, rename, unlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../core/system-code.js'

const own = { open, rename, unlink }

export type Files = typeof own

/** Almost two seconds together. */
const pausesMs = [10, 20, 50, 100, 200, 500, 1000] as const

/**
 * Windows lets nobody replace or remove what another program has open, as a virus scanner has each new file for a moment,
 * and a name that was removed meanwhile cannot be taken until that one lets go.
 */
export function patientFiles(
  system: NodeJS.Platform = platform(),
  files: Files = own,
  pause: (ms: number) => Promise<unknown> = sleep,
): Files {
  if (system !== 'win32') return files
  const patient = async <T>(act: () => Promise<T>): Promise<T> => {
    for (const ms of pausesMs) {
      try {
        return await act()
      } catch (error) {
        if (!passing.has(systemCode(error))) throw error
        await pause(ms)
      }
    }
    return act()
  }
  return {
    open: (...args) => patient(() => files.open(...args)),
    rename: (...args) => patient(() => files.rename(...args)),
    unlink: (...args) => patient(() => files.unlink(...args)),
  }
}

/** The same codes stand for what is forbidden for good: then the patience was in vain, and short. */
const passing: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY'])

export const ownFiles = patientFiles()
