/** What is well between this machine and the API, and what is not: rules over what was heard there. */
import { isLoopback } from '../core/loopback.js'
import { formatDuration } from '../core/units.js'
import { ownHint, UploadError } from '../errors.js'
import { isUsual } from '../scenario/address.js'
import { type Finding, failed, ill, well } from './finding.js'

/** Through which proxy; null: through none. */
export type Way = URL | null | UploadError

/** Without its user name and password. */
const shown = ({ protocol, host }: URL) => `${protocol}//${host}`

/** `given`: a proxy is set, whether or not it is for this address. */
export function proxyFinding(proxy: Way, given: boolean, target: URL): Finding {
  if (proxy instanceof UploadError) return failed(proxy)
  if (proxy) return well(`${shown(proxy)} (HTTPS_PROXY)`)
  if (!given) return well('none: HTTPS_PROXY is not set')
  return well(isLoopback(target.hostname) ? 'none: this machine is never asked through one' : 'none, by NO_PROXY')
}

export interface Resolved {
  addresses: readonly string[]
  tookMs: number
}

/** What the resolver was asked for: the API's host, or the proxy's. */
export interface Looked {
  name: string
  found: Resolved | UploadError
}

/** `looked`: null where there is no name, but an address. */
export function dnsFinding(looked: Looked | null, proxied: boolean): Finding {
  const rest = proxied ? '; all else is looked up by the proxy' : ''
  if (!looked) return well(`nothing to look up: it is an address${rest}`)
  const { name, found } = looked
  if (!(found instanceof UploadError)) return well(`${name} found in ${formatDuration(found.tookMs)}${rest}`)
  return failed(found, proxied ? mendProxyName : mendName)
}

const mendProxyName = "Check the name of the proxy (HTTPS_PROXY) and the network's DNS."
const mendName =
  "Check the name (--api-url, SCENARIO_BASE_URL) and the network's DNS; behind a company's proxy, set HTTPS_PROXY."

/** What became of one request to the API. */
export interface Asked {
  /** Null for a yes, which no made-up id deserves. */
  error: UploadError | null
  /** An answer came, whatever it was. */
  answered: boolean
  tookMs: number
  /** By how much this machine's clock is ahead; null where the answer had no date. */
  aheadMs: number | null
  sandbox: boolean
}

/** Whether the host can be reached at all: a certificate that is not trusted came over a connection. */
export function connectionFinding({ error, answered, tookMs }: Asked, { host, hostname }: URL, proxy: Way): Finding {
  const through = proxy instanceof URL ? `, through ${shown(proxy)}` : ''
  if (answered) return well(`${host} answered in ${formatDuration(tookMs)}${through}`)
  if (!error || error.code === 'ERR_CERTIFICATE') return well(`${host} can be reached${through}`)
  if (proxy) return failed(error)
  return failed(error, ownHint(error) ?? (isLoopback(hostname) ? startIt : lookFurther))
}

const startIt = 'Start what should listen there, or check its address (--api-url, SCENARIO_BASE_URL).'
const lookFurther =
  "Check the network and any firewall; behind a company's proxy, set HTTPS_PROXY. Elsewhere it may be the API that is down."

export function tlsFinding({ error }: Asked, { protocol, host }: URL): Finding {
  if (protocol === 'http:') return well('not needed on this machine itself (http)')
  return error?.code === 'ERR_CERTIFICATE' ? failed(error) : well(`the certificate of ${host} is trusted`)
}

const notOurs = 'Check that `--api-url` is a Scenario API (its address ends in /v1)'
const unusual = ', though its address usually ends in /v1, and this one does not'
const between = 'and open it in a browser: a network may ask you to sign in first, or a gateway refuse you.'

/** Whether it is the API that answers, and in its right mind. That it knows no made-up id, or asks who we are, is both. */
export function apiFinding({ error, sandbox }: Asked, { host, pathname }: URL): Finding {
  if (!error) return ill('ERR_REPLY', `${host} claims to know an upload that nobody made`, `${notOurs}.`)
  const { code, apiStatus, circumstance } = error
  if (circumstance === 'page' && (code === 'ERR_UPLOAD_UNKNOWN' || code === 'ERR_CREDENTIALS_REFUSED')) {
    const ours = code === 'ERR_UPLOAD_UNKNOWN' ? 'ERR_API_REFUSED' : code
    return ill(ours, `${host} answered ${apiStatus} with a page, and not as the API does`, `${notOurs}, ${between}`)
  }
  if (code === 'ERR_REPLY') return failed(error, `${notOurs}, ${between}`)
  if (code !== 'ERR_UPLOAD_UNKNOWN' && code !== 'ERR_CREDENTIALS_REFUSED') return failed(error)
  // Any server knows how to answer 404.
  const doubt = code === 'ERR_UPLOAD_UNKNOWN' && !isUsual(pathname) ? unusual : ''
  return well(`${host} answers as the API does${sandbox ? ' (a sandbox)' : doubt}`)
}

/** `padded`: a space or line break stands around one of them, as after a careless copy. */
export function accessFinding({ error }: Asked, padded: boolean): Finding {
  if (error?.code !== 'ERR_CREDENTIALS_REFUSED') return well('the API takes the credentials')
  const hint = 'Set the two again: one of them begins or ends with a space or a line break.'
  return failed(error, padded ? hint : undefined)
}

/** Beyond it, certificates and URLs that expire are taken for what they are not. */
const mostSkewMs = 5 * 60_000

export function clockFinding({ aheadMs }: Asked): Finding {
  if (aheadMs === null) return well('not compared: the answer has no date')
  const off = Math.abs(aheadMs)
  // A date in a header has no more than seconds.
  if (off < 2000) return well("it shows the API's time")
  const words = `${formatDuration(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the API's`
  return off <= mostSkewMs ? well(words) : ill('ERR_CLOCK', `this machine's clock is ${words}`)
}
