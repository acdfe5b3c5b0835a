/** Which upload a command means: what must be the same for a later one to go on with it. */
import { createHash } from 'node:crypto'
import type { KeptFile } from './record.js'

export interface Identity {
  apiUrl: string
  project: string | null
  type: string
  /** The real path of a file; null for what the server fetches. */
  path: string | null
  /** The state of the file; null for what the server fetches. */
  file: KeptFile | null
  /** The body of create. It may hold an address with a secret in it, and so only its digest is ever kept. */
  request: object
  /** Bytes of every part but the last; null for what the server fetches. */
  partSize: number | null
}

export const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex')

export const requestDigest = ({ request }: Pick<Identity, 'request'>) => sha256(request)

const laneLength = 24

/** What follows from the file's size in a create request: it is no part of what is asked for. */
function wish(request: object): object {
  return Object.fromEntries(Object.entries(request).filter(([name]) => name !== 'fileSize' && name !== 'parts'))
}

/** The same for all states and splits of a file that is to become the same thing in the same place. */
export function laneOf({ apiUrl, project, type, path, request }: Identity): string {
  return sha256([apiUrl, project, type, path, wish(request)]).slice(0, laneLength)
}

/** The state file's name: whatever differs leads to another one. Inode and change time are for the bytes to decide. */
export function nameOf(identity: Identity): string {
  const { file, partSize } = identity
  return `${laneOf(identity)}-${sha256([file?.size, file?.mtimeNs, partSize]).slice(0, 16)}`
}

export const laneOfName = (name: string) => name.slice(0, laneLength)

const recordName = /^[0-9a-f]{24}-[0-9a-f]{16}\.json$/
export const isRecordName = (name: string) => recordName.test(name)
