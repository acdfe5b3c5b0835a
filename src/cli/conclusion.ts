/** How a command ended: as one JSON document, as lines, and as an exit code. */
import type { ErrorCode, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Check, UnfinishedUpload } from '../index.js'
import { jsonLine } from './safe-text.js'

export interface Conclusion {
  results: readonly UploadResult[]
  /** What went wrong before any upload. */
  error: UploadError | null
  sandbox: boolean
  /** What this machine has begun and not finished, where that was asked for. */
  unfinished?: readonly UnfinishedUpload[]
  /** What the doctor looked at. */
  checks?: readonly Check[]
}

export function documentOf({ results, error, sandbox, unfinished, checks }: Conclusion, exitCode: number): string {
  const document = {
    schemaVersion: 1,
    ok: exitCode === 0,
    ...(sandbox ? { sandbox } : {}),
    uploads: results,
    ...(unfinished ? { unfinished } : {}),
    ...(checks ? { checks } : {}),
    error,
  }
  return jsonLine(document)
}

/** The line of a source that ended well; a source that failed has none. */
export function lineOf({ ok, entityId, uploadId }: Pick<UploadResult, 'ok' | 'entityId' | 'uploadId'>): string {
  const id = entityId ?? uploadId
  return ok && id !== null ? `${id}\n` : ''
}

/** Codes that end the command with their own, however the other sources ended. */
const overriding = new Set([4, 129, 130, 143])

/** They say nothing of the source itself. */
export const endedByOthers: ReadonlySet<ErrorCode> = new Set(['ERR_NOT_TRIED', 'ERR_STOPPED'])

export function exitCodeOf({ results, error }: Conclusion): number {
  if (error) return error.exitCode
  const tried = results.filter(({ error: own }) => own === null || !endedByOthers.has(own.code))
  if (results.length === 0) return 0
  const codes = new Set(tried.map((result) => result.error?.exitCode ?? 0))
  const ending = [...codes].find((code) => overriding.has(code))
  if (ending !== undefined) return ending
  return codes.size === 1 ? ([...codes][0] ?? 1) : 1
}
