/** What the renderers say, in words. */
import { formatBytes, formatDuration, formatRate } from '../../core/units.js'
import type { ErrorFields } from '../../errors.js'
import type { Phase, UploadEvent, UploadResult } from '../../events.js'
import { safeText } from '../safe-text.js'
import type { Style } from '../style.js'

type Done = Extract<UploadEvent, { event: 'done' }>

export const phaseWords: Record<Phase, string> = {
  checking: 'checking the content',
  creating: 'creating the upload',
  sending: 'sending',
  finishing: 'finishing',
  validating: 'validating',
}

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
export function doneLine(done: Done, how: Sent | undefined, style: Style): string {
  const sent = done.bytes !== null && how !== undefined ? sentWords(done.bytes, how) : ''
  const proof = done.verified === 'md5' ? 'MD5 verified' : ''
  const facts = [done.skipped ? 'already uploaded' : (done.status ?? 'handed over'), sent, proof].filter(
    (fact) => fact !== '',
  )
  return `${style.good('✔')} ${safeText(done.source)}: ${safeText(facts.join(', '))}`
}

function sentWords(bytes: number, { ms, already }: Sent): string {
  const fresh = bytes - already
  const words = `${formatBytes(fresh)} in ${formatDuration(ms)} (${formatRate((1000 * fresh) / Math.max(1, ms))})`
  return already === 0 ? words : `${words} beside the ${formatBytes(already)} that were there`
}

/** `about` is the source, where more than one could be meant. */
export function errorLines({ message, hint, requestId }: ErrorFields, about: string, style: Style): string {
  const id = requestId === null ? '' : ` [request ${safeText(requestId)}]`
  const source = about === '' || message.includes(about) ? '' : `${safeText(about)}: `
  return `${style.bad('✖')} ${source}${safeText(message)}${id}\n  ${style.dim('→')} ${safeText(hint)}`
}

export function retryLine({ what, attempt, delayMs, reason }: Extract<UploadEvent, { event: 'retry' }>): string {
  const about = reason.includes(what) ? '' : `${what}: `
  return `· ${about}${safeText(reason)}; try ${attempt} in ${formatDuration(delayMs)}`
}

export function requestLine({ method, url, status, durationMs }: Extract<UploadEvent, { event: 'request' }>): string {
  return `· ${method} ${safeText(url)}: ${status ?? 'no answer'} after ${formatDuration(durationMs)}`
}

/** Sources given twice were sent once. */
export function totalLine(results: readonly UploadResult[]): string {
  const good = results.filter(({ ok }) => ok)
  const sent = new Map(good.map(({ uploadId, bytes, skipped }) => [uploadId, skipped ? 0 : (bytes ?? 0)]))
  const bytes = [...sent.values()].reduce((sum, each) => sum + each, 0)
  const skipped = good.filter((result) => result.skipped).length
  const known = skipped === 0 ? '' : ` (${skipped} already uploaded)`
  return `total: ${good.length} of ${results.length} done${known}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`
}

export function planLine({ source, bytes, parts, kind, contentType, skipped }: UploadResult): string {
  if (skipped) return `would skip ${safeText(source)}: already uploaded`
  const what = bytes === null ? `fetched by the server, as ${kind}` : sendWords(bytes, parts ?? 1, kind, contentType)
  return `would upload ${safeText(source)}: ${safeText(what)}`
}

function sendWords(bytes: number, parts: number, kind: string | null, contentType: string | null): string {
  return `${formatBytes(bytes)} in ${parts} part${parts === 1 ? '' : 's'}, as ${kind} (${contentType})`
}

export function statusLine({ source, status, kind, fileName, bytes, entityId }: UploadResult): string {
  const facts = [kind, fileName, bytes === null ? null : formatBytes(bytes), entityId].filter((fact) => fact !== null)
  const more = facts.length > 0 ? ` (${facts.join(', ')})` : ''
  return safeText(`${source} is ${status ?? 'unknown'}${more}`)
}
