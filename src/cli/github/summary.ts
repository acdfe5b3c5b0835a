/** How each source ended, as a table in Markdown on the summary page of a GitHub Actions run. */
import { stat } from 'node:fs/promises'
import { systemCode } from '../../core/system-code.js'
import { formatBytes, formatDuration } from '../../core/units.js'
import type { UploadResult } from '../../events.js'
import type { Environment } from '../io.js'
import { sentenceOf, totalLine } from '../render/words.js'
import { safeText } from '../safe-text.js'
import { inGithubActions } from './annotations.js'
import { appendLines } from './append.js'

interface Summary {
  results: readonly UploadResult[]
  sandbox: boolean
}

/** What GitHub takes of one step; a larger summary is dropped as a whole. */
const limit = 1024 ** 2

/** Resolves to a sentence for the log where the summary could not be written: the uploads are no worse for it. */
export async function addSummary(summary: Summary, env: Environment): Promise<string | null> {
  const path = env.GITHUB_STEP_SUMMARY
  if (!inGithubActions(env) || !path || summary.results.length === 0) return null
  try {
    const taken = await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
    // One for the line that an earlier writer may have left open.
    const text = summaryText(summary, limit - taken - 1)
    if (text === '') return 'the step summary is full: the table of these uploads is left out'
    await appendLines(path, text)
    return null
  } catch (error) {
    return `the step summary could not be written (${systemCode(error)})`
  }
}

/** In so many bytes of UTF-8: the whole table, else as much of it as there is room for, else nothing. */
export function summaryText({ results, sandbox }: Summary, room: number): string {
  const page = (rows: readonly string[], cut: string) => pageOf(rows, [totalLine(results), cut], sandbox)
  const whole = page(results.map(rowOf), '')
  if (Buffer.byteLength(whole) <= room) return whole
  const failedFirst = results.toSorted((a, b) => Number(a.ok) - Number(b.ok)).map(rowOf)
  const cut = (rows: number) =>
    `The table is cut: it has ${rows} of ${results.length} sources, those that failed first.`
  const left = { bytes: room - Buffer.byteLength(page([], cut(results.length))) }
  if (left.bytes < 0) return ''
  const rows = failedFirst.filter((row) => {
    left.bytes -= Buffer.byteLength(row)
    return left.bytes >= 0
  })
  return page(rows, cut(rows.length))
}

function pageOf(rows: readonly string[], words: readonly string[], sandbox: boolean): string {
  const title = `### scenario-upload${sandbox ? ' (sandbox: nothing reached Scenario)' : ''}`
  const head = '| source | result | id | size | duration |\n| --- | --- | --- | ---: | ---: |'
  const foot = words.filter((each) => each !== '').map((each) => `${each}\n`)
  return [`\n${title}\n\n${head}\n${rows.join('')}`, ...foot].join('\n')
}

function rowOf(result: UploadResult): string {
  const { source, entityId, uploadId, bytes, durationMs } = result
  const size = bytes === null ? '' : formatBytes(bytes)
  const duration = durationMs === null ? '' : formatDuration(durationMs)
  return `| ${[verbatim(source), ending(result), verbatim(entityId ?? uploadId ?? ''), size, duration].join(' | ')} |\n`
}

function ending({ ok, status, error, skipped }: UploadResult): string {
  if (skipped) return '✔ already uploaded'
  if (ok) return `✔ ${verbatim(status ?? 'handed over')}`
  if (error === null || error.code === 'ERR_NOT_TRIED') return 'not tried'
  if (error.code === 'ERR_STOPPED') return 'stopped'
  return `✖ ${verbatim(sentenceOf(error, ''))}`
}

/**
 * Foreign text as a code span: the one place where neither Markdown, HTML, `@name` nor an address means anything. Only a
 * pipe would end the cell, and readers differ about a backslash before one.
 */
function verbatim(text: string): string {
  const safe = safeText(text)
  if (safe === '') return ''
  const runs = [...safe.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(1 + Math.max(0, ...runs))
  const gap = /^[` ]|[` ]$/.test(safe) ? ' ' : ''
  return `${fence}${gap}${safe.replaceAll('\\|', '\\ |').replaceAll('|', '\\|')}${gap}${fence}`
}
