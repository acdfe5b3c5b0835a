/** What is asked for one source alone, as a line of JSON says it: strictly checked, field by field. */
import { assetOptionsFrom } from '../core/asset-options.js'
import { type Kind, parseKind } from '../core/kinds.js'
import { nameOfType } from '../core/must-be.js'
import { suggest } from '../core/suggest.js'
import { UploadError, usageError } from '../errors.js'

/** They go before the options of the call, each by itself. */
export interface OwnOptions {
  kind?: Kind
  name?: string
  collection?: string | readonly string[]
  parent?: string
  hide?: boolean
}

/** A source with options of its own. */
export interface DescribedSource {
  /** A path, `-`, a web address, `hf:owner/name` or `civitai:…`, taken literally: no pattern. */
  source: string
  kind?: Kind | (string & Record<never, never>) | undefined
  /** The file name to give it. */
  name?: string | undefined
  collection?: string | readonly string[] | undefined
  parent?: string | undefined
  hide?: boolean | undefined
}

const checks = {
  source: text,
  kind: (value) => parseKind(text(value)),
  name: (value) => {
    if (!isFileName(text(value))) throw usageError('it must be a file name, not a path', 'Give its last part alone.')
  },
  collection: (value) => {
    const all: unknown[] = Array.isArray(value) ? value : [value]
    assetOptionsFrom({ collection: all.map(text) })
  },
  parent: (value) => assetOptionsFrom({ parent: text(value) }),
  hide: (value) => {
    if (typeof value !== 'boolean')
      throw usageError(`it must be true or false, not ${nameOfType(value)}`, 'Write it without quotes: true or false.')
  },
} as const satisfies Record<keyof DescribedSource, (value: unknown) => unknown>

const fields = ['source', 'kind', 'name', 'collection', 'parent', 'hide'] as const
const hint = `Make it of ${fields.join(', ')}; all but source may be left out.`

/** Throws ERR_USAGE for a field that is not one, or does not hold what it should. */
export function ownOptions(described: DescribedSource): OwnOptions {
  const stray = Object.keys(described).find((name) => !Object.hasOwn(checks, name))
  if (stray !== undefined) throw strayField(stray)
  const { source, kind, name, collection, parent, hide } = described
  const given: Record<keyof DescribedSource, unknown> = { source, kind, name, collection, parent, hide }
  for (const field of fields) if (given[field] !== undefined) inField(field, () => checks[field](given[field]))
  if (source === undefined) throw usageError('"source" is missing', hint)
  return {
    ...(kind === undefined ? {} : { kind: parseKind(kind) }),
    ...(name === undefined ? {} : { name }),
    ...(collection === undefined ? {} : { collection }),
    ...(parent === undefined ? {} : { parent }),
    ...(hide === undefined ? {} : { hide }),
  }
}

function strayField(name: string): UploadError {
  const meant = suggest(name, fields)
  return usageError(
    `${JSON.stringify(name)} is no field of a source`,
    meant === undefined ? hint : `Did you mean "${meant}"?`,
  )
}

/** The sentence of a check, with the field that it is about. */
function inField(name: string, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    throw usageError(`"${name}": ${error.message}`, hint)
  }
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw usageError(`it must be a text, not ${nameOfType(value)}`, 'Put it in double quotes.')
}

export const isFileName = (name: string) => !/^\.{0,2}$|[/\\\p{Cc}]/u.test(name)
