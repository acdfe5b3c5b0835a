/** Where the API key and its secret come from: the environment, under either of two pairs of names. */
import { loginVariables as pairs } from '../core/login.js'
import { UploadError } from '../errors.js'

export interface Credentials {
  key: string
  secret: string
}

export interface FoundCredentials {
  credentials: Credentials
  /** The names of the variables that they come from; null where a caller gave them. */
  from: readonly [key: string, secret: string] | null
  /** Something odd about the environment that the user should know. */
  note: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws ERR_CREDENTIALS_MISSING where no pair is whole. Empty variables count as unset. */
export function credentialsFrom(env: Environment): FoundCredentials {
  const whole = pairs.find(([key, secret]) => env[key] && env[secret])
  const half = pairs.find(([key, secret]) => Boolean(env[key]) !== Boolean(env[secret]))
  if (!whole) throw missing(env, half)
  const [key, secret] = whole
  const note = half === pairs[0] ? `${absent(env, half)} is not set: using ${key} and ${secret}` : null
  return { credentials: { key: env[key] ?? '', secret: env[secret] ?? '' }, from: whole, note }
}

/** Whether white space stands around one of them: nobody means it. */
export const isPadded = ({ credentials: { key, secret } }: FoundCredentials): boolean =>
  key !== key.trim() || secret !== secret.trim()

/** What a caller gave, whose compiler may not have looked. */
export function checkCredentials({ key, secret }: Credentials): Credentials {
  if (typeof key === 'string' && key !== '' && typeof secret === 'string' && secret !== '') return { key, secret }
  throw new UploadError('ERR_CREDENTIALS_MISSING', 'the credentials given are not whole', {
    hint: 'Give both: `credentials: { key, secret }`.',
  })
}

function missing(env: Environment, half: (typeof pairs)[number] | undefined): UploadError {
  if (!half) return new UploadError('ERR_CREDENTIALS_MISSING', 'no API key in the environment')
  const name = absent(env, half)
  return new UploadError('ERR_CREDENTIALS_MISSING', `half of the credentials: ${name} is not set`, {
    hint: `Set ${name} too.`,
  })
}

function absent(env: Environment, [key, secret]: (typeof pairs)[number]): string {
  return env[key] ? secret : key
}
