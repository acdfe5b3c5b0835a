/** What a manifest means for a run: what is in it is not uploaded again, what is uploaded is put into it. */
import { asUploadError } from '../errors.js'
import type { Digest } from '../hash/digest.js'
import type { ByteSource, Source } from '../sources/source.js'
import type { Manifest, Recorded } from '../state/manifest.js'
import { contentOf } from './content.js'
import type { Destination, Said, Settings } from './context.js'
import { shownOf } from './create.js'
import type { Register } from './no-register.js'
import { type LookedUp, recordingOf } from './recording.js'
import { failedResult, plannedResult, skippedResult } from './result.js'
import { uploadOne } from './upload-one.js'
import { wantedOf } from './wanted.js'

export interface Desk {
  manifest: Manifest
  /** Upload what is known, too. */
  force: boolean
  settings: Settings
  place: Destination
  startSha256: (fileSize: number) => Digest
  now: () => number
  signal: AbortSignal
}

export function createRegister(desk: Desk): Register {
  const { manifest, force, settings, now } = desk
  const suffices = ({ entityId }: Recorded) => entityId !== null || !settings.wait || settings.until === 'validated'
  return {
    mayKnow: (source) => !force && manifest.mayKnow(wantedOf(source, desk)),
    knows: async (source, say) => {
      const { recorded } = await lookUp(source, { ...desk, say })
      return recorded !== null && suffices(recorded)
    },
    upload: async (source, say, connect) => {
      const startedAt = now()
      const own = { ...desk, say }
      try {
        const found = await lookUp(source, own)
        const { recorded } = found
        if (!recorded || !suffices(recorded)) return await uploadOne(found.source, connect(), recordingOf(found, own))
        return { ...skippedResult(source, recorded), durationMs: Math.round(now() - startedAt) }
      } catch (thrown) {
        return failedResult(plannedResult(source), asUploadError(thrown))
      } finally {
        if (source.flow === 'bytes') await source.discard().catch(() => {}) // of standard input, which may not have been sent
      }
    },
  }
}

type OwnDesk = Desk & { say: (said: Said) => void }

interface Found extends LookedUp {
  /** To be uploaded, where it is. */
  source: Source
}

/** A content of a size that was never there need not be read. */
async function lookUp(source: Source, desk: OwnDesk): Promise<Found> {
  const { manifest, force } = desk
  const wanted = wantedOf(source, desk)
  const unread = { source, wanted, content: undefined }
  if (force || !manifest.mayKnow(wanted)) return { ...unread, recorded: null }
  if (source.flow === 'remote') return { ...unread, recorded: manifest.find(wanted) }
  const read = await readAhead(source, desk)
  return { ...read, wanted, recorded: manifest.find(wanted, read.content) }
}

/** Standard input is gone once it is closed; of files, no more than those that are sent are held open. */
async function readAhead(source: ByteSource, { say, ...desk }: OwnDesk): Promise<{ source: Source; content: string }> {
  say({ event: 'phase', phase: 'checking', uploadId: null, ...shownOf(source) })
  const bytes = await source.open()
  const once = source.type === 'stdin'
  try {
    const content = await contentOf({ ...desk, source, bytes })
    say({ event: 'detail', message: `the SHA-256 of ${source.shown} is ${content}` })
    return { source: once ? { ...source, open: async () => bytes } : source, content }
  } finally {
    if (!once) await bytes.close().catch(() => {}) // of what was only read
  }
}
