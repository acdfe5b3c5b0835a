/** Runs the command as people do: a process of its own, with an environment, two streams and an exit code. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { apiKey } from './api.js'

const bin = fileURLToPath(new URL('../../bin/scenario-upload.js', import.meta.url))

export interface Run {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What this suite looks at in the document of `--json`. */
export interface Document {
  readonly ok: boolean
  readonly uploads: readonly UploadFields[]
  readonly error: ErrorFields | null
}

export interface UploadFields {
  readonly ok: boolean
  readonly type: string
  readonly uploadId: string | null
  readonly entityId: string | null
  readonly status: string | null
  readonly fileName: string | null
  readonly bytes: number | null
  readonly parts: number | null
  readonly resumedParts: number | null
  readonly retries: number
  readonly verified: string
  readonly error: ErrorFields | null
}

export interface ErrorFields {
  readonly code: string
  readonly message: string
  readonly exitCode: number
  readonly retryable: boolean
  readonly requestId: string | null
}

export interface Surroundings {
  readonly apiUrl: string
  /** The folder for what the command remembers. */
  readonly stateHome: string
  readonly stdin?: Readable
}

/** What stands in `uploads` after a run with `--json` and one source; stdout must be that document and no more. */
export function soleUpload(run: Run): UploadFields {
  assert.match(run.stdout, /^\{/, `stdout is no document. ${inspect(run)}`)
  const { uploads, error } = JSON.parse(run.stdout) as Document
  const [upload, ...others] = uploads
  assert.ok(upload && others.length === 0, `Not one upload, but ${uploads.length}: ${inspect(error)}`)
  return upload
}

/** A command under way. */
export interface Running {
  /** Ends it as a loss of power would: it cannot say or keep anything any more. */
  kill(): void
  readonly ended: Promise<Run>
}

export function startCommand(args: readonly string[], surroundings: Surroundings): Running {
  const { apiUrl, stateHome, stdin = Readable.from([]) } = surroundings
  const child = spawn(process.execPath, [bin, ...args], {
    env: {
      ...process.env,
      SCENARIO_BASE_URL: apiUrl,
      SCENARIO_SDK_API_KEY: apiKey.key,
      SCENARIO_SDK_API_SECRET: apiKey.secret,
      SCENARIO_PROJECT_ID: '',
      XDG_STATE_HOME: stateHome,
    },
    // Longer than any scene takes: a command that hangs fails its scene, and is not left behind.
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  stdin.pipe(child.stdin)
  child.stdin.on('error', () => {}) // the command may end without having read all of it
  const all = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const ended = all.then(([stdout, stderr, [code]]) => ({ code, stdout, stderr }))
  return { kill: () => child.kill('SIGKILL'), ended }
}
