/** MD5 as the storage's ETags have it, a check against accidents on the way; SHA-256, which tells contents apart for good. */
import { createHash } from 'node:crypto'

export type Algorithm = 'md5' | 'sha256'

export interface Digest {
  /** Where it answers a promise, the chunk must stay as it is until that is kept. */
  update(chunk: Uint8Array): Promise<void> | undefined
  /** The hash in lower-case hex, once; null where nothing was hashed on purpose. */
  hex(): Promise<string | null>
}

export function createDigest(algorithm: Algorithm): Digest {
  const hash = createHash(algorithm)
  return {
    update: (chunk) => {
      hash.update(chunk)
      return undefined
    },
    hex: async () => hash.digest('hex'),
  }
}

/** Stands in where bytes are not to be hashed. */
export const noDigest: Digest = { update: () => undefined, hex: async () => null }
