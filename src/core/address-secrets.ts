/** What is secret of a web address: whoever fetches it may repeat it in other forms than that of an address. */
import { decoded } from './percent.js'
import { formsOf } from './redact.js'

/** Shorter ones are words like any other; a short value is known by its name before it. */
const leastLength = 6
const leastPair = 5

/** Each value of its query, its userinfo and its fragment, in the forms that others give them. */
export function secretsOf(address: string): string[] {
  const { username, password, search, hash } = new URL(address)
  const pairs = search.slice(1).split('&').filter(isSecret)
  const values = pairs.map((pair) => pair.slice(pair.indexOf('=') + 1))
  const login = password === '' ? [username] : [username, password, `${username}:${password}`]
  const long = [...values, ...login, hash.slice(1)].filter(({ length }) => length >= leastLength)
  const written = [...long, ...pairs.filter((pair) => pair.includes('=') && pair.length >= leastPair)]
  const all = written.flatMap((text) => [text, decoded(text), decoded(text.replaceAll('+', ' '))])
  return [...new Set(all.filter(({ length }) => length >= leastPair).flatMap(formsOf))]
}

/** Which version of a model is meant is none. */
const isSecret = (pair: string) => !/^modelVersionId=\d*$/.test(pair)
