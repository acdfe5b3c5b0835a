/** The settings of a run: their defaults, and what they may be. */
import { type Concurrency, type CountName, mostCounts } from '../core/counts.js'
import { idForm, isId } from '../core/ids.js'
import { mustBe } from '../core/must-be.js'
import { retryLimits } from '../core/retry.js'
import { checkRate } from '../core/token-bucket.js'
import { UploadError, usageError } from '../errors.js'
import type { Settings, Until } from './context.js'

/** How it is sent, and how long it is waited for. */
export interface RunOptions {
  /** Parts in flight at once, of all files together, 1 to 64, or `auto` for as many as the link is worth; default 4. */
  concurrency?: Concurrency | undefined
  /** Files in flight at once, 1 to 64; default 4. One that waits for its import is none of them. */
  jobs?: number | undefined
  /** The first source that fails ends the others too; default false. */
  failFast?: boolean | undefined
  /** Most requests to the API in any minute; default 100, as documented for a project. */
  rpm?: number | undefined
  /** Most bytes a second that are sent to the storage, over all parts, at least 1000; default: as many as can be. */
  limitRate?: number | undefined
  /** Compare each part's ETag with the MD5 of what was sent; default true. */
  verify?: boolean | undefined
  /** Wait for the end of the import; default true. */
  wait?: boolean | undefined
  /** `validated`: the first success is enough. `imported`: only with an entity id. Default: success, and the id if it comes soon. */
  until?: Until | undefined
  /** Most milliseconds to wait for the import; default 15 minutes. */
  timeout?: number | undefined
  /** Most milliseconds without progress before a failing request is given up; default 10 minutes, for one look 30 seconds. */
  retryFor?: number | undefined
  /** Most milliseconds of silence before an attempt is ended and made again; default 30 seconds. */
  stallTimeout?: number | undefined
  /** Go on with what an earlier run left, and leave something for a later one; default true. */
  resume?: boolean | undefined
}

export const runDefaults = {
  concurrency: 4,
  jobs: 4,
  rpm: 100,
  timeout: 15 * 60_000,
  retryFor: retryLimits.retryForMs,
  stallTimeout: 30_000,
}

/** Throws ERR_USAGE for what makes no sense. */
export function settingsFrom(options: RunOptions): Settings {
  const { verify = true, resume = true, failFast = false } = options
  mustBe('true or false', { verify, resume, failFast, wait: options.wait })
  return { ...speeds(options), ...times(options), ...ending(options), verify, resume, failFast }
}

function speeds(options: RunOptions) {
  const { concurrency = runDefaults.concurrency, jobs = runDefaults.jobs, rpm = runDefaults.rpm } = options
  if (concurrency !== 'auto') checkCount('--concurrency', concurrency, ', or auto')
  checkCount('--jobs', jobs)
  checkCount('--rpm', rpm)
  return { concurrency, jobs, rpm, limitRate: checkRate(options.limitRate ?? Number.POSITIVE_INFINITY) }
}

function times(options: RunOptions) {
  const { timeout: timeoutMs = runDefaults.timeout } = options
  const { retryFor: retryForMs = runDefaults.retryFor, stallTimeout: stallMs = runDefaults.stallTimeout } = options
  checkTime('--timeout', timeoutMs)
  checkTime('--retry-for', retryForMs)
  checkTime('--stall-timeout', stallMs, 1)
  return { timeoutMs, retryForMs, stallMs }
}

function ending({ until, wait = true }: RunOptions) {
  if (until !== undefined && until !== 'validated' && until !== 'imported') {
    throw usageError('--until must be validated or imported', 'Give one of the two.')
  }
  if (!wait && until !== undefined)
    throw usageError('--no-wait and --until cannot go together', 'Leave one of the two out.')
  return { until, wait }
}

function checkCount(name: CountName, count: number, otherwise = ''): void {
  const most = mostCounts[name]
  if (Number.isInteger(count) && count >= 1 && count <= most) return
  throw usageError(
    `${name} must be a whole number from 1 to ${most}${otherwise}`,
    `Leave \`${name}\` out: the default fits most.`,
  )
}

function checkTime(name: string, ms: number, least = 0): void {
  if (typeof ms === 'number' && ms >= least) return
  throw usageError(
    `${name} must be a time${least > 0 ? ', and more than none' : ', and not a negative one'}`,
    `Give a duration such as \`${name} 30s\`; from code, milliseconds.`,
  )
}

/** Throws ERR_USAGE for what cannot be the id of an upload. */
export function checkUploadId(id: string): string {
  if (typeof id === 'string' && isId(id)) return id
  throw new UploadError('ERR_USAGE', 'that is not the id of an upload', {
    hint: `Give an id like upload_AbC123 (${idForm}); \`scenario-upload status\` lists those of this machine.`,
  })
}
