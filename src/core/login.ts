/** An API key and its secret: where the environment has them, and what must not be shown of them. */
import { formsOf } from './redact.js'

/** The first pair that is whole counts. */
export const loginVariables = [
  ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET'],
  ['SCENARIO_API_KEY', 'SCENARIO_API_SECRET'],
] as const

/** One of a few letters is a test's: taking it out would only garble words. */
const leastLength = 6

/** As `Authorization` has them after `Basic`. */
export const basicOf = (key: string, secret: string) => Buffer.from(`${key}:${secret}`).toString('base64')

/** All forms of those that are long enough to be taken out of words. */
export const wordsToHide = (secrets: readonly string[]) => [
  ...new Set(secrets.filter(({ length }) => length >= leastLength).flatMap(formsOf)),
]
