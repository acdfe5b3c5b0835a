/** Looks at the machine and the network: every look has an end, and what it cannot see is an answer too. */
import { X509Certificate } from 'node:crypto'
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { readFile, statfs } from 'node:fs/promises'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { networkError } from '../core/network-error.js'
import { formatDuration } from '../core/units.js'
import { asUploadError, UploadError } from '../errors.js'
import { type ClientOptions, createClient } from '../scenario/client.js'
import { spool } from '../sources/spool.js'
import { type TriedFolder, tryFolder } from '../state/try-folder.js'
import type { OnExchange } from '../wire/exchange.js'
import type { ExtraRoots } from './on-machine.js'
import type { Asked, Resolved } from './on-network.js'

const pemBlock = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*(?:-----END \1-----)?/g

/** Of the text of a PEM file. */
export function countCertificates(pem: string): { good: number; bad: number } {
  const found = [...pem.matchAll(pemBlock)].map(([block]) => isCertificate(block))
  const good = found.filter((each) => each).length
  return { good, bad: found.length - good }
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0
  } catch {
    return false // that is the answer
  }
}

export async function readRoots(path: string | undefined): Promise<ExtraRoots | null> {
  if (!path) return null
  try {
    return { path, read: countCertificates(await readFile(path, 'latin1')) }
  } catch (error) {
    return { path, read: { error } }
  }
}

export function stateProbe(folder: string): Promise<TriedFolder | { error: unknown }> {
  return tryFolder(folder).catch((error: unknown) => ({ error }))
}

/** Keeps a few bytes as standard input is kept. */
export async function tempProbe(folder: string, signal: AbortSignal): Promise<{ freeBytes: number } | UploadError> {
  try {
    const { discard } = await spool(Readable.from([Buffer.from('a trial')]), signal, () => {}, { folder })
    await discard()
    const { bavail, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize }
  } catch (thrown) {
    signal.throwIfAborted()
    return asUploadError(thrown)
  }
}

/** What the resolver must be asked for: undefined for an address. */
export function nameIn({ hostname }: URL): string | undefined {
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined
}

/** By the resolver that connections use, too. It cannot be told to stop: it is only not waited for any longer. */
export async function resolve(
  name: string,
  signal: AbortSignal,
  mostMs: number,
  ask: (name: string) => Promise<readonly LookupAddress[]> = (host) => lookup(host, { all: true }),
): Promise<Resolved | UploadError> {
  const limit = AbortSignal.timeout(mostMs)
  const startedAt = performance.now()
  try {
    const found = await unless(AbortSignal.any([signal, limit]), ask(name))
    return { addresses: found.map(({ address }) => address), tookMs: performance.now() - startedAt }
  } catch (thrown) {
    signal.throwIfAborted()
    if (limit.aborted)
      return new UploadError('ERR_NETWORK', `no answer of the DNS for ${name} in ${formatDuration(mostMs)}`)
    return networkError(thrown, name, { met: false })
  }
}

function unless<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, ended])
}

export interface Asking extends Omit<ClientOptions, 'onSandbox' | 'onDate' | 'stallMs'> {
  onSandbox: () => void
  onExchange: OnExchange
  /** Until the whole answer is there; silence ends it sooner. */
  mostMs: number
}

/** An id as the API might make it, that it never made. */
const madeUpId = 'upload_doctor0000000000000000'

/** One look at an upload that is not there, by the client that uploads use. It is not made again. */
export async function askApi(options: Asking, signal: AbortSignal, now: () => number = Date.now): Promise<Asked> {
  const heard = { answered: false, aheadMs: NaN, sandbox: false }
  const onDate = (date: string | undefined) => {
    Object.assign(heard, { answered: true, aheadMs: now() - Date.parse(date ?? '') })
  }
  const onSandbox = () => {
    heard.sandbox = true
    options.onSandbox()
  }
  const client = createClient({ ...options, onDate, onSandbox, stallMs: 0.8 * options.mostMs })
  const limit = AbortSignal.timeout(options.mostMs)
  const startedAt = performance.now()
  const call = client.heardBy(options.onExchange).get(madeUpId, AbortSignal.any([signal, limit]))
  const error = await call.then(() => null, asUploadError).finally(client.close)
  signal.throwIfAborted()
  return {
    ...heard,
    error: limit.aborted && !heard.answered ? silent(options) : error,
    aheadMs: Number.isNaN(heard.aheadMs) ? null : heard.aheadMs,
    tookMs: performance.now() - startedAt,
  }
}

const silent = ({ apiUrl, mostMs }: Asking) =>
  new UploadError('ERR_NETWORK', `${new URL(apiUrl).host} did not answer in ${formatDuration(mostMs)}`)
