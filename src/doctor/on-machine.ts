/** What is well with this machine, and what is not: rules over what was found there. */
import { platform } from 'node:os'
import { systemCode } from '../core/system-code.js'
import { formatBytes } from '../core/units.js'
import { UploadError } from '../errors.js'
import type { FoundCredentials } from '../scenario/credentials.js'
import type { TriedFolder } from '../state/try-folder.js'
import { type Finding, failed, ill, well } from './finding.js'

const needed = 'Node 20.19 or later is needed'

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return well(`Node ${version}`)
  return ill('ERR_NODE', `${needed}; this is ${version}`)
}

/** Names of variables, and never a word of what is in them. */
export function credentialsFinding(found: FoundCredentials | UploadError): Finding {
  if (found instanceof UploadError) return failed(found)
  if (found.from === null) return well('given by the caller')
  return well(found.note ?? `${found.from.join(' and ')} are set`)
}

/** The file of NODE_EXTRA_CA_CERTS, as far as it could be read. */
export interface ExtraRoots {
  path: string
  /** How many certificates are in it, and how many of them are none. */
  read: { good: number; bad: number } | { error: unknown }
}

/** `lax`: NODE_TLS_REJECT_UNAUTHORIZED is 0, by which some hope to be rid of an error. */
export function rootsFinding(extra: ExtraRoots | null, lax: boolean): Finding {
  const more = lax ? '; NODE_TLS_REJECT_UNAUTHORIZED is not heard: certificates are looked at all the same' : ''
  if (!extra) return well(`Node's own; NODE_EXTRA_CA_CERTS is not set${more}`)
  const { path, read } = extra
  const wrong = (what: string) => ill('ERR_ROOTS', `NODE_EXTRA_CA_CERTS is ${path}, ${what}`)
  if ('error' in read) return wrong(`which cannot be read (${systemCode(read.error)})`)
  if (read.good + read.bad === 0) return wrong('which holds no certificate')
  if (read.bad > 0) return wrong(`in which ${read.bad} of ${certificates(read.good + read.bad)} cannot be read`)
  return well(`Node's own and ${certificates(read.good)} of ${path} (NODE_EXTRA_CA_CERTS)${more}`)
}

const certificates = (count: number) => `${count} certificate${count === 1 ? '' : 's'}`

/** `windows`: there are no permissions and owners of this kind. */
export function stateFinding(
  folder: string,
  tried: TriedFolder | { error: unknown },
  windows: boolean = platform() === 'win32',
): Finding {
  if ('error' in tried) {
    const why = systemCode(tried.error)
    return ill('ERR_STATE_FOLDER', `${folder} cannot be written (${why}): what is interrupted begins anew`)
  }
  if (windows) return well(`${folder} can be written`)
  const { mode, owner, writer } = tried
  const whose = owner === writer ? 'yours' : `of user ${owner}, and you are user ${writer}`
  return well(`${folder} can be written (0${mode.toString(8)}, ${whose})`)
}

/** Where standard input is kept. */
export function tempFinding(folder: string, tried: { freeBytes: number } | UploadError): Finding {
  if (tried instanceof UploadError)
    return failed(tried, 'Set TMPDIR (on Windows TEMP) to a folder that can be written.')
  return well(`${folder} can be written, ${formatBytes(tried.freeBytes)} are free`)
}
