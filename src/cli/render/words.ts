/** What the renderers say, in words. */
import { resolve } from 'node:path'
import { formatBytes, formatDuration, formatRate } from '../../core/units.js'
import type { ErrorCode, ErrorFields } from '../../errors.js'
import type { Phase, UploadEvent, UploadResult } from '../../events.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'
import { isNamed } from './named.js'
import type { Sums } from './tally.js'

type Said<Name extends UploadEvent['event']> = Extract<UploadEvent, { event: Name }>

export const phaseWords: Record<Phase, string> = {
  checking: 'checking the content',
  creating: 'creating the upload',
  sending: 'sending',
  finishing: 'finishing',
  validating: 'validating',
}

export const retriesText = (retries: number) =>
  retries === 0 ? '' : `${retries} ${retries === 1 ? 'retry' : 'retries'}`

/** How many files are in which state. `briefly`: without what soon passes, and what bars tell. */
export function statesWords({ in: phases, done, sources, failed, retries }: Sums, briefly: boolean): string {
  const passing = names.map((name) => count(phases.get(name) ?? 0, name))
  const lasting = [count(phases.get('validating') ?? 0, 'validating'), count(failed, 'failed'), retriesText(retries)]
  const told = briefly ? lasting : [`${done} of ${sources} done`, ...passing, ...lasting]
  return told.filter((words) => words !== '').join(', ')
}

/** Of the phases that soon pass. */
const names: readonly Phase[] = ['creating', 'sending', 'finishing']

const count = (number: number, what: string) => (number === 0 ? '' : `${number} ${what}`)

/** How long the bytes took, and how many were there before. */
interface Sent {
  ms: number
  already: number
}

/** From what a renderer knows of a source; undefined where no bytes of it were sent. */
export function sentIn(known: { sendingMs: number | undefined; already: number | undefined }): Sent | undefined {
  const { sendingMs, already = 0 } = known
  return sendingMs === undefined ? undefined : { ms: sendingMs, already }
}

/** `how`: where any bytes were sent. */
export function doneLine(done: Said<'done'>, how: Sent | undefined, style: Style): string {
  const sent = done.bytes !== null && how !== undefined ? sentWords(done.bytes, how) : ''
  const proof = done.verified === 'md5' ? 'MD5 verified' : ''
  const facts = [done.skipped ? 'already uploaded' : (done.status ?? 'handed over'), sent, proof].filter(
    (fact) => fact !== '',
  )
  return `${style.good(style.glyphs.done)} ${safeText(done.source)}: ${safeText(facts.join(', '))}`
}

function sentWords(bytes: number, { ms, already }: Sent): string {
  const fresh = bytes - already
  const words = `${formatBytes(fresh)} in ${formatDuration(ms)} (${formatRate((1000 * fresh) / Math.max(1, ms))})`
  return already === 0 ? words : `${words} beside the ${formatBytes(already)} that were there`
}

export function errorLines(error: ErrorFields, about: string, style: Style): string {
  return `${style.bad(style.glyphs.failed)} ${sentenceOf(error, about)}\n  ${style.dim(style.glyphs.hint)} ${safeText(error.hint)}`
}

/** `about` is the source, where more than one could be meant. */
export function sentenceOf({ message, requestId }: ErrorFields, about: string): string {
  const id = requestId === null ? '' : ` [request ${safeText(requestId)}]`
  return `${prefix(about, message)}${safeText(message)}${id}`
}

/** `about` is the source, where there are several. */
export function noteLine({ message, sandbox, run }: Said<'note'>, about: string): string {
  return `note: ${sandbox || run ? '' : prefix(about, message)}${safeText(message)}`
}

/** For the curious. */
export function detailLine({ message }: Said<'detail'>, about: string, { glyphs }: Style): string {
  return `${glyphs.dot} ${prefix(about, message)}${safeText(message)}`
}

export function retryLine({ what, attempt, delayMs, reason }: Said<'retry'>, about: string, { glyphs }: Style): string {
  const which = reason.includes(what) ? '' : `${what}: `
  return `${glyphs.dot} ${prefix(about, reason)}${which}${safeText(reason)}; try ${attempt} in ${formatDuration(delayMs)}`
}

export function requestLine({ method, url, status, durationMs }: Said<'request'>, { glyphs }: Style): string {
  return `${glyphs.dot} ${method} ${safeText(url)}: ${status ?? 'no answer'} after ${formatDuration(durationMs)}`
}

const prefix = (about: string, message: string) =>
  about === '' || isNamed(message, about) ? '' : `${safeText(about)}: `

/** Sources given twice were sent once. `tookMs`: left out where nobody knows. */
export function totalLine(results: readonly UploadResult[], tookMs?: number): string {
  const good = results.filter(({ ok }) => ok)
  const endedBy = (code: ErrorCode) => results.filter(({ error }) => error?.code === code).length
  const [untried, stopped] = [endedBy('ERR_NOT_TRIED'), endedBy('ERR_STOPPED')]
  const skipped = good.filter((result) => result.skipped).length
  const sent = new Map(good.filter((result) => !result.skipped).map(({ uploadId, bytes }) => [uploadId, bytes ?? 0]))
  const bytes = [...sent.values()].reduce((sum, each) => sum + each, 0)
  const known = skipped === 0 ? '' : ` (${skipped} already uploaded)`
  const facts = [
    `${good.length} of ${results.length} done${known}`,
    count(results.length - good.length - untried - stopped, 'failed'),
    ...[count(stopped, 'stopped'), count(untried, 'not tried')],
    [bytes === 0 ? '' : formatBytes(bytes), tookMs === undefined ? '' : `in ${formatDuration(tookMs)}`]
      .join(' ')
      .trim(),
  ]
  return `total: ${facts.filter((fact) => fact !== '').join(', ')}`
}

export function planLine({ source, bytes, parts, kind, contentType, skipped }: UploadResult): string {
  if (skipped) return `would skip ${safeText(source)}: already uploaded`
  const what = bytes === null ? `fetched by the server, as ${kind}` : sendWords(bytes, parts ?? 1, kind, contentType)
  return `would upload ${safeText(source)}: ${safeText(what)}`
}

/** A file of which the same is planned twice would be sent once. */
export function planTotalLine(results: readonly UploadResult[]): string {
  const good = results.filter(({ ok }) => ok)
  const plans = [...new Map(good.map((result) => [planKey(result), result])).values()]
  const sent = plans.filter(({ skipped }) => !skipped)
  const bytes = sent.reduce((sum, each) => sum + (each.bytes ?? 0), 0)
  const facts = [
    `${sent.length} would be uploaded`,
    count(plans.length - sent.length, 'already uploaded'),
    count(results.length - good.length, 'failed'),
    bytes === 0 ? '' : formatBytes(bytes),
  ]
  return `total: ${facts.filter((fact) => fact !== '').join(', ')}`
}

const planKey = (result: UploadResult) =>
  JSON.stringify({ ...result, source: result.type === 'file' ? resolve(result.source) : result.source })

function sendWords(bytes: number, parts: number, kind: string | null, contentType: string | null): string {
  return `${formatBytes(bytes)} in ${parts} part${parts === 1 ? '' : 's'}, as ${kind} (${contentType})`
}

export function statusLine({ source, status, kind, fileName, bytes, entityId }: UploadResult): string {
  const facts = [kind, fileName, bytes === null ? null : formatBytes(bytes), entityId].filter((fact) => fact !== null)
  const more = facts.length > 0 ? ` (${facts.join(', ')})` : ''
  return safeText(`${source} is ${status ?? 'unknown'}${more}`)
}
