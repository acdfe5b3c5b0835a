/** The ways in which a file changes, each made at once, where a chance says. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Chance } from '../helpers/chance.js'
import { pngBytes } from '../helpers/files.js'

export type Change = (path: string, chance: Chance) => void

const sizeOf = (path: string) => statSync(path).size

export const truncate: Change = (path, chance) => truncateSync(path, 1 + chance.below(sizeOf(path) - 1))

export const append: Change = (path, chance) => appendFileSync(path, randomBytes(1 + chance.below(4096)))

/** Some bytes from `start` on, and never beyond the end. */
function write(path: string, start: number, length: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, randomBytes(length), 0, length, start)
  closeSync(file)
}

export const rewrite: Change = (path, chance) => {
  const start = chance.below(sizeOf(path))
  write(path, start, 1 + chance.below(sizeOf(path) - start))
}

/** As copies that keep the times do: only the inode's change time tells. The nanoseconds need `touch`. */
export const rewriteSecretly =
  (start: number, length: number): Change =>
  (path) => {
    execFileSync('touch', ['-r', path, `${path}.times`])
    write(path, start, length)
    execFileSync('touch', ['-r', `${path}.times`, path])
  }

export const renameOver: Change = (path) => {
  writeFileSync(`${path}.new`, pngBytes(sizeOf(path)))
  renameSync(`${path}.new`, path)
}

export const unlink: Change = (path) => rmSync(path)

export const touch: Change = (path, chance) => {
  const at = Date.now() / 1000 - 3600 + chance.below(7200)
  utimesSync(path, at, at)
}

export const chmod: Change = (path) => chmodSync(path, 0o600)

export const hardLink: Change = (path) => linkSync(path, `${path}.link`)

/** `path` is a link already. */
export const swapLink: Change = (path) => {
  writeFileSync(`${path}.other`, pngBytes(sizeOf(path)))
  symlinkSync(`${path}.other`, `${path}.swap`)
  renameSync(`${path}.swap`, path)
}

const mapped =
  'import mmap, os, sys; f = open(sys.argv[1], "r+b"); m = mmap.mmap(f.fileno(), 0); at = int(sys.argv[2]); m[at:at + 16] = os.urandom(16)'

export const mmapWrite: Change = (path, chance) => {
  execFileSync('python3', ['-c', mapped, path, String(chance.below(sizeOf(path) - 16))])
}

/** Why no mapped write can be tried in this folder; null where it can. `path` is a file to try it on, at rest on its disk. */
export function noMmap(path: string, chance: Chance): string | null {
  const before = statSync(path).mtimeMs
  try {
    mmapWrite(path, chance)
  } catch {
    return 'there is no python3 to write with'
  }
  return statSync(path).mtimeMs === before ? 'a mapped write moves no time on this file system' : null
}
