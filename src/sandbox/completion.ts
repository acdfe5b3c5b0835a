/** Whether an upload can be completed: the checks that S3 makes only when all parts are there. */
import type { FileBody } from './create-body.js'
import { bytesHeld, partsInOrder, type Upload } from './upload.js'

const minPartSize = 5 * 1024 ** 2

/** One sentence that names the parts, or nothing where all is well. */
export function completionProblem(upload: Upload, { parts, fileSize }: FileBody): string | undefined {
  const missing = Array.from({ length: parts }, (_, index) => index + 1).filter((number) => !upload.parts.has(number))
  if (missing.length > 0) return `Missing: ${named(missing)} of ${parts}`
  const small = partsInOrder(upload).filter(({ number, size }) => number < parts && size < minPartSize)
  if (small.length > 0)
    return `Smaller than ${minPartSize} bytes: ${named(small.map(({ number }) => number))}; only the last part may be`
  const bytes = bytesHeld(upload)
  return bytes === fileSize ? undefined : `Parts 1 to ${parts} have ${bytes} bytes, but fileSize says ${fileSize}`
}

function named(numbers: readonly number[]): string {
  const more = numbers.length > 10 ? ` and ${numbers.length - 10} more` : ''
  return `${numbers.length === 1 ? 'part' : 'parts'} ${numbers.slice(0, 10).join(', ')}${more}`
}
