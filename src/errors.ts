/** Every way in which an upload can end badly, as data; one class carries them all. */
import type { UploadResult } from './events.js'

interface ErrorRow {
  /** The process exit code, where this error ends the command. */
  readonly exitCode: number
  /** Whether the same command, run again, may end well. */
  readonly retryable: boolean
  /** When it happens. */
  readonly meaning: string
  /** What to do about it: a command or an action. A thrower that knows more says it instead. */
  readonly hint: string
}

export const errorTable = {
  ERR_USAGE: {
    exitCode: 2,
    retryable: false,
    meaning: 'The options or sources do not make sense together.',
    hint: 'Run `scenario-upload --help` for the options.',
  },
  ERR_KIND_UNKNOWN: {
    exitCode: 2,
    retryable: false,
    meaning: 'Neither the name nor the first bytes tell what kind of thing this is.',
    hint: 'Say it with `--kind`: 3d, asset, audio, avatar, image, model, text or video.',
  },
  ERR_PARTS: {
    exitCode: 2,
    retryable: false,
    meaning: 'The file cannot be split as asked.',
    hint: 'Leave `--parts` and `--part-size` out: the default split fits every file.',
  },
  ERR_FILE_MISSING: {
    exitCode: 3,
    retryable: false,
    meaning: 'There is no such file, it is a link to nothing, or a folder or pattern brings no file.',
    hint: 'Check the path.',
  },
  ERR_FILE_UNREADABLE: {
    exitCode: 3,
    retryable: false,
    meaning: 'The file, or standard input, could not be read.',
    hint: 'Check that you may read it: `ls -l` shows its permissions.',
  },
  ERR_FILE_EMPTY: {
    exitCode: 3,
    retryable: false,
    meaning: 'There is nothing to upload: no bytes at all.',
    hint: 'Check the program that should have written it, then run the same command again.',
  },
  ERR_NOT_A_FILE: {
    exitCode: 3,
    retryable: false,
    meaning: 'The path is a folder, a pipe, a socket or a device, not a regular file.',
    hint: 'Give the path of a regular file; what comes through a pipe is read with `-` and `--name`.',
  },
  ERR_FILE_TOO_LARGE: {
    exitCode: 3,
    retryable: false,
    meaning: 'The file is larger than the storage takes (5 TiB).',
    hint: 'Split it into several uploads.',
  },
  ERR_CONTENT_MISMATCH: {
    exitCode: 3,
    retryable: false,
    meaning: 'The content is surely not what its name or `--kind` says.',
    hint: 'Give the right `--kind`, or `--content-type` to send it as it is.',
  },
  ERR_FILE_CHANGED: {
    exitCode: 3,
    retryable: false,
    meaning: 'The file changed while it was being sent; the upload was not completed.',
    hint: 'Wait until nothing writes to the file, then run the same command again.',
  },
  ERR_CREDENTIALS_MISSING: {
    exitCode: 4,
    retryable: false,
    meaning: 'The API key, its secret, or both are not in the environment.',
    hint: 'Set SCENARIO_SDK_API_KEY and SCENARIO_SDK_API_SECRET, or try an upload without an account: add `--sandbox` to it.',
  },
  ERR_CREDENTIALS_REFUSED: {
    exitCode: 4,
    retryable: false,
    meaning: 'The API answered 401 or 403.',
    hint: 'Check the API key, its secret and its rights on the project (`--project`).',
  },
  ERR_SPOOL: {
    exitCode: 1,
    retryable: false,
    meaning:
      'Standard input, or a sandbox, could not be kept in a temporary folder, most often because the disk is full.',
    hint: 'Free some space, or set TMPDIR (on Windows TEMP) to a folder on a larger disk.',
  },
  ERR_REPLY: {
    exitCode: 1,
    retryable: false,
    meaning: 'The API answered something that makes no sense.',
    hint: 'Check that `--api-url` is a Scenario API (its address ends in /v1).',
  },
  ERR_CERTIFICATE: {
    exitCode: 1,
    retryable: false,
    meaning: 'The server showed a certificate that is not trusted here, has expired, or is that of another host.',
    hint: 'If it is signed by an authority of your own, set NODE_EXTRA_CA_CERTS to its PEM file.',
  },
  ERR_NODE: {
    exitCode: 1,
    retryable: false,
    meaning: 'This version of Node is too old (`doctor` only).',
    hint: 'Install Node 20.19 or later.',
  },
  ERR_ROOTS: {
    exitCode: 1,
    retryable: false,
    meaning: 'NODE_EXTRA_CA_CERTS names a file that is not there, or is not of certificates (`doctor` only).',
    hint: 'Set NODE_EXTRA_CA_CERTS to a readable PEM file, or unset it.',
  },
  ERR_CLOCK: {
    exitCode: 1,
    retryable: false,
    meaning: "This machine's clock is wrong by more than five minutes (`doctor` only).",
    hint: 'Set the clock: certificates and presigned URLs that expire go by it. On Linux, `timedatectl set-ntp true`.',
  },
  ERR_IMPORT_FAILED: {
    exitCode: 1,
    retryable: false,
    meaning: 'The bytes arrived, but Scenario could not make an asset or model of them.',
    hint: 'Open the file in another program to see that it is whole and of its kind, then upload it again.',
  },
  ERR_COMMAND: {
    exitCode: 1,
    retryable: false,
    meaning: 'The command after `sandbox --` could not be started.',
    hint: 'Check its spelling and that it is in PATH; on Windows, start scripts with `cmd /c`.',
  },
  ERR_LISTENER: {
    exitCode: 1,
    retryable: false,
    meaning: 'What was given as `onEvent` (or `onCheck`) threw an error (library only).',
    hint: 'Mend the listener: it must not throw.',
  },
  ERR_STDOUT: {
    exitCode: 1,
    retryable: false,
    meaning: 'The answer could not be written to standard output; the ids are on stderr.',
    hint: 'Check the disk or program that standard output goes to.',
  },
  ERR_GITHUB_OUTPUT: {
    exitCode: 1,
    retryable: false,
    meaning: 'The ids could not be written to the file that GITHUB_OUTPUT names; they are on stderr.',
    hint: 'Check that the step may write to that file, and that its disk has room.',
  },
  ERR_NOT_TRIED: {
    exitCode: 1,
    retryable: false,
    meaning: 'Another source ended the run before this one was begun.',
    hint: 'Run the command again for this source once the other error is mended.',
  },
  ERR_STOPPED: {
    exitCode: 1,
    retryable: false,
    meaning: 'Another source ended the run while this one was under way (`--fail-fast`).',
    hint: 'Run the command again once the other error is mended: what was sent of this one is kept.',
  },
  ERR_MANIFEST: {
    exitCode: 3,
    retryable: false,
    meaning: 'The file of `--manifest` cannot be opened or written, or is no manifest.',
    hint: 'Check its path and who may write there, then run the same command again.',
  },
  ERR_STATE_FOLDER: {
    exitCode: 3,
    retryable: false,
    meaning: 'Unfinished uploads cannot be remembered; an upload goes on without (`doctor` only).',
    hint: 'Make the folder writable for you, or set XDG_STATE_HOME to one that is.',
  },
  ERR_NOT_KEPT: {
    exitCode: 3,
    retryable: false,
    meaning: 'This machine keeps no unfinished upload of that id.',
    hint: 'Run `scenario-upload status` for those that it keeps.',
  },
  ERR_BUSY: {
    exitCode: 5,
    retryable: true,
    meaning: 'Another run is sending the same upload.',
    hint: 'Wait until it ends, or end it; then run the same command again.',
  },
  ERR_NETWORK: {
    exitCode: 5,
    retryable: true,
    meaning: 'The connection could not be made, broke or went silent, after every try.',
    hint: 'Check the network, then run the same command again.',
  },
  ERR_SERVER: {
    exitCode: 5,
    retryable: true,
    meaning: 'The API or the storage had a temporary failure (a 5xx answer), after every try.',
    hint: 'Run the same command again in a few minutes.',
  },
  ERR_RATE_LIMITED: {
    exitCode: 5,
    retryable: true,
    meaning: 'The API or the storage asked for fewer requests (429, SlowDown), after every try.',
    hint: 'Run the same command again in a few minutes.',
  },
  ERR_INTEGRITY: {
    exitCode: 5,
    retryable: true,
    meaning: 'The storage received other bytes than were sent, on every try.',
    hint: 'Run the same command again; for a bucket that encrypts what it keeps, add `--no-verify`.',
  },
  ERR_URL_EXPIRED: {
    exitCode: 5,
    retryable: true,
    meaning: 'The presigned URLs of the parts expired before the bytes were sent.',
    hint: "Run the same command again; check this machine's clock if it happens at once.",
  },
  ERR_API_REFUSED: {
    exitCode: 6,
    retryable: false,
    meaning: 'The API refused the request for good.',
    hint: 'Change what the message names, then run the command again.',
  },
  ERR_STORAGE_REFUSED: {
    exitCode: 6,
    retryable: false,
    meaning: 'The storage refused the bytes for good.',
    hint: 'Run it once more with `--verbose`, and send the code and request id to Scenario support.',
  },
  ERR_PLAN_LIMIT: {
    exitCode: 6,
    retryable: false,
    meaning: "The account's plan does not allow it; waiting does not help.",
    hint: "Look at the plan's limits in your Scenario account.",
  },
  ERR_UPLOAD_UNKNOWN: {
    exitCode: 6,
    retryable: false,
    meaning: 'The API knows no upload of that id.',
    hint: 'Check the id, the project (`--project`) and whose credentials these are.',
  },
  ERR_REDIRECT: {
    exitCode: 6,
    retryable: false,
    meaning: 'A server answered with a redirect, which is never followed.',
    hint: 'Give the final address with `--api-url`; a login page in between means that a network asks you to sign in first.',
  },
  ERR_PROXY: {
    exitCode: 6,
    retryable: false,
    meaning: 'The proxy (HTTPS_PROXY) lets nobody pass without a password (407), or not to that host.',
    hint: 'Write its user name and password into HTTPS_PROXY: `http://user:password@proxy.example:3128`.',
  },
  ERR_STILL_PROCESSING: {
    exitCode: 8,
    retryable: true,
    meaning: 'Scenario was still processing when `--timeout` ran out; the upload is safe on the server.',
    hint: 'Run `scenario-upload wait <uploadId>`.',
  },
  ERR_BUG: {
    exitCode: 70,
    retryable: false,
    meaning: 'A bug in this tool.',
    hint: 'Run it again with `--debug` and report what it prints.',
  },
  ERR_HANGUP: {
    exitCode: 129,
    retryable: true,
    meaning: 'The terminal was closed (SIGHUP).',
    hint: 'Run the same command again.',
  },
  ERR_INTERRUPTED: {
    exitCode: 130,
    retryable: true,
    meaning: 'Interrupted (Ctrl-C, SIGINT), or ended by the AbortSignal of a caller.',
    hint: 'Run the same command again.',
  },
  ERR_TERMINATED: {
    exitCode: 143,
    retryable: true,
    meaning: 'Ended from outside (SIGTERM).',
    hint: 'Run the same command again.',
  },
} as const satisfies Record<`ERR_${string}`, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/** What stands under `error` in the JSON document. */
export interface ErrorFields {
  code: ErrorCode
  message: string
  hint: string
  exitCode: number
  /** The same command, run again, may end well. */
  retryable: boolean
  /** The storage's request id or the API's trace id, for a support ticket. */
  requestId: string | null
}

