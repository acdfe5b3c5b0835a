/** A certificate authority of the test's own, and what it vouches for: good for now, expired, and for another host. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Pair {
  readonly key: Buffer
  readonly cert: Buffer
}

export interface Authority {
  /** For NODE_EXTRA_CA_CERTS. */
  readonly file: string
  readonly good: Pair
  readonly expired: Pair
  readonly other: Pair
}

/** Names that lead nowhere but through a proxy that knows them; and this machine, which is reached directly. */
const own =
  'DNS:api.scenario.test,DNS:bucket.scenario.test,DNS:proxy.scenario.test,DNS:localhost,IP:127.0.0.1,IP:::1,IP:fd00::5'
const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Null where there is no openssl. */
export function makeAuthority(folder: string): Authority | null {
  const pathOf = (name: string) => join(folder, name)
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore', cwd: folder })
  const vouch = (name: string, subjects: string, days: string): Pair => {
    writeFileSync(pathOf(`${name}.ext`), `subjectAltName=${subjects}\n`)
    openssl('req', '-new', ...fresh, '-subj', `/CN=${name}`, '-keyout', `${name}-key.pem`, '-out', `${name}.csr`)
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.ext`]
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-days', days, '-out', `${name}.pem`)
    return { key: readFileSync(pathOf(`${name}-key.pem`)), cert: readFileSync(pathOf(`${name}.pem`)) }
  }
  try {
    openssl('req', '-x509', ...fresh, '-days', '2', '-subj', '/CN=test', '-keyout', 'ca-key.pem', '-out', 'ca.pem')
    const [good, expired] = [vouch('good', own, '2'), vouch('expired', own, '-1')]
    return { file: pathOf('ca.pem'), good, expired, other: vouch('other', 'DNS:other.test', '2') }
  } catch {
    return null
  }
}
