/** For callers whose compiler does not look: what an option must be, told before anything is done with it. */
import { usageError } from '../errors.js'

interface Form {
  is: (value: unknown) => boolean
  hint: string
}

const has = (value: unknown, name: PropertyKey): boolean => Reflect.has(Object(value), name)

/** By what they can do: whoever runs us in a realm of its own has classes of its own. */
const forms = {
  'true or false': {
    is: (value) => typeof value === 'boolean',
    hint: 'Give it without quotes, or leave it out for its default.',
  },
  'a function': { is: (value) => typeof value === 'function', hint: 'Give a function, or leave it out.' },
  'an AbortSignal': {
    is: (value) => has(value, 'aborted') && has(value, 'addEventListener'),
    hint: 'Give the `signal` of an AbortController, or leave it out.',
  },
  'a readable stream': {
    is: (value) => typeof value === 'object' && has(value, Symbol.asyncIterator),
    hint: 'Give a Readable, or leave it out for standard input.',
  },
} as const satisfies Record<string, Form>

/** Throws ERR_USAGE for the first of these options that is given, and is something else. */
export function mustBe(what: keyof typeof forms, options: Readonly<Record<string, unknown>>): void {
  const { is, hint } = forms[what]
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !is(value)) throw usageError(`${name} must be ${what}, not ${nameOfType(value)}`, hint)
  }
}

export function nameOfType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
