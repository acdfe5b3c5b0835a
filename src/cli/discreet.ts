/** What the command says, without the secrets that stood on the line or in the environment: here alone they are taken out. */
import { basicOf, loginVariables, wordsToHide } from '../core/login.js'
import { decoded } from '../core/percent.js'
import { type Clean, cutAddresses } from '../core/redact.js'
import { UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Environment } from './io.js'
import type { Renderer } from './render/renderer.js'

/** An option that hands over a secret: no more of it than its name. A word goes to the end of its quotation. */
const secretOption =
  /(?<![\w-])(--?[\w-]*(?:key|secret|token|passw|pwd|auth|credential|cookie|header|user)[\w-]*)[=\s].*?(?=`[^`]*$|$)/gis

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

function secretsIn(env: Environment): string[] {
  const pairs = loginVariables.map(([key, secret]) => [env[key] ?? '', env[secret] ?? ''] as const)
  const keys = pairs.flatMap(([key, secret]) => [key, secret, basicOf(key, secret)])
  const passwords = proxies.flatMap((name) => passwordOf(env[name]))
  return wordsToHide([...keys, ...passwords].flatMap((text) => [text, text.trim()]))
}

/** As it is written and as it is meant; whether the address makes sense is not asked. */
function passwordOf(proxy = ''): string[] {
  const [, password = ''] = /^(?:[a-z][a-z\d+.-]*:\/\/)?[^:@]*:(.*)@/is.exec(proxy.trim()) ?? []
  return [password, decoded(password)]
}
