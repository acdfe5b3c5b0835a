/** What one call of the library holds while it runs: the connections, the abort signal, the listener. */
import { lanesOf } from './core/auto-connections.js'
import { mustBe } from './core/must-be.js'
import { onAbort } from './core/on-abort.js'
import { checkProxy, checkProxySettings, type ProxySettings } from './core/proxy.js'
import { createServerClock } from './core/server-clock.js'
import { type Listener, unfailing } from './core/unfailing.js'
import type { Context, Said, Settings, Shared } from './engine/context.js'
import { createImports } from './engine/imports.js'
import { createNature } from './engine/nature.js'
import { noRegister, type Register } from './engine/no-register.js'
import { createPatience } from './engine/patience.js'
import { createQuota, type Slowness } from './engine/quota.js'
import type { Turn } from './engine/running.js'
import { steeredLanes } from './engine/steering.js'
import { createThrottle } from './engine/throttle.js'
import { UploadError } from './errors.js'
import type { OnEvent, UploadEvent } from './events.js'
import { noDigest } from './hash/digest.js'
import { createHasher } from './hash/hasher.js'
import { checkApiUrl, checkProject } from './scenario/address.js'
import { createClient } from './scenario/client.js'
import { type Credentials, checkCredentials, credentialsFrom, type FoundCredentials } from './scenario/credentials.js'
import type { ManifestOptions } from './state/check-manifest.js'
import { defaultStateFolder } from './state/folder.js'
import { createMemory, noResume } from './state/memory.js'
import { createBucket } from './storage/bucket.js'
import { createPace } from './storage/pace.js'
import type { Exchange } from './wire/exchange.js'
import { version } from './wire/version.js'

export interface ConnectionOptions {
  /** Default: SCENARIO_SDK_API_KEY and SCENARIO_SDK_API_SECRET, else SCENARIO_API_KEY and SCENARIO_API_SECRET. */
  credentials?: Credentials | undefined
  /** Where the API is; default https://api.cloud.scenario.com/v1. */
  apiUrl?: string | undefined
  /** The project's id, where the key does not imply it. */
  project?: string | undefined
  /** The proxy for all that is not on this machine; default: none, whatever the environment says. */
  proxy?: ProxySettings | undefined
  /** Ends the call within a second, with ERR_INTERRUPTED or with the UploadError that is its reason. */
  signal?: AbortSignal | undefined
  /** Told of all that happens. What it throws, or rejects with, ends what is under way, with ERR_LISTENER. */
  onEvent?: OnEvent | undefined
}

export interface StateOptions {
  /**
   * Where unfinished uploads are remembered; default `~/.local/state/scenario-upload`. Made for its owner alone; one that
   * is there keeps its mode, unless its name is `scenario-upload`: that is closed to all others.
   */
  stateFolder?: string | undefined
}

/** The caller's ear and its abort, for the time of one call. */
export interface Hearing {
  /** A signal of our own, whose reason is always an error of ours. */
  signal: AbortSignal
  tell(event: UploadEvent): void
  /** Another ear of the caller's, which ends the call in the same way as `onEvent` where it fails. */
  ear<Told>(name: string, listener: Listener<Told> | undefined): (told: Told) => void
  say(said: Said, index: number, source: string): void
  release(): void
}

/** What speaks to the API and the storage, for the time of one call. */
export interface Connection {
  /** `turn`: of one of several. `secrets`: what the server's words on it must not repeat. */
  contextOf(index: number, source: string, turn?: Turn, secrets?: readonly string[]): Context
  /** The caller has the results: what was to be done after that is done now. */
  delivered(): Promise<void>
  close(): void
}

const nobody = () => {}
const alone: Turn = { signal: new AbortController().signal, created: nobody, refused: nobody, handedOver: nobody }

const paceNotes = {
  spent: (rpm) =>
    `the API is asked at most ${rpm === 1 ? 'once' : `${rpm} times`} a minute (--rpm), and this minute's requests are spent: the rest goes at that pace`,
  refused: () => 'the API asked for fewer requests (429): the rest goes at a slower pace',
} as const satisfies Record<Slowness, (rpm: number) => string>

export const nodeVersion = process.versions.node
export const userAgent = `scenario-upload/${version} node/${nodeVersion}`
export const sandboxNote = {
  event: 'note',
  message: 'this is a sandbox: nothing reaches Scenario',
  sandbox: true,
} as const

/** Those that were given, else those of the environment. Throws ERR_CREDENTIALS_MISSING where there are none. */
export function findCredentials({ credentials }: ConnectionOptions): FoundCredentials {
  if (credentials) return { credentials: checkCredentials(credentials), from: null, note: null }
  return credentialsFrom(process.env)
}

/** Throws ERR_USAGE for what can be told of the options before anything is tried. */
export function checkConnection(options: ConnectionOptions): void {
  checkCaller(options)
  checkProxy(options.proxy ?? {})
}

/** All but the proxy's address, of which the doctor makes a finding. */
export function checkCaller({ apiUrl, project, proxy = {}, signal, onEvent }: ConnectionOptions): void {
  mustBe('an AbortSignal', { signal })
  mustBe('a function', { onEvent })
  checkApiUrl(apiUrl)
  checkProject(project)
  checkProxySettings(proxy)
}

