/** What a failed way through a proxy means. It names the proxy, and never what the proxy's address says beside its host. */
import { ownHint, UploadError } from '../errors.js'
import { networkError } from './network-error.js'
import { codeForStatus, isTransient } from './retry.js'
import { formatDuration } from './units.js'

export interface Tunnel {
  proxy: URL
  /** Host and port of what it was to lead to. */
  target: string
  /** The proxy has led somewhere before. */
  met: boolean
  /** And to this target. */
  reached: boolean
}

/** From the error that the tunnel's maker ended with: an answer other than 200, or no answer at all. */
export function tunnelError(error: unknown, tunnel: Tunnel): UploadError {
  const [, status] = (error instanceof Error && /^Bad response: (\d+)$/.exec(error.message)) || []
  return status === undefined ? unreached(error, tunnel) : refused(Number(status), tunnel)
}

/** Its hint is another than that of a server: there is a second address to look at. */
function unreached(error: unknown, { proxy, met }: Tunnel): UploadError {
  const failed = networkError(error, nameOf(proxy), { met, door: 'proxy' })
  const { code, message, circumstance } = failed
  const fallback = code === 'ERR_NETWORK' ? checkIt : undefined
  return new UploadError(code, message, { circumstance, hint: ownHint(failed) ?? fallback })
}

export function tunnelSilence(ms: number, { proxy, met }: Tunnel): UploadError {
  const circumstance = met ? undefined : 'host-never-answered'
  const sentence = `${nameOf(proxy)} did not answer for ${formatDuration(ms)}`
  return new UploadError('ERR_NETWORK', sentence, { circumstance, hint: checkIt })
}

function refused(status: number, { proxy, target, reached }: Tunnel): UploadError {
  const name = nameOf(proxy)
  if (status === 407) return new UploadError('ERR_PROXY', ...unknownThere(proxy))
  if (isTransient({ code: codeForStatus(status, 'storage') })) {
    // It says so of a host that is not there, too.
    const circumstance = reached ? undefined : 'host-never-answered'
    return new UploadError('ERR_NETWORK', `${name} could not connect to ${target} (${status})`, { circumstance })
  }
  return new UploadError('ERR_PROXY', `${name} refused to connect to ${target} (${status})`, {
    hint: `Ask whoever runs it to let ${target} pass, or name that host in NO_PROXY where it can be reached without.`,
  })
}

function unknownThere(proxy: URL): [message: string, details: { hint?: string }] {
  const name = nameOf(proxy)
  if (proxy.username === '' && proxy.password === '') return [`${name} asks for a user name and password (407)`, {}]
  const hint = 'Check the user name and password in HTTPS_PROXY; special characters of them must be percent-encoded.'
  return [`${name} refused the user name and password (407)`, { hint }]
}

const nameOf = (proxy: URL) => `the proxy ${proxy.host}`
const checkIt = 'Check the address of the proxy (HTTPS_PROXY) and that it runs, then run the same command again.'
