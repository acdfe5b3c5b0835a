/** What the checks look at: known at once, or looked at when the first of them asks. */
import { chooseProxy } from '../core/proxy.js'
import { asUploadError, UploadError } from '../errors.js'
import { checkApiUrl } from '../scenario/address.js'
import type { FoundCredentials } from '../scenario/credentials.js'
import {
  type ConnectionOptions,
  findCredentials,
  type Hearing,
  type StateOptions,
  sandboxNote,
  userAgent,
} from '../session.js'
import { defaultStateFolder } from '../state/folder.js'
import type { Exchange } from '../wire/exchange.js'
import type { Check } from './finding.js'
import type * as network from './on-network.js'
import { askApi, nameIn, resolve } from './probes.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface DiagnoseOptions extends ConnectionOptions, StateOptions {
  /** What Node was started with: NODE_EXTRA_CA_CERTS and NODE_TLS_REJECT_UNAUTHORIZED are looked at, if given. */
  environment?: Environment | undefined
  /** Told of each check as soon as it is made. */
  onCheck?: ((check: Check) => void) | undefined
}

/** Long enough for a resolver that asks twice. */
const mostLookupMs = 11_000
const mostAnswerMs = 10_000
/** For both together: a network that is dead is known to be so by then. */
const mostNetworkMs = 14_000

/** What the checks look at; what costs time is looked at once, by the first that asks. */
export interface Patient {
  credentials: FoundCredentials | UploadError
  target: URL
  proxy: network.Way
  proxyGiven: boolean
  environment: Environment
  stateFolder: string
  signal: AbortSignal
  /** What the resolver was asked for, and what it found; null where there is no name to look up. */
  looked(): Promise<network.Looked | null>
  asked(): Promise<network.Asked>
}

export function patientOf(options: DiagnoseOptions, { signal, say }: Hearing): Patient {
  const target = new URL(checkApiUrl(options.apiUrl))
  const credentials = orError(() => findCredentials(options))
  const proxy = orError(() => chooseProxy(target, options.proxy ?? {}))
  const detail = (message: string) => say({ event: 'detail', message }, 0, target.host)
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
  return {
    ...{ credentials, target, proxy, signal },
    proxyGiven: Boolean(options.proxy?.httpsProxy),
    environment: options.environment ?? {},
    stateFolder: options.stateFolder ?? defaultStateFolder(),
    looked: async () => {
      if (name === undefined) return null
      const found = await resolve(name, signal, mostLookupMs)
      if (!(found instanceof UploadError)) detail(`${name} is ${found.addresses.join(', ')}`)
      return { name, found }
    },
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
