/** What one call of the library holds while it runs: the connections, the abort signal, the listener. */
import { readFileSync } from 'node:fs'
import type { Context, Said, Settings } from './engine/context.js'
import { nature } from './engine/nature.js'
import { UploadError } from './errors.js'
import type { OnEvent } from './events.js'
import { noDigest } from './hash/digest.js'
import { createHasher } from './hash/hasher.js'
import { checkApiUrl, checkProject } from './scenario/address.js'
import { createClient } from './scenario/client.js'
import { type Credentials, checkCredentials, credentialsFrom } from './scenario/credentials.js'
import { createBucket } from './storage/bucket.js'

export interface ConnectionOptions {
  /** Default: SCENARIO_SDK_API_KEY and SCENARIO_SDK_API_SECRET, else SCENARIO_API_KEY and SCENARIO_API_SECRET. */
  credentials?: Credentials | undefined
  /** Where the API is; default https://api.cloud.scenario.com/v1. */
  apiUrl?: string | undefined
  /** The project's id, where the key does not imply it. */
  project?: string | undefined
  /** Ends the call within a second, with ERR_INTERRUPTED or with the UploadError that is its reason. */
  signal?: AbortSignal | undefined
  /** Told of all that happens. What it throws ends what is under way, with ERR_LISTENER. */
  onEvent?: OnEvent | undefined
}

/** The caller's ear and its abort, for the time of one call. */
export interface Hearing {
  /** A signal of our own, whose reason is always an error of ours. */
  signal: AbortSignal
  say(said: Said, index: number, source: string): void
  release(): void
}

/** What speaks to the API and the storage, for the time of one call. */
export interface Connection {
  contextOf(index: number, source: string): Context
  close(): void
}

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const userAgent = `scenario-upload/${version} node/${process.versions.node}`

/** Throws ERR_USAGE for what can be told of the options before anything is tried. */
export function checkConnection({ apiUrl, project }: ConnectionOptions): void {
  checkApiUrl(apiUrl)
  checkProject(project)
}

export function openHearing({ signal: outer, onEvent }: ConnectionOptions): Hearing {
  const inner = new AbortController()
  const pass = () => inner.abort(reasonOf(outer?.reason))
  if (outer?.aborted) pass()
  outer?.addEventListener('abort', pass, { once: true })
  return {
    signal: inner.signal,
    say: (said, index, source) => {
      try {
        onEvent?.({ ...said, index, source })
      } catch (error) {
        // Not thrown here, where it would pass for a failure of what was being told.
        inner.abort(new UploadError('ERR_LISTENER', `the listener (onEvent) failed: ${error}`, { cause: error }))
      }
    },
    release: () => outer?.removeEventListener('abort', pass),
  }
}

/** Throws ERR_CREDENTIALS_MISSING where there are none. `first` is the source that its notes are told about. */
export function connect(
  options: ConnectionOptions,
  settings: Settings,
  { signal, say }: Hearing,
  first: string,
): Connection {
  const { credentials, note } = options.credentials
    ? { credentials: checkCredentials(options.credentials), note: null }
    : credentialsFrom(process.env)
  if (note) say({ event: 'note', message: note }, 0, first)
  const onSandbox = () =>
    say({ event: 'note', message: 'this is a sandbox: nothing reaches Scenario', sandbox: true }, 0, first)
  const apiUrl = checkApiUrl(options.apiUrl)
  const client = createClient({ apiUrl, credentials, projectId: options.project, userAgent, onSandbox })
  const bucket = createBucket({ connections: settings.concurrency, userAgent })
  const hasher = createHasher()
  const startDigest = (fileSize: number) => (settings.verify ? hasher.start(fileSize) : noDigest)
  return {
    contextOf: (index, source) => ({
      ...{ client, bucket, startDigest, settings, nature, signal },
      say: (said) => say(said, index, source),
    }),
    close: () => {
      for (const each of [client, bucket, hasher]) each.close()
    },
  }
}

function reasonOf(reason: unknown): UploadError {
  if (reason instanceof UploadError) return reason
  return new UploadError('ERR_INTERRUPTED', 'the caller ended the upload', { cause: reason })
}
