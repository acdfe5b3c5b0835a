/** What every step of the story works with. */
import type { Concurrency } from '../core/counts.js'
import type { ServerClock } from '../core/server-clock.js'
import type { AboutOne, UploadResult } from '../events.js'
import type { Digest } from '../hash/digest.js'
import type { ScenarioClient } from '../scenario/client.js'
import type { Memory } from '../state/memory.js'
import type { Bucket } from '../storage/bucket.js'
import type { Imports } from './imports.js'
import type { Lanes } from './lanes.js'
import type { Patience } from './patience.js'
import type { Steering } from './steering.js'
import type { Throttle } from './throttle.js'

/** Time and chance, which only tests replace. */
export interface Nature {
  /** Milliseconds that never jump, without those that the machine slept. */
  now(): number
  random(): number
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type Until = 'validated' | 'imported'

export interface Settings {
  /** Parts in flight at once, of all files together. */
  concurrency: Concurrency
  /** Files in flight at once: those that wait for their import are none of them. */
  jobs: number
  /** The first failure ends the other sources too. */
  failFast: boolean
  /** Most requests to the API in a minute. */
  rpm: number
  /** Most bytes a second over all parts; Infinity: no limit. */
  limitRate: number
  /** Compare each part's ETag with its MD5. */
  verify: boolean
  /** Wait for the end; false: only until the server has it all. */
  wait: boolean
  /** Where the wait ends; undefined: at success, with a short look for the id. */
  until: Until | undefined
  /** Most milliseconds to wait for a success. */
  timeoutMs: number
  /** Most milliseconds without progress before no other try is made. */
  retryForMs: number
  /** Most milliseconds of silence in one attempt. */
  stallMs: number
  /** Go on with what an earlier run left, and leave something for a later one. */
  resume: boolean
}

/** An event before it is known which source it is about. */
export type Said = AboutOne extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'index' | 'source'>
    : never
  : never

/** Called with each fact of the result as soon as it is known, so that a failure too can tell how far it came. */
export type Learn = (facts: Partial<UploadResult>) => void

/** Where an upload goes. */
export interface Destination {
  apiUrl: string
  project: string | null
}

/** What all uploads of a run share, so that together they ask no more than one would. */
export interface Shared {
  /** For the parts in flight. */
  lanes: Lanes
  steering: Steering
  throttle: Throttle
  imports: Imports
  nature: Nature
  settings: Settings
}

export interface Context extends Shared {
  client: ScenarioClient
  bucket: Bucket
  /** A digest of a part of a file of that size; one that hashes nothing where nothing is to be verified. */
  startDigest: (fileSize: number) => Digest
  serverClock: Pick<ServerClock, 'now'>
  place: Destination
  memory: Memory
  /** One for all requests of an upload. */
  patience: Patience
  /** The server knows of it. */
  created: () => void
  /** The server has all it needs: another file may have this one's place. */
  handedOver: () => void
  /** What is to be done once the caller has the results for good. */
  whenDelivered: (action: () => Promise<void>) => void
  signal: AbortSignal
  say: (said: Said) => void
}
