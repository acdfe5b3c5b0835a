/** Two certificates for this machine: one that the client is told to trust, and one that nobody vouches for. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Pair {
  readonly key: Buffer
  readonly cert: Buffer
}

export interface Certificates {
  readonly trusted: Pair
  readonly untrusted: Pair
  /** For NODE_EXTRA_CA_CERTS. */
  readonly file: string
}

/** Null where there is no openssl. */
export function makeCertificates(folder: string): Certificates | null {
  try {
    const pathOf = (name: string) => join(folder, `${name}.pem`)
    const make = (name: string): Pair => {
      const [key, cert] = [pathOf(`${name}-key`), pathOf(name)]
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const pair = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert]
      execFileSync('openssl', [...pair, ...subject], { stdio: 'ignore' })
      return { key: readFileSync(key), cert: readFileSync(cert) }
    }
    return { trusted: make('trusted'), untrusted: make('untrusted'), file: pathOf('trusted') }
  } catch {
    return null
  }
}
