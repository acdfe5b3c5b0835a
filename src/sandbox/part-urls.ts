/** Where the parts of an upload are to be PUT: one signed URL each, as create and get show them. */
import { signPut } from './sign.js'

export interface PartUrl {
  readonly number: number
  readonly url: string
  /** ISO date. */
  readonly expires: string
}

export interface SignedBucket {
  readonly url: string
  readonly secret: string
  readonly urlLifetimeMs: number
}

/** One id serves as the upload's and as S3's for its multipart upload; in life they are two. */
export function partUrls(bucket: SignedBucket, uploadId: string, storageName: string, count: number): PartUrl[] {
  const path = `/scenario-sandbox/uploads/${storageName}`
  return Array.from({ length: count }, (_, index) => {
    const query = { partNumber: String(index + 1), uploadId }
    const { address, expires } = signPut(bucket.secret, path, query, bucket.urlLifetimeMs)
    return { number: index + 1, url: bucket.url + address, expires }
  })
}
