/** What a manifest has to do with one upload while it runs: what was recorded of it, and what is to be. */
import { asUploadError, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Digest } from '../hash/digest.js'
import type { ByteReader, ByteSource } from '../sources/source.js'
import type { Manifest, Recorded, Wanted } from '../state/manifest.js'
import { watch } from './content.js'
import type { Said } from './context.js'

/** Looks on while bytes are sent. */
export interface Witness {
  /** To send from. */
  bytes: ByteReader
  /** All is sent: resolves once it is known what that was. */
  testify(): Promise<void>
  /** Nobody wants to know any more. */
  dismiss(): void
}

export interface Recording {
  /** An upload of the same content that was recorded before it had its entity id. */
  earlier: string | null
  watch(source: ByteSource, bytes: ByteReader): Witness
  /** It has ended well, in this way. */
  keep(known: UploadResult): Promise<void>
}

/** Stands in where there is no manifest. */
export const noRecording: Recording = {
  earlier: null,
  watch: (_, bytes) => ({ bytes, testify: async () => {}, dismiss: () => {} }),
  keep: async () => {},
}

interface Keeping {
  manifest: Manifest
  startSha256: (fileSize: number) => Digest
  signal: AbortSignal
  say: (said: Said) => void
}

/** What was looked up before. */
export interface LookedUp {
  wanted: Wanted
  /** Of bytes, where they were read. */
  content: string | undefined
  recorded: Recorded | null
}

export function recordingOf({ wanted, recorded, content }: LookedUp, keeping: Keeping): Recording {
  const { manifest, say } = keeping
  const known = { content: content ?? null }
  return {
    earlier: recorded?.uploadId ?? null,
    watch: (source, bytes) => {
      const watched = watch({ ...keeping, source, bytes })
      const testify = async () => {
        known.content = await watched.content()
      }
      return { bytes: watched.bytes, testify, dismiss: watched.stop }
    },
    keep: async ({ uploadId, entityId, status, skipped }) => {
      // What is there stands in the manifest already, but for the id.
      if (uploadId === null || (skipped && entityId === null)) return
      if (wanted.address === null && known.content === null) {
        const message = `${wanted.source} was touched or has changed since it was sent, so the manifest does not have it`
        say({ event: 'note', message })
        return
      }
      await manifest
        .append(wanted, { uploadId, entityId, status }, known.content ?? undefined)
        .catch((error: unknown) => {
          throw unrecorded(`${wanted.source} is uploaded (${entityId ?? uploadId})`, error)
        })
    },
  }
}

/** Whoever cannot find it in the manifest finds its id here. */
function unrecorded(what: string, cause: unknown): UploadError {
  const { code, message } = asUploadError(cause)
  return new UploadError(code, `${what}, but ${message}`, { cause })
}
