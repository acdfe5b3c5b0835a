/** Why a path cannot be read, as an error of ours. */
import { systemCode } from '../core/system-code.js'
import { type ErrorCode, UploadError } from '../errors.js'
import { missingHint } from './missing-hint.js'

const reasons: Readonly<Record<string, readonly [ErrorCode, (shown: string) => string]>> = {
  ENOENT: ['ERR_FILE_MISSING', (shown) => `${shown}: no such file`],
  ENOTDIR: ['ERR_FILE_MISSING', (shown) => `${shown}: no such file (a part of the path is no folder)`],
  ELOOP: ['ERR_FILE_MISSING', (shown) => `${shown}: the link leads back to itself`],
  ENAMETOOLONG: ['ERR_FILE_MISSING', (shown) => `${shown}: no such file (the name is too long)`],
  EACCES: ['ERR_FILE_UNREADABLE', (shown) => `${shown}: permission denied`],
  EISDIR: ['ERR_NOT_A_FILE', (shown) => `${shown} is a folder, not a regular file`],
  EPERM: ['ERR_FILE_UNREADABLE', (shown) => `${shown}: permission denied`],
}

export function inputError(error: unknown, shown: string): UploadError {
  const code = systemCode(error)
  const [ours, sentence] = reasons[code] ?? ['ERR_FILE_UNREADABLE', (name) => `${name} cannot be read (${code})`]
  const hint = ours === 'ERR_FILE_MISSING' ? missingHint(shown) : undefined
  return new UploadError(ours, sentence(shown), { hint, cause: error })
}
