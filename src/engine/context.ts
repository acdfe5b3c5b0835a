/** What every step of the story works with. */
import type { UploadEvent } from '../events.js'
import type { Digest } from '../hash/digest.js'
import type { AssetOptions, ScenarioClient } from '../scenario/client.js'
import type { Bucket } from '../storage/bucket.js'

/** Time and chance, which only tests replace. */
export interface Nature {
  now(): number
  random(): number
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type Until = 'validated' | 'imported'

export interface Settings {
  /** Parts in flight at once. */
  concurrency: number
  /** Compare each part's ETag with its MD5. */
  verify: boolean
  /** Wait for the end; false: only until the server has it all. */
  wait: boolean
  /** Where the wait ends; undefined: at success, with a short look for the id. */
  until: Until | undefined
  /** Most milliseconds to wait for a success. */
  timeoutMs: number
  assetOptions: AssetOptions
}

/** An event before it is known which source it is about. */
export type Said = UploadEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'index' | 'source'>
    : never
  : never

export interface Context {
  client: ScenarioClient
  bucket: Bucket
  /** A digest of a part of a file of that size; one that hashes nothing where nothing is to be verified. */
  startDigest: (fileSize: number) => Digest
  settings: Settings
  nature: Nature
  signal: AbortSignal
  say: (said: Said) => void
}
