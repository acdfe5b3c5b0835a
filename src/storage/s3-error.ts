/** What an answer of the bucket other than 2xx means: S3's XML, of which code and message are enough to show. */
import { type Headers, headerOf } from '../core/headers.js'
import { oneLine, redact } from '../core/redact.js'
import { parseRetryAfter } from '../core/retry.js'
import { type ErrorCode, UploadError } from '../errors.js'

export interface BucketAnswer {
  status: number
  headers: Headers
  body: string
}

const element = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}
const unescaped = (text: string) => text.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity)

/** Codes that S3 says with a 4xx, though the same request may go through a moment later. */
const temporaryCodes = new Set(['RequestTimeout', 'InternalError', 'ServiceUnavailable', 'OperationAborted'])
const slowDownCodes = new Set([
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
])

function codeFor(status: number, s3Code: string, message: string): ErrorCode {
  if (slowDownCodes.has(s3Code) || status === 429) return 'ERR_RATE_LIMITED'
  if (s3Code === 'ExpiredToken' || (status === 403 && /has expired/i.test(message))) return 'ERR_URL_EXPIRED'
  if (s3Code === 'BadDigest') return 'ERR_INTEGRITY'
  // 417: it does not know `expect`, which the next try then leaves out.
  if (status === 408 || status === 417 || (status >= 500 && status !== 501) || temporaryCodes.has(s3Code))
    return 'ERR_SERVER'
  if (status >= 300 && status < 400) return 'ERR_REDIRECT'
  return 'ERR_STORAGE_REFUSED'
}

const verbs: Partial<Record<ErrorCode, string>> = {
  ERR_RATE_LIMITED: 'asked for fewer requests',
  ERR_URL_EXPIRED: 'says that the URL is too old',
  ERR_INTEGRITY: 'received other bytes than were sent',
  ERR_SERVER: 'had a temporary failure',
  ERR_REDIRECT: 'answered with a redirect, which is not followed',
}

/** Never the whole body: S3's SignatureDoesNotMatch carries the credential and the query. */
export function s3Error(part: string, answer: BucketAnswer, now: number = Date.now()): UploadError {
  const s3Code = unescaped(element(answer.body, 'Code'))
  const message = oneLine(redact(unescaped(element(answer.body, 'Message'))))
  const code = codeFor(answer.status, s3Code, message)
  const said = [s3Code, message].filter((word) => word !== '').join(': ')
  const who = answer.status === 407 ? 'a proxy before the storage' : 'the storage'
  const sentence = `${who} ${verbs[code] ?? 'refused the bytes'} (${part}, ${answer.status})`
  const requestId = headerOf(answer, 'x-amz-request-id') ?? unescaped(element(answer.body, 'RequestId'))
  return new UploadError(code, said === '' ? sentence : `${sentence}: ${oneLine(said)}`, {
    requestId: requestId === '' ? undefined : oneLine(redact(requestId), 200),
    retryAfterMs: parseRetryAfter(headerOf(answer, 'retry-after'), now),
  })
}
