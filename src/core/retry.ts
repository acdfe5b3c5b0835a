/**
 * Whether to try a request again, and when. What each answer and each failure is called stands in three tables; what
 * follows from its name in a fourth; and how long to go on is the time without progress, never a count of tries.
 */
import type { ErrorCode, UploadError } from '../errors.js'
import { type Headers, headerOf } from './headers.js'

/** `retry`: the same request may go through later. `refresh`: it needs a fresh URL first. `final`: it never will. */
export type Verdict = 'retry' | 'refresh' | 'final'

/** What follows from an error's name; all that is not named is final. */
export const verdicts = {
  ERR_NETWORK: 'retry',
  ERR_SERVER: 'retry',
  ERR_RATE_LIMITED: 'retry',
  ERR_INTEGRITY: 'retry',
  ERR_URL_EXPIRED: 'refresh',
} as const satisfies Partial<Record<ErrorCode, Verdict>>

interface StatusRow {
  api: ErrorCode
  storage: ErrorCode
}

const both = (code: ErrorCode): StatusRow => ({ api: code, storage: code })
const refused: StatusRow = { api: 'ERR_API_REFUSED', storage: 'ERR_STORAGE_REFUSED' }

/** By status: what an answer is called that says no more. `3xx` and its like stand for all that are not named. */
export const statusTable: Readonly<Record<string, StatusRow>> = {
  '3xx': both('ERR_REDIRECT'),
  '401': { api: 'ERR_CREDENTIALS_REFUSED', storage: 'ERR_STORAGE_REFUSED' },
  '403': { api: 'ERR_CREDENTIALS_REFUSED', storage: 'ERR_STORAGE_REFUSED' },
  '404': { api: 'ERR_UPLOAD_UNKNOWN', storage: 'ERR_STORAGE_REFUSED' },
  '407': both('ERR_PROXY'),
  '408': both('ERR_SERVER'),
  // It does not know `expect`, which the next try then leaves out.
  '417': { api: 'ERR_API_REFUSED', storage: 'ERR_SERVER' },
  '425': both('ERR_SERVER'),
  '429': both('ERR_RATE_LIMITED'),
  '4xx': refused,
  '501': refused,
  '5xx': both('ERR_SERVER'),
}

/** By the code in S3's XML, which goes before the status; a code that is not named leaves the word to the status. */
export const s3Table: Readonly<Record<string, ErrorCode>> = {
  SlowDown: 'ERR_RATE_LIMITED',
  Throttling: 'ERR_RATE_LIMITED',
  ThrottlingException: 'ERR_RATE_LIMITED',
  TooManyRequestsException: 'ERR_RATE_LIMITED',
  RequestLimitExceeded: 'ERR_RATE_LIMITED',
  ExpiredToken: 'ERR_URL_EXPIRED',
  BadDigest: 'ERR_INTEGRITY',
  // Said with a 4xx, or even a 200, though the same request may go through a moment later.
  RequestTimeout: 'ERR_SERVER',
  InternalError: 'ERR_SERVER',
  ServiceUnavailable: 'ERR_SERVER',
  OperationAborted: 'ERR_SERVER',
  IncompleteBody: 'ERR_SERVER',
}

interface NetworkRow {
  sentence: (host: string) => string
  /** No connection was made: such a host may not be there at all. */
  unmet?: true
}

const closed: NetworkRow = { sentence: (host) => `${host} closed the connection` }

/** By the code of Node's error. All are worth another try, and so is one that is not named. */
export const networkTable: Readonly<Record<string, NetworkRow>> = {
  ENOTFOUND: { sentence: (host) => `no such host: ${host} (DNS)`, unmet: true },
  EAI_AGAIN: { sentence: (host) => `could not look up ${host} (DNS)`, unmet: true },
  ECONNREFUSED: { sentence: (host) => `${host} refused the connection`, unmet: true },
  EHOSTUNREACH: { sentence: (host) => `${host} cannot be reached`, unmet: true },
  ENETUNREACH: { sentence: (host) => `${host} cannot be reached: no network`, unmet: true },
  ENETDOWN: { sentence: (host) => `${host} cannot be reached: no network`, unmet: true },
  ETIMEDOUT: { sentence: (host) => `${host} did not answer in time` },
  ECONNRESET: closed,
  EPIPE: closed,
  ECONNABORTED: closed,
}

