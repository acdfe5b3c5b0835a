/** What an answer of the bucket other than 2xx means: S3's XML, of which code and message are enough to show. */
import { type Headers, headerOf } from '../core/headers.js'
import { oneLine, redact } from '../core/redact.js'
import { askedPauseMs, codeForStatus, s3Table } from '../core/retry.js'
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

/**
 * An expired URL has a code of its own only where a token in it expired; else S3 says AccessDenied, with words that other
 * storages have in other ways. After the URL's end, AccessDenied needs no words.
 */
function codeFor({ status }: BucketAnswer, s3Code: string, message: string, isExpired: () => boolean): ErrorCode {
  // Its own rows alone: a code may be called `constructor`.
  const known = Object.hasOwn(s3Table, s3Code) ? s3Table[s3Code] : undefined
  if (known) return known
  if (status === 403 && (/has expired/i.test(message) || (s3Code === 'AccessDenied' && isExpired()))) {
    return 'ERR_URL_EXPIRED'
  }
  // A "yes" that brings an error with it is none.
  return isYes(status) ? 'ERR_SERVER' : codeForStatus(status, 'storage')
}

export const isYes = (status: number) => status >= 200 && status <= 299

const verbs: Partial<Record<ErrorCode, string>> = {
  ERR_RATE_LIMITED: 'asked for fewer requests',
  ERR_URL_EXPIRED: 'says that the URL is too old',
  ERR_INTEGRITY: 'received other bytes than were sent',
  ERR_SERVER: 'had a temporary failure',
  ERR_REDIRECT: 'answered with a redirect, which is not followed',
}

/** Where the table's would send the user to an address that is none of the user's. */
const hints: Partial<Record<ErrorCode, { hint: string }>> = {
  ERR_REDIRECT: {
    hint: 'Open any page in a browser: a network may ask you to sign in first. If none does, run it once more with `--verbose`, and send what it says to Scenario support.',
  },
}

/** Never the whole body: S3's SignatureDoesNotMatch carries the credential and the query. */
export function s3Error(
  part: string,
  answer: BucketAnswer,
  isExpired: () => boolean = () => false,
  now: number = Date.now(),
): UploadError {
  const s3Code = redact(unescaped(element(answer.body, 'Code')))
  const message = oneLine(redact(unescaped(element(answer.body, 'Message'))))
  const code = codeFor(answer, s3Code, message, isExpired)
  const said = [s3Code, message].filter((word) => word !== '').join(': ')
  const who = answer.status === 407 ? 'a proxy before the storage' : 'the storage'
  const sentence = `${who} ${verbs[code] ?? 'refused the bytes'} (${part}, ${answer.status})`
  return new UploadError(code, said === '' ? sentence : `${sentence}: ${oneLine(said)}`, {
    ...hints[code],
    requestId: requestIdOf(answer),
    retryAfterMs: askedPauseMs(answer, now),
    storageCode: s3Code === '' ? undefined : oneLine(s3Code, 100),
  })
}

/** What the storage's operator finds it by, where it is said. */
export function requestIdOf(answer: BucketAnswer): string | undefined {
  const id = headerOf(answer, 'x-amz-request-id') ?? unescaped(element(answer.body, 'RequestId'))
  return id === '' ? undefined : oneLine(redact(id), 200)
}

/** Whether a body that came with a "yes" is S3's XML of an error, or the page of something that is no storage at all. */
export function belies({ headers, body }: BucketAnswer): boolean {
  if (/<Error[\s>]/.test(body)) return true
  return body.trim() !== '' && headerOf({ headers }, 'etag') === undefined
}
