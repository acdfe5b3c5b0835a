/** What a failed connection means, in one sentence with the host, and never with the URL. */
import { type Circumstance, UploadError } from '../errors.js'
import { type Door, mistakenBy } from './mistaken.js'
import { networkTable } from './retry.js'
import { systemCode } from './system-code.js'
import { formatDuration } from './units.js'

const certificateCodes =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET|DECRYPT|DECODE)|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/

interface CertificateRow {
  is: string
  /** Where no other authority would help. */
  hint: (host: string) => string
}

const ofAnother: CertificateRow = {
  is: 'is that of another host',
  hint: () =>
    'Check the address (`--api-url`, or HTTPS_PROXY for a proxy), and that no network asks you to sign in first.',
}

/** By the code of Node's error. One that is not named is about who vouches for the certificate. */
const certificateTable: Readonly<Record<string, CertificateRow>> = {
  CERT_HAS_EXPIRED: {
    is: 'has expired',
    hint: (host) => `Check this machine's clock; if it is right, whoever runs ${host} has to renew the certificate.`,
  },
  CERT_NOT_YET_VALID: { is: 'is not valid yet', hint: () => "Check this machine's clock: it may be slow." },
  ERR_TLS_CERT_ALTNAME_INVALID: ofAnother,
  HOSTNAME_MISMATCH: ofAnother,
}

/** A kept connection that was closed meanwhile says one of these. */
const closedCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

export interface Meeting {
  /** The host has answered before. */
  met: boolean
  /** The connection had carried a request before, and nothing of this one is known to have been sent or answered. */
  reused?: boolean
  /** Default: the API's. */
  door?: Door
}

/** The `code` of a Node error, or of the error that an aggregate of tries (one an address) holds. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = systemCode(error)
  if (own !== '' && own !== 'ERR_GOT_REQUEST_ERROR') return own
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === undefined ? own : codeOf(inner)
}

/** The phase before a connection stands, as the HTTP client names it where that took too long. */
function isConnectTimeout(error: unknown): boolean {
  return error instanceof Error && 'event' in error && /^(lookup|connect|secureConnect)$/.test(String(error.event))
}

/** Made at the edge, without `cause`: the messages of HTTP clients hold the whole presigned URL. */
export function networkError(error: unknown, host: string, meeting: Meeting): UploadError {
  const { met, reused = false, door = 'api' } = meeting
  // A way through a proxy has told already what went wrong there.
  if (error instanceof Error && error.cause instanceof UploadError) return error.cause
  const code = codeOf(error)
  if (certificateCodes.test(code)) {
    const { is, hint } = certificateTable[code] ?? { is: 'is not trusted' }
    return new UploadError('ERR_CERTIFICATE', `the certificate of ${host} ${is} (${code})`, { hint: hint?.(host) })
  }
  const mistaken = mistakenBy(error, code)
  const row = mistaken ?? networkTable[code]
  const unmet = !met && (mistaken !== undefined || networkTable[code]?.unmet === true || isConnectTimeout(error))
  const circumstance = circumstanceOf(unmet, reused && closedCodes.has(code))
  const sentence = row?.sentence(host) ?? `the connection to ${host} failed${code === '' ? '' : ` (${code})`}`
  return new UploadError('ERR_NETWORK', sentence, { circumstance, ...mistaken?.hints?.[door] })
}

function circumstanceOf(unmet: boolean, stale: boolean): Circumstance | undefined {
  if (unmet) return 'host-never-answered'
  return stale ? 'stale-connection' : undefined
}

/** `connected`: there was somebody to be silent. Before that, it is one more way for a host not to be there. */
export function silenceError(host: string, ms: number, { met, connected }: { met: boolean; connected: boolean }) {
  const circumstance = circumstanceOf(!met && !connected, false)
  return new UploadError('ERR_NETWORK', `${host} went silent: nothing moved for ${formatDuration(ms)}`, {
    circumstance,
  })
}
