/** The two flows that every source leads into: bytes that we send, and an address that the server fetches. */
import type { AssetOptions } from '../core/asset-options.js'
import type { Plan } from '../core/parts.js'
import type { Fingerprint } from './fingerprint.js'
import type { OnChunk, Range } from './range-chunks.js'

/** The bytes of one state of a file. */
export interface ByteReader {
  /** One range, read afresh, in chunks that are good until the next is asked for; `onChunk` sees each of them first. */
  open(range: Range, onChunk: OnChunk): AsyncIterable<Uint8Array>
  /** `touched`: only the inode's change time moved, so the bytes may or may not have. Throws ERR_FILE_CHANGED. */
  check(): Promise<'same' | 'touched'>
  /** Takes the present change time for the one to compare with. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Where the bytes are, and in which state they were found: what a later run must find again to go on. */
export interface Origin {
  /** Absolute, links followed. */
  path: string
  fingerprint: Fingerprint
}

export interface ByteSource {
  flow: 'bytes'
  type: 'file' | 'stdin'
  /** What the user wrote. */
  shown: string
  fileName: string
  contentType: string
  kind: string
  plan: Plan
  assetOptions: AssetOptions
  /** Null for what no later run finds again, as standard input. */
  origin: Origin | null
  /** Called once, when its turn has come. */
  open(): Promise<ByteReader>
  /** Lets go of what is held for a source whose turn never comes. */
  discard(): Promise<void>
}

export type RemoteSource = { flow: 'remote'; shown: string; kind: string } & (
  | { type: 'url'; url: string; assetOptions: AssetOptions }
  | { type: 'huggingface'; model: string }
  | { type: 'civitai'; url: string }
)

export type Source = ByteSource | RemoteSource
