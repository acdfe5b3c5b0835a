/** What stands in the answer for a source: all fields always, null for what does not apply. */
import { UploadError } from '../errors.js'
import type { SourceType, UploadResult } from '../events.js'
import type { RemoteUpload } from '../scenario/schema.js'
import type { Source } from '../sources/source.js'
import type { Recorded } from '../state/manifest.js'

/** For a source of which no more is known than what the user wrote. */
export function blankResult(shown: string, type: SourceType | null): UploadResult {
  return {
    source: shown,
    type,
    ok: false,
    uploadId: null,
    entityId: null,
    kind: null,
    status: null,
    fileName: null,
    contentType: null,
    bytes: null,
    parts: null,
    resumedParts: null,
    retries: null,
    durationMs: null,
    verified: null,
    skipped: false,
    error: null,
  }
}

/** For a source that was looked at: what is planned for it. */
export function plannedResult(source: Source): UploadResult {
  const blank = { ...blankResult(source.shown, source.type), kind: source.kind }
  if (source.flow === 'remote') return blank
  const { fileName, contentType, plan } = source
  return { ...blank, fileName, contentType, bytes: plan.size, parts: plan.count, resumedParts: 0 }
}

/** For a source that a manifest has: nothing of it is sent, and so nothing is split. */
export function skippedResult(source: Source, recorded: Recorded): UploadResult {
  const { uploadId, entityId, status } = recorded
  return { ...plannedResult(source), ...nothingSent, ok: true, uploadId, entityId, status, retries: 0 }
}

export const nothingSent = { skipped: true, parts: null, resumedParts: null }

/** What the API knows of an upload that another command began. */
export function remoteResult(id: string, upload: RemoteUpload | null): UploadResult {
  const blank = { ...blankResult(id, upload ? (typesBySource.get(upload.source) ?? null) : null), uploadId: id }
  if (!upload) return blank
  const { entityId, kind, status, fileName, contentType, fileSize, partsCount } = upload
  return { ...blank, entityId, kind, status, fileName, contentType, bytes: fileSize, parts: partsCount }
}

const typesBySource: ReadonlyMap<string | null, SourceType> = new Map([
  ['multipart', 'file'],
  ['url', 'url'],
  ['huggingface', 'huggingface'],
  ['civitai', 'civitai'],
])

export function failedResult(result: UploadResult, error: UploadError): UploadResult {
  return { ...result, ok: false, error: fitting(error, result.type) }
}

/** Of what the server fetches, there is no file to look into. */
function fitting(error: UploadError, type: SourceType | null): UploadError {
  const { code, message, requestId } = error
  if (code !== 'ERR_IMPORT_FAILED' || type === null || type === 'file' || type === 'stdin') return error
  return new UploadError(code, message, { hint: remoteHint, requestId: requestId ?? undefined, cause: error })
}

const remoteHint =
  "Check that its address or name is right, and that Scenario's servers may fetch it as anyone may, then upload it again."

/** For those who get no more than the error: the same one, with how far the upload came, and the first one as its cause. */
export function errorOf(result: UploadResult, error: UploadError): UploadError {
  const { code, message, hint, requestId, retryAfterMs } = error
  return new UploadError(code, message, { hint, requestId: requestId ?? undefined, retryAfterMs, cause: error, result })
}