/**
 * What is odd about a failure: the host has never answered, or never in HTTP, as one with a slip in its address; a kept
 * connection turned out to be closed, which says nothing about the next one; or the answer is a page, and not the API's
 * own words.
 */
export type Circumstance = 'host-never-answered' | 'stale-connection' | 'page'

interface ErrorDetails {
  /** Default: the table's. */
  hint?: string | undefined
  requestId?: string | undefined
  /** How long the server asked to be left alone, in milliseconds. */
  retryAfterMs?: number | undefined
  circumstance?: Circumstance | undefined
  /** The code of the storage's own, as `NoSuchUpload`. */
  storageCode?: string | undefined
  /** Of the API's answer. */
  apiStatus?: number | undefined
  result?: UploadResult
  cause?: unknown
}

/** The only error that this package throws on purpose. `code` says which; its message and hint hold no secret. */
export class UploadError extends Error implements ErrorFields {
  override readonly name = 'UploadError'
  readonly code: ErrorCode
  readonly hint: string
  readonly exitCode: number
  readonly retryable: boolean
  readonly requestId: string | null
  readonly retryAfterMs: number | undefined
  readonly circumstance: Circumstance | undefined
  readonly storageCode: string | undefined
  readonly apiStatus: number | undefined
  /** How far the upload came, where there is one. */
  readonly result: UploadResult | null

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    const row: ErrorRow = errorTable[code]
    this.code = code
    this.hint = details.hint ?? row.hint
    this.exitCode = row.exitCode
    this.retryable = row.retryable
    this.requestId = details.requestId ?? null
    this.retryAfterMs = details.retryAfterMs
    this.circumstance = details.circumstance
    this.storageCode = details.storageCode
    this.apiStatus = details.apiStatus
    this.result = details.result ?? null
  }

  toJSON(): ErrorFields {
    const { code, message, hint, exitCode, retryable, requestId } = this
    return { code, message, hint, exitCode, retryable, requestId }
  }
}

/** What to do, where its thrower knew more than the table. */
export function ownHint({ code, hint }: UploadError): string | undefined {
  return hint === errorTable[code].hint ? undefined : hint
}

/** The words on the line, or the options of a call, do not make sense. The hint says which would. */
export function usageError(message: string, hint: string): UploadError {
  return new UploadError('ERR_USAGE', message, { hint })
}

/** Any thrown value as an error of ours: what is not one already is a bug, and says so. */
export function asUploadError(thrown: unknown): UploadError {
  if (thrown instanceof UploadError) return thrown
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return new UploadError('ERR_BUG', message, { cause: thrown })
}