export function verdictOf({ code }: Pick<UploadError, 'code'>): Verdict {
  const known: Partial<Record<ErrorCode, Verdict>> = verdicts
  return known[code] ?? 'final'
}

/** What an answer of this status is called, to the API or the storage. */
export function codeForStatus(status: number, door: keyof StatusRow): ErrorCode {
  const row = statusTable[String(status)] ?? statusTable[`${String(status).charAt(0)}xx`] ?? refused
  return row[door]
}

/** Whether the tool may try the same request again by itself. */
export const isTransient = (error: Pick<UploadError, 'code'>) => verdictOf(error) === 'retry'

export const retryLimits = {
  /** Milliseconds without progress after which no other try is made; `--retry-for`. */
  retryForMs: 10 * 60_000,
  /** The ceiling of the first delay; it doubles with each try. */
  baseMs: 1000,
  /** No ceiling grows beyond this. */
  capMs: 20_000,
  /** A part whose ETag is not its MD5 is sent again so often. */
  resends: 3,
  /** Where a host that has never answered cannot be connected to, as one with a slip in its name: so many tries, or so much time. */
  strangerTries: 5,
  strangerMs: 30_000,
}

export interface Tried {
  /** How often this request was made, from 1. */
  attempt: number
  /** How many of these tries failed in this way. */
  alike: number
  /** Milliseconds since the first failure after the last progress, without those asleep. */
  quietMs: number
}

/** `final`: it would only fail again. `tries`, `time`: it was tried long enough. `pause`: the server asks for too long a pause. */
export type Next = { delayMs: number } | { stop: 'final' | 'tries' | 'time' | 'pause' }

/**
 * What follows a failed try. The delay backs off exponentially, with full jitter; `Retry-After` is a floor, and the
 * jitter comes on top, so that many clients do not come back at once. The last try is made when the time is up.
 */
export function nextTry(
  error: UploadError,
  { attempt, alike, quietMs }: Tried,
  retryForMs: number = retryLimits.retryForMs,
  random: () => number = Math.random,
  limits = retryLimits,
): Next {
  if (!isTransient(error)) return { stop: 'final' }
  const stranger = error.circumstance === 'host-never-answered'
  const left = (stranger ? Math.min(retryForMs, limits.strangerMs) : retryForMs) - quietMs
  if (error.code === 'ERR_INTEGRITY' && alike > limits.resends) return { stop: 'tries' }
  if (stranger && alike >= limits.strangerTries) return { stop: 'tries' }
  if (left <= 0) return { stop: 'time' }
  const floor = error.retryAfterMs ?? 0
  if (floor > left) return { stop: 'pause' }
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** (attempt - 1))
  return { delayMs: Math.min(left, floor + Math.round(random() * ceiling)) }
}

/** A number that a server wrote may be beyond all numbers; a pause is still one that can be told. */
export const pauseMs = (seconds: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(seconds * 1000)))

/** A `Retry-After` header, in seconds or as a date, in milliseconds from `now`; undefined where it says nothing. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return pauseMs(Number(value))
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** The pause that an answer asks for in its headers. A date is held against the server's own, else against `now`. */
export function askedPauseMs(answer: { headers: Headers }, now: number): number | undefined {
  return parseRetryAfter(headerOf(answer, 'retry-after'), dateOr(headerOf(answer, 'date'), now))
}

/** What the date in an answer is held against: the server's own clock, where it says what it shows. */
export function dateOr(date: string | undefined, now: number): number {
  const told = Date.parse(date ?? '')
  return Number.isNaN(told) ? now : told
}
