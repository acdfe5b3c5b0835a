/** The doctor: looks at all that an upload needs, one thing after the other, and says of each whether it is well. */
import { tmpdir } from 'node:os'
import { chooseProxy } from '../core/proxy.js'
import { asUploadError, UploadError } from '../errors.js'
import { checkApiUrl, checkProject } from '../scenario/address.js'
import { type FoundCredentials, isPadded } from '../scenario/credentials.js'
import {
  type ConnectionOptions,
  findCredentials,
  type Hearing,
  nodeVersion,
  openHearing,
  type StateOptions,
  sandboxNote,
  userAgent,
} from '../session.js'
import { defaultStateFolder } from '../state/folder.js'
import type { Exchange } from '../wire/exchange.js'
import { type Check, checkOf, type Finding, notTried } from './finding.js'
import { credentialsFinding, nodeFinding, rootsFinding, stateFinding, tempFinding } from './on-machine.js'
import * as network from './on-network.js'
import { askApi, nameIn, readRoots, resolve, stateProbe, tempProbe } from './probes.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface DiagnoseOptions extends ConnectionOptions, StateOptions {
  /** What Node was started with: NODE_EXTRA_CA_CERTS and NODE_TLS_REJECT_UNAUTHORIZED are looked at, if given. */
  environment?: Environment | undefined
  /** Told of each check as soon as it is made. */
  onCheck?: ((check: Check) => void) | undefined
}

export interface Diagnosis {
  /** All is well. */
  ok: boolean
  checks: Check[]
  /** That of the first check which failed. */
  error: UploadError | null
}

/** Long enough for a resolver that asks twice. */
const mostLookupMs = 11_000
const mostAnswerMs = 10_000
/** For both together: a network that is dead is known to be so by then. */
const mostNetworkMs = 14_000

/** What the checks look at; what costs time is looked at once, by the first that asks. */
interface Patient {
  credentials: FoundCredentials | UploadError
  target: URL
  proxy: network.Way
  proxyGiven: boolean
  environment: Environment
  stateFolder: string
  signal: AbortSignal
  /** The name that had to be looked up, and what was found. */
  looked(): Promise<[name: string | undefined, found: network.Resolved | UploadError]>
  asked(): Promise<network.Asked>
}

interface CheckRow {
  /** What must be well before it makes sense to look. */
  after: readonly string[]
  find: (patient: Patient) => Finding | Promise<Finding>
}

/** In the order in which they are made and told. */
const checkTable = {
  node: { after: [], find: () => nodeFinding(nodeVersion) },
  credentials: { after: [], find: ({ credentials }) => credentialsFinding(credentials) },
  roots: {
    after: [],
    find: async ({ environment: { NODE_EXTRA_CA_CERTS: path, NODE_TLS_REJECT_UNAUTHORIZED: reject } }) =>
      rootsFinding(await readRoots(path), reject === '0'),
  },
  proxy: { after: [], find: ({ proxy, proxyGiven, target }) => network.proxyFinding(proxy, proxyGiven, target) },
  dns: {
    after: ['proxy'],
    find: async ({ looked, proxy }) => network.dnsFinding(...(await looked()), proxy !== null),
  },
  connection: {
    after: ['proxy', 'dns'],
    find: async ({ asked, target, proxy }) => network.connectionFinding(await asked(), target, proxy),
  },
  tls: {
    after: ['connection'],
    find: async ({ asked, target }) => network.tlsFinding(await asked(), target),
  },
  api: { after: ['tls'], find: async ({ asked, target }) => network.apiFinding(await asked(), target.host) },
  access: {
    after: ['credentials', 'api'],
    find: async ({ asked, credentials }) =>
      network.accessFinding(await asked(), !(credentials instanceof UploadError) && isPadded(credentials)),
  },
  clock: { after: ['tls'], find: async ({ asked }) => network.clockFinding(await asked()) },
  state: {
    after: [],
    find: async ({ stateFolder }) => stateFinding(stateFolder, await stateProbe(stateFolder)),
  },
  temp: { after: [], find: async ({ signal }) => tempFinding(tmpdir(), await tempProbe(tmpdir(), signal)) },
} as const satisfies Record<string, CheckRow>

/**
 * Looks at what an upload needs: Node, the credentials, the way to the API, its answer, the clock, the folders. Asks the
 * API once, for an upload that is not there. Rejects for a usage error and where `signal` ends it; all else is an answer.
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  checkApiUrl(options.apiUrl)
  checkProject(options.project)
  const hearing = openHearing(options)
  try {
    return await examine(patientOf(options, hearing), options.onCheck ?? (() => {}))
  } finally {
    hearing.release()
  }
}

async function examine(patient: Patient, onCheck: (check: Check) => void): Promise<Diagnosis> {
  const checks: Check[] = []
  const errors: UploadError[] = []
  /** What each that is not well waits for: itself, or the first that has to be mended. */
  const broken = new Map<string, string>()
  const rows: [string, CheckRow][] = Object.entries(checkTable)
  for (const [name, row] of rows) {
    patient.signal.throwIfAborted()
    const before = row.after.map((each) => broken.get(each)).find((each) => each !== undefined)
    const finding = before === undefined ? await row.find(patient) : notTried(before)
    const check = checkOf(name, finding)
    if (!finding.ok && finding.error) errors.push(finding.error)
    if (!check.ok) broken.set(name, before ?? name)
    checks.push(check)
    tell(check, onCheck)
  }
  return { ok: broken.size === 0, checks, error: errors[0] ?? null }
}

function tell(check: Check, onCheck: (check: Check) => void): void {
  try {
    onCheck(check)
  } catch (error) {
    throw new UploadError('ERR_LISTENER', `the listener (onCheck) failed: ${error}`, { cause: error })
  }
}

function patientOf(options: DiagnoseOptions, { signal, say }: Hearing): Patient {
  const target = new URL(checkApiUrl(options.apiUrl))
  const credentials = orError(() => findCredentials(options))
  const proxy = orError(() => chooseProxy(target, options.proxy ?? {}))
  const startedAt = performance.now()
  const left = () => Math.max(1000, mostNetworkMs - (performance.now() - startedAt))
  const client = { apiUrl: checkApiUrl(options.apiUrl), projectId: options.project, proxy: options.proxy, userAgent }
  const asking = () => ({
    ...client,
    credentials: credentials instanceof UploadError ? null : credentials.credentials,
    onSandbox: () => say(sandboxNote, 0, target.host),
    onExchange: (exchange: Exchange) => say({ event: 'request', ...exchange }, 0, target.host),
    mostMs: Math.min(mostAnswerMs, left()),
  })
  const name = nameIn(proxy instanceof URL ? proxy : target)
  const nothing = { addresses: [], tookMs: 0 }
  return {
    ...{ credentials, target, proxy, signal },
    proxyGiven: Boolean(options.proxy?.httpsProxy),
    environment: options.environment ?? {},
    stateFolder: options.stateFolder ?? defaultStateFolder(),
    looked: async () => [name, name === undefined ? nothing : await resolve(name, signal, mostLookupMs)],
    asked: onceOnly(() => askApi(asking(), signal)),
  }
}

function orError<Value>(find: () => Value): Value | UploadError {
  try {
    return find()
  } catch (thrown) {
    return asUploadError(thrown)
  }
}

function onceOnly<Value>(work: () => Promise<Value>): () => Promise<Value> {
  const begun: Promise<Value>[] = []
  return () => {
    begun[0] ??= work()
    return begun[0]
  }
}
