/** All that the engine says while it works. Events are data with absolute numbers; renderers put them into words. */
import type { ErrorFields, UploadError } from './errors.js'

export type SourceType = 'file' | 'stdin' | 'url' | 'huggingface' | 'civitai'

/** `md5`: every part's ETag was its MD5. `none`: at least one part was not compared. */
export type Verified = 'md5' | 'none'

/** `checking`: whether a manifest has it already. */
export type Phase = 'checking' | 'creating' | 'sending' | 'finishing' | 'validating'

/** How one source ended: an entry of `uploads[]` in the JSON document. What does not apply is null. */
export interface UploadResult {
  /** What the user wrote; of a web address without its userinfo and query. */
  source: string
  type: SourceType | null
  ok: boolean
  uploadId: string | null
  entityId: string | null
  kind: string | null
  /** The server's last known word on it. */
  status: string | null
  fileName: string | null
  contentType: string | null
  bytes: number | null
  parts: number | null
  resumedParts: number | null
  /** Requests that were sent once more, to the API and the storage together. */
  retries: number | null
  durationMs: number | null
  verified: Verified | null
  /** The manifest had it already, and nothing was sent. */
  skipped: boolean
  /** In JSON, only its fields stand there. */
  error: UploadError | null
}

/** Which source an event is about: its place in the order given, and the name to show. */
export interface About {
  index: number
  source: string
}

export type UploadEvent =
  /** Said once of several sources, when all were looked at and before the first is begun. `bytes`: of all that is to be sent. */
  { event: 'accepted'; sources: number; bytes: number } | AboutOne

/** What is said of one source. Those of several come interleaved. */
export type AboutOne =
  | ({ event: 'phase'; phase: Phase; uploadId: string | null; fileName: string | null; total: number | null } & About)
  /** Standard input is read to its end before anything is sent, since the API asks for its size. */
  | ({ event: 'spooled'; bytes: number } & About)
  /** `bytes` are acknowledged by the storage; `inFlight` were handed to the network and may have to be sent again. */
  | ({ event: 'progress'; bytes: number; inFlight: number; total: number } & About)
  /** The next try (`attempt`, from 2) follows after `delayMs`. */
  | ({ event: 'retry'; what: string; attempt: number; delayMs: number; reason: string } & About)
  /** `sandbox`: the answers come from a sandbox, and nothing reaches Scenario. `run`: it is about all sources alike, and said once. */
  | ({ event: 'note'; message: string; sandbox?: true; run?: true } & About)
  /** What only a curious reader wants to know. */
  | ({ event: 'detail'; message: string } & About)
  /** One request and its answer; `url` without its query. `status` is null where no answer came. */
  | ({ event: 'request'; method: string; url: string; status: number | null; durationMs: number } & About)
  | ({ event: 'done' } & Omit<UploadResult, 'error'> & About)
  | ({ event: 'error' } & ErrorFields & About)

export type OnEvent = (event: UploadEvent) => void
