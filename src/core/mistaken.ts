/** A host that speaks something else than it was spoken to in: another port than was meant, most often. */

/** Whose address it is, and so where it can be mended. */
export type Door = 'api' | 'storage' | 'proxy'

export interface Mistaken {
  sentence: (host: string) => string
  /** Default: the table's. */
  hints?: Readonly<Record<Door, { hint: string }>>
}

/** The address of the storage is none of the user's. */
const storage = {
  hint: 'Check that nothing on the way answers in place of the storage, as a firewall or a sign-in page, then run the same command again.',
}

const noTls: Mistaken = {
  sentence: (host) => `${host} does not speak TLS`,
  hints: {
    api: {
      hint: 'Check host and port in `--api-url` (SCENARIO_BASE_URL); what runs on this machine without TLS is written with http://.',
    },
    proxy: { hint: 'Write HTTPS_PROXY with http://: only a proxy that speaks TLS itself is written with https://.' },
    storage,
  },
}

const tlsAlone: Mistaken = {
  sentence: (host) => `${host} speaks TLS, and was spoken to without`,
  hints: {
    api: { hint: 'Write `--api-url` (SCENARIO_BASE_URL) with https://.' },
    proxy: { hint: 'Write HTTPS_PROXY with https://: the proxy speaks TLS itself.' },
    storage,
  },
}

const noHttp: Mistaken = {
  sentence: (host) => `${host} does not speak HTTP`,
  hints: {
    api: { hint: 'Check host and port in `--api-url` (SCENARIO_BASE_URL): something else listens there.' },
    proxy: { hint: 'Check host and port in HTTPS_PROXY: what listens there is no HTTP proxy.' },
    storage,
  },
}

/** The handshake went wrong though TLS was spoken, or HTTP was spoken badly: whose fault that is, nobody can tell. */
const badly = (code: string, what: string): Mistaken => ({ sentence: (host) => `${host} ${what} (${code})` })

const isTlsAlert = (packet: Uint8Array | undefined) => packet?.[0] === 0x15 && packet[1] === 3
const foreignRecord = /wrong version number|packet length too long|unknown protocol|http request/i

/** From Node's error and its code, which in TLS is a general one on some versions of Node: then its words tell. */
export function mistakenBy(error: unknown, code: string): Mistaken | undefined {
  if (/^(EPROTO$|ERR_SSL_)/.test(code)) {
    const words = `${code.replaceAll('_', ' ')} ${error instanceof Error ? error.message : ''}`
    return foreignRecord.test(words) ? noTls : badly(code, 'could not agree on TLS')
  }
  if (!code.startsWith('HPE_')) return undefined
  if (isTlsAlert(packetOf(error))) return tlsAlone
  return /^HPE_INVALID_(CONSTANT|VERSION)$/.test(code) ? noHttp : badly(code, 'answered HTTP that makes no sense')
}

/** What the parser had before it, in the error or in one beneath it. */
function packetOf(error: unknown): Uint8Array | undefined {
  if (!(error instanceof Error)) return undefined
  if ('rawPacket' in error && error.rawPacket instanceof Uint8Array) return error.rawPacket
  return packetOf(error.cause)
}
