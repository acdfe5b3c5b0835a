/** How a reference came to be: who asked for it, where, and with what of its own. */
import { UploadError } from '../errors.js'
import type { OwnOptions } from './own-options.js'

export interface Provenance {
  /** What is asked for it alone. */
  own?: OwnOptions
  /** Where it is written in a list, as `line 3 of list.txt`. */
  line?: string
  /** A folder or a pattern brought it. */
  found?: boolean
  /** What was against it when it was looked for. */
  refused?: UploadError
}

/** The options for it: its own go before those of the call. */
export function optionsOf<Options extends object>({ own }: Provenance, options: Options): Options {
  return own ? { ...options, ...own } : options
}

/** Does what may be a wrong wish; its error then says where in a list it stands. */
export function atLine<Value>({ line }: Provenance, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw withLine(line, error)
  }
}

export function withLine(line: string | undefined, error: unknown): unknown {
  if (line === undefined || !(error instanceof UploadError) || error.exitCode !== 2) return error
  return new UploadError(error.code, `${line}: ${error.message}`, { hint: error.hint, cause: error })
}
