/** What an answer of the API other than 2xx means. */

import { type Headers, headerOf } from '../core/headers.js'
import { type Clean, oneLine } from '../core/redact.js'
import { askedPauseMs, codeForStatus, pauseMs } from '../core/retry.js'
import { type ErrorCode, UploadError } from '../errors.js'
import { defaultApiUrl, isUsual } from './address.js'

export interface Answer {
  status: number
  headers: Headers
  body: string
}

interface Said {
  words: string
  traceId: string | undefined
  remainingMs: number | undefined
  planLimit: boolean
  /** There is something, and it is not what the API's errors look like: something before it answers. */
  page: boolean
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

const text = (...values: unknown[]) =>
  values.find((value): value is string => typeof value === 'string' && value !== '')

/** The API's own words, in the four shapes that its errors have, or the title of a gateway's HTML page. */
function read(body: string, clean: Clean): Said {
  const parsed = parseJson(body)
  if (!isRecord(parsed)) {
    const title = /<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? (body.includes('<') ? '' : body)
    return {
      words: oneLine(clean(title)),
      traceId: undefined,
      remainingMs: undefined,
      planLimit: false,
      page: body.trim() !== '',
    }
  }
  const details = isRecord(parsed.details) ? parsed.details : {}
  const seconds = [parsed.remainingSeconds, details.remainingSeconds].find((value) => typeof value === 'number')
  return {
    words: oneLine(clean(text(joined(parsed.message), parsed.reason, parsed.name, parsed.error) ?? '')),
    traceId: text(parsed.traceId, parsed.trace_id),
    remainingMs: seconds === undefined ? undefined : pauseMs(seconds),
    planLimit: details.actionName !== undefined || details.actionLimit !== undefined,
    page: false,
  }
}

/** Of a request with several mistakes, some tell each. */
const joined = (value: unknown) =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '').join('; ') : value

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined // a gateway's page, or nothing: `read` makes the best of it
  }
}

function codeFor(status: number, call: string, said: Said): ErrorCode {
  if (status === 429 && said.planLimit) return 'ERR_PLAN_LIMIT'
  if (status === 404 && call === 'create') return 'ERR_API_REFUSED'
  if (status === 410 && call === 'look at') return 'ERR_UPLOAD_UNKNOWN'
  return codeForStatus(status, 'api')
}

const sentences: Partial<Record<ErrorCode, (status: number) => string>> = {
  ERR_CREDENTIALS_REFUSED: (status) => `the API refused the credentials (${status})`,
  ERR_PLAN_LIMIT: (status) => `the plan's limit is reached (${status})`,
  ERR_RATE_LIMITED: (status) => `the API asked for fewer requests (${status})`,
  ERR_SERVER: (status) => `the API had a temporary failure (${status})`,
  ERR_REDIRECT: (status) => `the API answered with a redirect (${status}), which is not followed`,
  ERR_UPLOAD_UNKNOWN: (status) => `the API knows no such upload (${status})`,
}

const unusualAddressHint =
  'Check `--api-url`: the address of a Scenario API usually ends in /v1, and this one does not.'

/** The names of the request-id headers are assumed; the body's trace id is documented and comes first. */
const requestIdHeaders = ['x-request-id', 'x-amzn-requestid', 'x-amzn-trace-id'] as const

interface Asked {
  now?: number
  apiUrl?: string
}

/** The error for an answer to `call`. A date in `Retry-After` is held against the server's own, else against `now`. */
export function refusal(
  call: string,
  answer: Answer,
  clean: Clean,
  { now = Date.now(), apiUrl = defaultApiUrl }: Asked = {},
): UploadError {
  const { status } = answer
  const said = read(answer.body, clean)
  const code = codeFor(status, call, said)
  const who = status === 407 ? 'a proxy before the API' : 'the API'
  const sentence = sentences[code]?.(status) ?? `${who} refused to ${call} the upload (${status})`
  const requestId = said.traceId ?? requestIdHeaders.map((name) => headerOf(answer, name)).find((value) => value)
  return new UploadError(code, said.words === '' ? sentence : `${sentence}: ${said.words}`, {
    hint: status === 404 && call === 'create' && !isUsual(apiUrl) ? unusualAddressHint : undefined,
    apiStatus: status,
    circumstance: said.page ? 'page' : undefined,
    requestId: requestId === undefined ? undefined : oneLine(clean(requestId), 200),
    retryAfterMs: askedPauseMs(answer, now) ?? said.remainingMs,
  })
}
