/** Which proxy, if any, a request goes through: what HTTPS_PROXY and NO_PROXY mean for one address. */
import { type UploadError, usageError } from '../errors.js'
import { bitsOf, isInNetwork } from './ip.js'
import { isLoopback } from './loopback.js'
import { nameOfType } from './must-be.js'
import { decoded } from './percent.js'

/** What the two variables say, whoever read them. */
export interface ProxySettings {
  /** The address of an HTTP proxy, http:// or https://, with user name and password where it wants them. */
  httpsProxy?: string | undefined
  /** Hosts that are reached without it: names with all below them, addresses, networks, each with a port or without, or `*`. */
  noProxy?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Either case, the lower first. Empty counts as unset. */
export function proxySettings(environment: Environment): ProxySettings {
  return {
    httpsProxy: environment.https_proxy || environment.HTTPS_PROXY || undefined,
    noProxy: environment.no_proxy || environment.NO_PROXY || undefined,
  }
}

/** The proxy for `target`; null: none. Throws ERR_USAGE for one that is no address. */
export function chooseProxy(target: URL, settings: ProxySettings): URL | null {
  const proxy = checkProxy(settings)
  return goesDirect(target, settings) ? null : proxy
}

/** Whether no proxy is for `target`, whatever it is. What is not https stays on this machine, and needs none. */
export function goesDirect(target: URL, { noProxy = '' }: ProxySettings): boolean {
  return target.protocol !== 'https:' || isLoopback(target.hostname) || isExempt(target, noProxy)
}

/** For callers whose compiler does not look: an address by itself would be no proxy at all, and all would go around it. */
export function checkProxySettings(settings: unknown): void {
  const isAddress = settings instanceof URL
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings) && !isAddress) return
  throw usageError(
    `proxy must be an object with httpsProxy and noProxy, not ${isAddress ? 'a URL' : nameOfType(settings)}`,
    'Write it as `{ httpsProxy: address }`, or leave it out.',
  )
}

/** The proxy's address; null: none is set. The errors never hold what was given: there may be a password in it. */
export function checkProxy({ httpsProxy: text = '', noProxy = '' }: ProxySettings): URL | null {
  if (typeof text !== 'string' || typeof noProxy !== 'string') throw wrong('and NO_PROXY must be strings')
  if (text.trim() === '') return null
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`
  if (!URL.canParse(address)) throw wrong('is not an address')
  const proxy = new URL(address)
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') throw wrong('is neither http:// nor https://')
  // A password with a bare # or / in it ends the host too soon, and would stand in messages as part of it.
  if (/@/.test(`${proxy.pathname}${proxy.search}${proxy.hash}`)) throw wrong('has an @ after its host')
  proxy.username = encodeURIComponent(decoded(proxy.username))
  proxy.password = encodeURIComponent(decoded(proxy.password))
  return proxy
}

const wrong = (why: string): UploadError =>
  usageError(
    `the address of the proxy (HTTPS_PROXY) ${why}`,
    'Write it as `http://proxy.example:3128` or `http://user:password@proxy.example:3128`, with special characters of the password percent-encoded.',
  )

/** Commas or spaces between the entries; empty ones say nothing. */
function isExempt(target: URL, list: string): boolean {
  const host = plain(target.hostname)
  const port = target.port === '' ? '443' : target.port
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, host, port))
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInNetwork(host, entry)
  const [name, only] = splitPort(entry)
  if (only !== undefined && Number(only) !== Number(port)) return false
  const bits = bitsOf(host)
  if (bits !== null) return bits === bitsOf(name)
  // A name stands for all below it too, whether or not it begins with a dot; `*.` is how some write that dot.
  const suffix = plain(name.replace(/^\*?\./, ''))
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`))
}

/** Colons without brackets are an IPv6 address's own. */
function splitPort(entry: string): [name: string, port: string | undefined] {
  const [, name, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
  return name === undefined ? [entry, undefined] : [name, port]
}

/** A name as a URL spells it, and without the dot that ends a full one. */
function plain(name: string): string {
  const url = `https://${name}`
  return (URL.canParse(url) ? new URL(url).hostname : name.toLowerCase()).replace(/\.$/, '')
}
