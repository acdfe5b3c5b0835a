/** What a failed connection means, in one sentence with the host, and never with the URL. */
import { type Circumstance, UploadError } from '../errors.js'
import { networkTable } from './retry.js'
import { systemCode } from './system-code.js'
import { formatDuration } from './units.js'

const certificateCodes =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET|DECRYPT|DECODE)|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/

/** A kept connection that was closed meanwhile says one of these. */
const closedCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

export interface Meeting {
  /** The host has answered before. */
  met: boolean
  /** The connection had carried a request before, and nothing of this one is known to have been sent or answered. */
  reused?: boolean
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
export function networkError(error: unknown, host: string, { met, reused = false }: Meeting): UploadError {
  const code = codeOf(error)
  if (certificateCodes.test(code)) {
    return new UploadError('ERR_CERTIFICATE', `the certificate of ${host} is not trusted (${code})`)
  }
  const row = networkTable[code]
  const unmet = !met && (row?.unmet === true || isConnectTimeout(error))
  const circumstance = circumstanceOf(unmet, reused && closedCodes.has(code))
  const sentence = row?.sentence(host) ?? `the connection to ${host} failed${code === '' ? '' : ` (${code})`}`
  return new UploadError('ERR_NETWORK', sentence, { circumstance })
}

function circumstanceOf(unmet: boolean, stale: boolean): Circumstance | undefined {
  if (unmet) return 'host-never-answered'
  return stale ? 'stale-connection' : undefined
}

export function silenceError(host: string, ms: number): UploadError {
  return new UploadError('ERR_NETWORK', `${host} went silent: nothing moved for ${formatDuration(ms)}`)
}
