/** Sizes, durations and counts: read from what people write, and written as people read them. */
import { UploadError } from '../errors.js'

const KiB = 1024
const sizeUnits = new Map<string, number>([
  ['', 1],
  ['b', 1],
  ['kib', KiB],
  ['mib', KiB ** 2],
  ['gib', KiB ** 3],
  ['tib', KiB ** 4],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
])

/** '8MiB', '10MB' or plain bytes, as bytes. `option` is the name that the error begins with. */
export function parseSize(text: string, option: string): number {
  const [, digits = 'NaN', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim()) ?? []
  if (/^[kmgt]$/i.test(unit)) throw ambiguous(text, option, digits, unit.toUpperCase())
  const factor = sizeUnits.get(unit.toLowerCase()) ?? Number.NaN
  const bytes = Number(digits) * factor
  // 1.1MiB is no whole number of bytes, and 1.001MB is none in floating point either; 1.5 plain bytes are a mistake.
  const whole = factor === 1 ? bytes : Math.round(bytes)
  if (Number.isSafeInteger(whole)) return whole
  const hint = 'Write a size such as `8MiB`, `10MB` or `8388608` (bytes).'
  throw new UploadError('ERR_USAGE', `${option} takes a size such as 8MiB, 10MB or plain bytes, not "${text}"`, {
    hint,
  })
}

function ambiguous(text: string, option: string, digits: string, letter: string): UploadError {
  const choice = `${digits}${letter}iB (powers of 1024) or ${digits}${letter}B (powers of 1000)`
  return new UploadError('ERR_USAGE', `${option} "${text}" is ambiguous: it may be ${choice}`, {
    hint: `Write \`${digits}${letter}iB\` or \`${digits}${letter}B\`.`,
  })
}

const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m(?:in)?', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** Each unit at most once, the largest first: '1m30s', and not '1s1m', which is a slip of the hand. */
const durationPattern = new RegExp(`^${durationUnits.map(([unit]) => `(?:(\\d+(?:\\.\\d+)?) ?${unit} ?)?`).join('')}$`)

/** '30s', '1m30s', '1.5h' as milliseconds. A bare number is refused: nobody can tell whether it means s or ms. */
export function parseDuration(text: string, option: string): number {
  const amounts = durationPattern.exec(text.trim())?.slice(1) ?? []
  const sum = durationUnits.reduce((ms, [, factor], i) => ms + Number(amounts[i] ?? 0) * factor, 0)
  if (amounts.some((amount) => amount !== undefined) && Number.isSafeInteger(Math.round(sum))) return Math.round(sum)
  const hint = 'Write the number with its unit: `500ms`, `30s`, `10m`, `2h` or `1d`.'
  throw new UploadError('ERR_USAGE', `${option} takes a duration with a unit (ms, s, m, h, d), not "${text}"`, { hint })
}

export interface CountRange {
  min: number
  max?: number
  /** The option's name, for the error. */
  name: string
}

export function parseCount(text: string, { min, max = Number.MAX_SAFE_INTEGER, name }: CountRange): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (count >= min && count <= max) return count
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  const hint = `Give a whole number ${range}, such as \`${name} ${min}\`.`
  throw new UploadError('ERR_USAGE', `${name} takes a whole number ${range}, not "${text}"`, { hint })
}

const exactUnits = [
  ['TiB', KiB ** 4],
  ['GiB', KiB ** 3],
  ['MiB', KiB ** 2],
] as const

/** A size to the byte, in the largest unit that divides it: what `parseSize` reads back as the same number. */
export function exactSize(bytes: number): string {
  const [unit, factor] = exactUnits.find(([, factor]) => bytes > 0 && bytes % factor === 0) ?? ['', 1]
  return `${bytes / factor}${unit}`
}

const shownUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** '512 B', '4.2 MB', '123 GB': powers of 1000, one decimal under 100. */
export function formatBytes(bytes: number): string {
  if (Math.round(bytes) < 1000) return `${Math.round(bytes)} B`
  // 999.5 and not 1000: what would be rounded up to 1000 kB is shown as 1.0 MB.
  const found = shownUnits.findIndex((_, power) => bytes / 1000 ** power < 999.5)
  const power = found === -1 ? shownUnits.length - 1 : Math.max(found, 1)
  const amount = bytes / 1000 ** power
  return `${amount.toFixed(amount < 99.95 ? 1 : 0)} ${shownUnits[power]}`
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** '40 ms', '3.1 s', '1 min 5 s', '2 h 3 min': two units at most, and none that is zero. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return twoUnits(seconds, 'min', 's')
  return twoUnits(Math.round(ms / 60_000), 'h', 'min')
}

function twoUnits(amount: number, large: string, small: string): string {
  const rest = amount % 60
  return `${Math.floor(amount / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** '0:07', '12:03', '1:02:03': whole seconds gone by, so never rounded up. */
export function formatClock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h === 0 ? `${m}:${twoDigits(s)}` : `${h}:${twoDigits(m)}:${twoDigits(s)}`
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}
