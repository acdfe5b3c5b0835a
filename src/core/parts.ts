/** How a file is split: pure arithmetic over the storage's limits. */
import { UploadError } from '../errors.js'
import { exactSize } from './units.js'

export interface PartLimits {
  /** Of every part but the last. Larger than `maxParts`: the even split rests on it. */
  readonly minPart: number
  readonly maxPart: number
  readonly maxParts: number
  readonly maxSize: number
}

const MiB = 1024 ** 2
const GiB = 1024 ** 3

/** S3's own: it looks at them only when the upload is completed, so they are kept before anything is sent. */
export const s3Limits: PartLimits = { minPart: 5 * MiB, maxPart: 5 * GiB, maxParts: 10_000, maxSize: 5 * 1024 * GiB }

/** At most one of the two; neither is the default split. */
export interface SplitRequest {
  parts?: number | undefined
  partSize?: number | undefined
}

export interface Plan {
  size: number
  /** Of every part but the last. */
  partSize: number
  count: number
}

export interface PartRange {
  /** From 1. */
  number: number
  start: number
  /** Exclusive. */
  end: number
}

export function planParts(size: number, split: SplitRequest = {}, limits: PartLimits = s3Limits): Plan {
  checkSplit(split, limits)
  checkSize(size, limits)
  if (split.parts !== undefined) return planByCount(size, split.parts, limits)
  return planBySize(size, split.partSize ?? defaultPartSize(size, limits), limits)
}

export function partRange(plan: Plan, number: number): PartRange {
  if (!isWhole(number, 1, plan.count)) throw new RangeError(`there is no part ${number} of ${plan.count}`)
  const start = (number - 1) * plan.partSize
  return { number, start, end: number === plan.count ? plan.size : start + plan.partSize }
}

/** What can be told of a split before the file is known. */
export function checkSplit({ parts, partSize }: SplitRequest, limits: PartLimits = s3Limits): void {
  if (parts !== undefined && partSize !== undefined) {
    const hint = 'Give only one of the two.'
    throw new UploadError('ERR_USAGE', '`--parts` and `--part-size` cannot be given together', { hint })
  }
  if (parts !== undefined && !isWhole(parts, 1, limits.maxParts)) {
    const hint = 'Leave `--parts` out: the default split fits every file.'
    throw new UploadError('ERR_USAGE', `--parts takes a whole number from 1 to ${limits.maxParts}, not ${parts}`, {
      hint,
    })
  }
  if (partSize !== undefined && !isWhole(partSize, limits.minPart, limits.maxPart)) {
    const [least, most] = [exactSize(limits.minPart), exactSize(limits.maxPart)]
    const hint = `Give a size in between, such as \`--part-size ${least}\`, or leave it out.`
    throw new UploadError('ERR_USAGE', `--part-size takes ${least} to ${most}, not ${exactSize(partSize)}`, { hint })
  }
}

function isWhole(n: number, min: number, max: number): boolean {
  return Number.isInteger(n) && n >= min && n <= max
}

function checkSize(size: number, limits: PartLimits): void {
  if (size === 0) throw new UploadError('ERR_FILE_EMPTY', 'there is nothing to upload: no bytes at all')
  if (size <= limits.maxSize) return
  const most = exactSize(limits.maxSize)
  throw new UploadError('ERR_FILE_TOO_LARGE', `${size} bytes are more than the storage takes (${most})`)
}

/**
 * Exactly `count` parts. An even split with its small remainder last is what people expect; it is also a trap: 8.1 MiB
 * in two even parts is 4.05 MiB each, which the storage refuses at the very end. Then it is 5 MiB and the rest.
 *
 * Rounding up never eats the last part: the other parts take at most count - 1 bytes more than an exact split would,
 * and the last began with more than minPart - 1, which is larger than that (5 MiB against 10,000).
 */
function planByCount(size: number, count: number, limits: PartLimits): Plan {
  if (count < Math.ceil(size / limits.maxPart)) throw tooFew(size, count, limits)
  const even = Math.ceil(size / count)
  if (even >= limits.minPart) return { size, partSize: even, count }
  // Here the rest is less than minPart, since count parts of minPart would be more than the file.
  if ((count - 1) * limits.minPart < size) return { size, partSize: Math.min(limits.minPart, size), count }
  throw tooMany(size, count, limits)
}

function tooFew(size: number, count: number, { maxPart }: PartLimits): UploadError {
  const fewest = Math.ceil(size / maxPart)
  const why = `a part is at most ${exactSize(maxPart)}`
  return new UploadError('ERR_PARTS', `a file of ${size} bytes needs at least ${fewest} parts, not ${count}: ${why}`, {
    hint: `Give \`--parts ${fewest}\` or more, or leave it out.`,
  })
}

function tooMany(size: number, count: number, { minPart }: PartLimits): UploadError {
  const most = Math.ceil(size / minPart)
  const parts = most === 1 ? '1 part' : `${most} parts`
  const why = `every part but the last is at least ${exactSize(minPart)}`
  return new UploadError('ERR_PARTS', `a file of ${size} bytes can have at most ${parts}, not ${count}: ${why}`, {
    hint: `Give \`--parts ${most}\`${most === 1 ? '' : ' or fewer'}, or leave it out.`,
  })
}

function planBySize(size: number, partSize: number, limits: PartLimits): Plan {
  const count = Math.ceil(size / partSize)
  if (count > limits.maxParts) throw tooSmall(size, partSize, limits)
  return { size, partSize: Math.min(partSize, size), count }
}

function tooSmall(size: number, partSize: number, { maxPart, maxParts }: PartLimits): UploadError {
  const smallest = Math.ceil(size / maxParts)
  // To paste it is a round figure: a whole MiB, which may be a little more than the smallest.
  const round = exactSize(Math.min(Math.ceil(smallest / MiB) * MiB, maxPart))
  const fact = `parts of ${exactSize(partSize)} would be more than ${maxParts} for a file of ${size} bytes`
  return new UploadError('ERR_PARTS', `${fact}: the smallest part size for it is ${smallest} bytes`, {
    hint: `Give \`--part-size ${round}\` or more, or leave it out.`,
  })
}

/** About a thousand parts at most: the API answers with a long URL for each, and gateways cut answers of many megabytes. */
function defaultPartSize(size: number, { maxPart }: PartLimits): number {
  return Math.min(maxPart, Math.max(8 * MiB, Math.ceil(size / 1000 / MiB) * MiB))
}
