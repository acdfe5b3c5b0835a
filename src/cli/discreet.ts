/** What the command says, without the secrets that stood on the line or in the environment: here alone they are taken out. */
import { type Clean, cutAddresses, formsOf } from '../core/redact.js'
import { UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Environment } from './io.js'
import type { Renderer } from './render/renderer.js'

/** An option that hands over a secret: no more of it than its name. A word goes to the end of its quotation. */
const secretOption =
  /(?<![\w-])(--?[\w-]*(?:key|secret|token|passw|pwd|auth|credential|cookie|header|user)[\w-]*)[=\s].*?(?=`[^`]*$|$)/gis

const pairs = [
  ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET'],
  ['SCENARIO_API_KEY', 'SCENARIO_API_SECRET'],
] as const
const proxies = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'] as const

/** Fields that hold words of ours, of events, results and checks. */
const sentences: ReadonlySet<string> = new Set(['message', 'hint', 'reason'])
/** What the user wrote stands in these as it is, unless it was meant as a web address, and taken for a path. */
const written: ReadonlySet<string> = new Set(['source', 'fileName'])
const likeAnAddress = /^(?:\w+:)?https?(?::|\/)\//i

interface Discretion {
  line: Clean
  /** Of what may repeat an option with its value, too. */
  sentence: Clean
  /** Of what has fields. */
  fields<Value extends object>(value: Value): Value
  error(error: UploadError): UploadError
  result(result: UploadResult): UploadResult
}

export function discretionIn(env: Environment): Discretion {
  const secrets = secretsIn(env)
  const line = (text: string) => cutAddresses(text, secrets)
  const sentence = (text: string) => line(text.replace(secretOption, '$1'))
  const cleanField = ([name, value]: [string, unknown]) => {
    if (typeof value !== 'string') return [name, value]
    if (sentences.has(name)) return [name, sentence(value)]
    const isMeant = name === 'requestId' || (written.has(name) && likeAnAddress.test(value))
    return [name, isMeant ? line(value) : value]
  }
  const fields = <Value extends object>(value: Value): Value =>
    Object.assign({}, value, Object.fromEntries(Object.entries(value).map(cleanField)))
  const error = (given: UploadError) => {
    const { code, message, hint, requestId } = fields(given.toJSON())
    if (message === given.message && hint === given.hint && requestId === given.requestId) return given
    return new UploadError(code, message, { hint, requestId: requestId ?? undefined, cause: given })
  }
  const result = (given: UploadResult) => ({ ...fields(given), error: given.error && error(given.error) })
  return { line, sentence, fields, error, result }
}

/** The same voice, which says no secret. */
export function discreet(renderer: Renderer, env: Environment): Renderer {
  const { line, fields } = discretionIn(env)
  return {
    ...renderer,
    hear: (event) => renderer.hear(fields(event)),
    say: (words, always) => renderer.say(line(words), always),
  }
}

/** One of a few letters is a test's: taking it out would only garble words. */
function secretsIn(env: Environment): string[] {
  const keys = pairs.flatMap(([key, secret]) => [env[key], env[secret], basicOf(env[key], env[secret])])
  const logins = proxies.flatMap((name) => loginOf(env[name]))
  const known = [...keys, ...logins].flatMap((text) => (text === undefined ? [] : [text, text.trim()]))
  return [...new Set(known.filter(({ length }) => length >= 6).flatMap(formsOf))]
}

const basicOf = (key = '', secret = '') => Buffer.from(`${key}:${secret}`).toString('base64')

/** The password as it is written and as it is meant; whether the address makes sense is not asked. */
function loginOf(proxy = ''): string[] {
  const [, password = ''] = /^(?:[a-z][a-z\d+.-]*:\/\/)?[^:@]*:(.*)@/is.exec(proxy.trim()) ?? []
  const meant = password.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
  return [password, meant]
}
