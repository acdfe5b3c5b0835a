/** What a check found: that something is well, or what is wrong with it and what to do. */
import { type ErrorCode, UploadError } from '../errors.js'

/** One line of a diagnosis. */
export interface Check {
  name: string
  ok: boolean
  message: string
  /** The action to take; null where there is none to take here. */
  hint: string | null
}

/** `error` is null for what was not tried: it is not known to be wrong. */
export type Finding =
  | { ok: true; message: string }
  | { ok: false; error: UploadError }
  | { ok: false; error: null; message: string }

export const well = (message: string): Finding => ({ ok: true, message })

/** `hint`: default the table's. */
export const ill = (code: ErrorCode, message: string, hint?: string): Finding => ({
  ok: false,
  error: new UploadError(code, message, { hint }),
})

/** A failure as it was thrown, with an action that knows more of the circumstances. */
export function failed({ code, message, hint, requestId }: UploadError, better: string = hint): Finding {
  return { ok: false, error: new UploadError(code, message, { hint: better, requestId: requestId ?? undefined }) }
}

export const notTried = (before: string): Finding => ({
  ok: false,
  error: null,
  message: `not tried: mend \`${before}\` first`,
})

export function checkOf(name: string, finding: Finding): Check {
  if (finding.ok || !finding.error) return { name, ok: finding.ok, message: finding.message, hint: null }
  const { message, hint } = finding.error
  return { name, ok: false, message, hint }
}
