/** A file is not any more what it was when it was looked at. */
import { UploadError } from '../errors.js'

export function changed(shown: string, how: string): UploadError {
  return new UploadError('ERR_FILE_CHANGED', `${shown} changed while it was being sent: ${how}`)
}
