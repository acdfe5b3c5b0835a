/** A refusal said once more, to somebody who would only hear the same. */
import { UploadError } from '../errors.js'

/** Another error each time: what becomes of it is the affair of the one who gets it. */
export const again = ({ code, message, requestId }: UploadError, retryAfterMs: number | undefined): UploadError =>
  new UploadError(code, message, { requestId: requestId ?? undefined, retryAfterMs })