export function openHearing({ signal: outer, onEvent }: ConnectionOptions): Hearing {
  const inner = new AbortController()
  const release = outer ? onAbort(outer, () => inner.abort(reasonOf(outer.reason))) : nobody
  // Not thrown, where it would pass for a failure of what was being told.
  const ear: Hearing['ear'] = (name, listener) =>
    unfailing(listener, (error) => {
      inner.abort(new UploadError('ERR_LISTENER', `the listener (${name}) failed: ${error}`, { cause: error }))
    })
  const tell = ear('onEvent', onEvent)
  /** The notes about all sources alike, which are said once. */
  const told = new Set<string>()
  return {
    ...{ signal: inner.signal, tell, ear, release },
    say: (said, index, source) => {
      const alike = said.event === 'note' && said.run ? said.message : null
      if (alike === null || !told.has(alike)) tell({ ...said, index, source })
      if (alike !== null) told.add(alike)
    },
  }
}

/** Throws ERR_CREDENTIALS_MISSING where there are none. `first` is the source that its notes are told about. */
export function connect(
  options: ConnectionOptions & StateOptions,
  settings: Settings,
  { signal, say }: Hearing,
  first: string,
): Connection {
  const { credentials, note } = findCredentials(options)
  if (note) say({ event: 'note', message: note }, 0, first)
  const onSandbox = () => say(sandboxNote, 0, first)
  const place = placeOf(options)
  const serverClock = createServerClock()
  const edge = { userAgent, stallMs: settings.stallMs, proxy: options.proxy, onDate: serverClock.heard }
  const client = createClient({ ...edge, ...place, credentials, projectId: options.project, onSandbox })
  const hasher = createHasher()
  const nature = createNature()
  const onSlow = (why: Slowness) => say({ event: 'note', message: paceNotes[why](settings.rpm), run: true }, 0, first)
  const quota = createQuota(settings, nature, onSlow)
  const onSteered = (message: string) => say({ event: 'detail', message }, 0, first)
  const shared: Shared = {
    ...{ settings, nature, ...steeredLanes(settings.concurrency, nature, onSteered) },
    ...{ throttle: createThrottle(nature), imports: createImports(nature) },
  }
  const pace = createPace(settings.limitRate, nature)
  const bucket = createBucket({ ...edge, pace, connections: lanesOf(settings.concurrency).most })
  const memory = settings.resume ? createMemory(options.stateFolder ?? defaultStateFolder()) : noResume
  const startDigest = (fileSize: number) => (settings.verify ? hasher.start(fileSize) : noDigest)
  const left: (() => Promise<void>)[] = []
  const whenDelivered = (action: () => Promise<void>) => void left.push(action)
  return {
    contextOf: (index, source, turn = alone, secrets = []) => {
      const onExchange = (exchange: Exchange) => say({ event: 'request', ...exchange }, index, source)
      const patience = createPatience(nature.now)
      return {
        ...{ ...shared, startDigest, serverClock, place, memory, patience, whenDelivered },
        client: quota.keptBy(client.heardBy(onExchange, secrets), { patience, refused: turn.refused }),
        bucket: bucket.heardBy(onExchange),
        created: turn.created,
        handedOver: turn.handedOver,
        signal: AbortSignal.any([signal, turn.signal]),
        say: (said) => say(said, index, source),
      }
    },
    delivered: async () => {
      for (const action of left.splice(0)) await action()
    },
    close: () => {
      for (const each of [client, bucket, hasher, nature]) each.close()
    },
  }
}

/** The manifest of one call. */
export interface Records {
  /** Throws ERR_MANIFEST. */
  open(): Promise<Register>
  close(): Promise<void>
}

/** `first` is the source that its notes are told about. */
export function createRecords(
  options: ConnectionOptions & ManifestOptions & { dryRun?: boolean | undefined },
  settings: Settings,
  { signal, say }: Hearing,
  first: string,
): Records {
  const left: (() => Promise<void> | void)[] = []
  return {
    open: async () => {
      const { manifest: path, force = false, dryRun = false } = options
      if (path === undefined) return noRegister
      const [{ openManifest }, { createRegister }] = await Promise.all([
        import('./state/manifest.js'),
        import('./engine/register.js'),
      ])
      const note = (message: string) => say({ event: 'note', message }, 0, first)
      const manifest = await openManifest(path, { writes: !dryRun, say: note })
      const hasher = createHasher('sha256')
      left.push(manifest.close, hasher.close)
      const when = { now: () => performance.now(), signal }
      return createRegister({ manifest, force, settings, place: placeOf(options), startSha256: hasher.start, ...when })
    },
    close: async () => {
      for (const close of left.splice(0)) await close()
    },
  }
}

const placeOf = ({ apiUrl, project }: ConnectionOptions) => ({ apiUrl: checkApiUrl(apiUrl), project: project ?? null })

function reasonOf(reason: unknown): UploadError {
  if (reason instanceof UploadError) return reason
  return new UploadError('ERR_INTERRUPTED', 'the caller ended the upload', { cause: reason })
}
