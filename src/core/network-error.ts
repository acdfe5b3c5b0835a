/** What a failed connection means, in one sentence with the host, and never with the URL. */
import { UploadError } from '../errors.js'

const sentences: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) => `no such host: ${host} (DNS)`,
  EAI_AGAIN: (host) => `could not look up ${host} (DNS)`,
  ECONNREFUSED: (host) => `${host} refused the connection`,
  ECONNRESET: (host) => `${host} closed the connection`,
  EPIPE: (host) => `${host} closed the connection`,
  ECONNABORTED: (host) => `${host} closed the connection`,
  ETIMEDOUT: (host) => `${host} did not answer in time`,
  EHOSTUNREACH: (host) => `${host} cannot be reached`,
  ENETUNREACH: (host) => `${host} cannot be reached: no network`,
  ENETDOWN: (host) => `${host} cannot be reached: no network`,
}

const certificateCodes =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET|DECRYPT|DECODE)|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/

/** The `code` of a Node error, or of the error that an aggregate of tries (one an address) holds. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (own !== '' && own !== 'ERR_GOT_REQUEST_ERROR') return own
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === undefined ? own : codeOf(inner)
}

/** Made at the edge, without `cause`: the messages of HTTP clients hold the whole presigned URL. */
export function networkError(error: unknown, host: string): UploadError {
  const code = codeOf(error)
  if (certificateCodes.test(code)) {
    return new UploadError('ERR_CERTIFICATE', `the certificate of ${host} is not trusted (${code})`)
  }
  const sentence = sentences[code]
  if (sentence) return new UploadError('ERR_NETWORK', sentence(host))
  return new UploadError('ERR_NETWORK', `the connection to ${host} failed${code === '' ? '' : ` (${code})`}`)
}

export function silenceError(host: string, ms: number): UploadError {
  return new UploadError('ERR_NETWORK', `${host} went silent: nothing moved for ${Math.round(ms / 1000)} s`)
}
