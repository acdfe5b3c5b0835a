/** Tells a process from every other one that had, has or will have its number. */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCode } from '../core/system-code.js'

/** What a number means depends on where it is asked: another machine, or another container on this one. */
export function placeOfPids(): string {
  return `${hostname()}${orNothing(() => ` ${readlinkSync('/proc/self/ns/pid')}`)}`
}

/** When it was started, since which boot; empty where the system does not say. */
export function startOf(pid: number): string {
  return orNothing(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name of the program comes before, in brackets, and may hold anything.
    const [state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // Dead, but its parent has not asked how it ended, and in a container without an init never will.
    return /[ZX]/.test(state) ? 'dead' : `${boot} ${fields[18] ?? ''}`
  })
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and somebody else's.
    return systemCode(error) === 'EPERM'
  }
}

/** Only Linux has these files. */
function orNothing(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
