/** MD5 as the storage's ETags have it: a check against accidents on the way, not against forgers. */
import { createHash } from 'node:crypto'

export interface Digest {
  update(chunk: Uint8Array): void
  /** The hash in lower-case hex, once; null where nothing was hashed on purpose. */
  hex(): string | null
}

export function createMd5(): Digest {
  const hash = createHash('md5')
  return {
    update: (chunk) => {
      hash.update(chunk)
    },
    hex: () => hash.digest('hex'),
  }
}

/** Stands in where bytes are not to be hashed. */
export const noDigest: Digest = { update: () => {}, hex: () => null }
