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

export interface Session {
  signal: AbortSignal
  contextOf(index: number, source: string): Context
  say(said: Said, index: number, source: string): void
  close(): void
}

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const userAgent = `scenario-upload/${version} node/${process.versions.node}`

/** Throws ERR_USAGE for an address that cannot be used, ERR_CREDENTIALS_MISSING where there are none. */
export function openSession(options: ConnectionOptions, settings: Settings, first: string): Session {
  const apiUrl = checkApiUrl(options.apiUrl)
  checkProject(options.project)
  const { credentials, note } = options.credentials
    ? { credentials: checkCredentials(options.credentials), note: null }
    : credentialsFrom(process.env)
  const { signal, abort, release } = linked(options.signal)
  const say: Session['say'] = (said, index, source) => {
    try {
      options.onEvent?.({ ...said, index, source })
    } catch (error) {
      // Not thrown here, where it would pass for a failure of what was being told.
      abort(new UploadError('ERR_LISTENER', `the listener (onEvent) failed: ${error}`, { cause: error }))
    }
  }
  const onSandbox = () =>
    say({ event: 'note', message: 'this is a sandbox: nothing reaches Scenario', sandbox: true }, 0, first)
  const client = createClient({ apiUrl, credentials, projectId: options.project, userAgent, onSandbox })
  const hasher = createHasher()
  const bucket = createBucket({ connections: settings.concurrency, userAgent })
  if (note) say({ event: 'note', message: note }, 0, first)
  return {
    signal,
    say,
    contextOf: (index, source) => ({
      client,
      bucket,
      startDigest: (fileSize) => (settings.verify ? hasher.start(fileSize) : noDigest),
      settings,
      nature,
      signal,
      say: (said) => say(said, index, source),
    }),
    close: () => {
      release()
      client.close()
      bucket.close()
      hasher.close()
    },
  }
}

interface Linked {
  signal: AbortSignal
  abort(error: UploadError): void
  release(): void
}

/** A signal of our own, whose reason is always an error of ours. */
export function linked(outer: AbortSignal | undefined): Linked {
  const inner = new AbortController()
  const pass = () => inner.abort(reasonOf(outer?.reason))
  if (outer?.aborted) pass()
  outer?.addEventListener('abort', pass, { once: true })
  return {
    signal: inner.signal,
    abort: (error) => inner.abort(error),
    release: () => outer?.removeEventListener('abort', pass),
  }
}

function reasonOf(reason: unknown): UploadError {
  if (reason instanceof UploadError) return reason
  return new UploadError('ERR_INTERRUPTED', 'the caller ended the upload', { cause: reason })
}
