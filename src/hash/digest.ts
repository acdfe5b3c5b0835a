/** MD5 as the storage's ETags have it: a check against accidents on the way, not against forgers. */
import { createHash } from 'node:crypto'

export interface Digest {
  /** Where it answers a promise, the chunk must stay as it is until that is kept. */
  update(chunk: Uint8Array): Promise<void> | undefined
  /** The hash in lower-case hex, once; null where nothing was hashed on purpose. */
  hex(): Promise<string | null>
}

export function createMd5(): Digest {
  const hash = createHash('md5')
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
