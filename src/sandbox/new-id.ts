/** Ids in the manner of the real ones: `upload_…`, `asset_…`, `model_…`. */
import { randomBytes } from 'node:crypto'

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`
}
