/** What tells one state of a file from another. */
import type { BigIntStats } from 'node:fs'

/** Times in nanoseconds. */
export interface Fingerprint {
  dev: bigint
  ino: bigint
  size: bigint
  mtimeNs: bigint
  ctimeNs: bigint
}

export function fingerprint({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Fingerprint {
  return { dev, ino, size, mtimeNs, ctimeNs }
}
