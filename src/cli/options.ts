/** Every option of the command, as one table: the parser, the help and the README are made of it. */
import type { commandNames } from '../core/commands.js'
import { type Concurrency, type CountName, mostCounts } from '../core/counts.js'
import { kinds } from '../core/kinds.js'
import { suggest } from '../core/suggest.js'
import { checkRate } from '../core/token-bucket.js'
import { parseCount, parseDuration, parseSize } from '../core/units.js'
import { usageError } from '../errors.js'
import { checkOutputName } from './github/output-name.js'
import type { ColorChoice } from './style.js'

export type CommandName = 'upload' | (typeof commandNames)[number]
export type ProgressChoice = 'auto' | 'bar' | 'plain' | 'json' | 'none'

/** What the parser makes of the options, by their names in camelCase. Absent: not given. */
export interface Flags {
  name?: string
  contentType?: string
  kind?: string
  collection?: string[]
  parent?: string
  hide?: boolean
  parts?: number
  partSize?: number
  concurrency?: Concurrency
  limitRate?: number
  /** `false` after --no-verify. */
  verify?: boolean
  /** `false` after --no-wait. */
  wait?: boolean
  until?: 'validated' | 'imported'
  timeout?: number
  retryFor?: number
  stallTimeout?: number
  /** `false` after --no-resume. */
  resume?: boolean
  json?: boolean
  quiet?: boolean
  progress?: ProgressChoice
  verbose?: boolean
  debug?: boolean
  color?: ColorChoice
  apiUrl?: string
  project?: string
  jobs?: number
  failFast?: boolean
  rpm?: number
  recursive?: boolean
  include?: string[]
  exclude?: string[]
  null?: boolean
  manifest?: string
  force?: boolean
  githubOutput?: string
  dryRun?: boolean
  sandbox?: boolean
}

export interface OptionRow {
  flags: string
  does: string
  group: 'Source' | 'Many files' | 'Asset' | 'Transfer' | 'Wait' | 'Output' | 'Network' | 'Other'
  /** The commands that take it; `upload` is the one without a name. */
  on: readonly CommandName[]
  /** From the word on the line to the value. `before` is the value of an earlier one of a repeatable option. */
  parse?: (word: string, before?: unknown) => unknown
  /** The values that there are; the shells offer them. */
  choices?: readonly string[]
  /** The value is the path of one; the shells offer those that are there. */
  takes?: 'file' | 'folder'
  /** Repeatable, and answered in the order given: a source, or a list of them. */
  source?: 'url' | 'huggingface' | 'civitai' | 'filesFrom'
}

const text = (option: string) => (word: string) => {
  if (word === '') throw usageError(`${option} must not be empty`, `Leave \`${option}\` out, or give it a value.`)
  return word
}

const oneOf = <Choice extends string>(option: string, choices: readonly Choice[]) => ({
  choices,
  parse: (word: string): Choice => {
    const choice = choices.find((known) => known === word)
    if (choice !== undefined) return choice
    const meant = suggest(word, choices)
    throw usageError(
      `${option} takes ${choices.join(', ')}, not ${JSON.stringify(word)}`,
      meant === undefined
        ? `Give one of these, such as \`${option} ${choices[0]}\`.`
        : `Did you mean \`${option} ${meant}\`?`,
    )
  },
})

const count = (name: CountName) => (word: string) => parseCount(word, { name, min: 1, max: mostCounts[name] })

const countOrAuto = (name: CountName) => (word: string) => {
  if (word === 'auto') return word
  if (/^\d+$/.test(word)) return count(name)(word)
  const isNear = /^auto/i.test(word) || suggest(word, ['auto']) !== undefined
  throw usageError(
    `${name} takes a whole number from 1 to ${mostCounts[name]}, or auto, not ${JSON.stringify(word)}`,
    isNear ? `Did you mean \`${name} auto\`?` : `Give a number such as \`${name} 8\`, or \`${name} auto\`.`,
  )
}

const list = (option: string) => (word: string, before?: unknown) => [
  ...(Array.isArray(before) ? before : []),
  text(option)(word),
]

const asking = ['upload', 'status', 'wait'] as const satisfies readonly CommandName[]
const connecting = [...asking, 'doctor'] as const satisfies readonly CommandName[]
const all = [...connecting, 'forget'] as const satisfies readonly CommandName[]
const uploadOnly = ['upload'] as const satisfies readonly CommandName[]

export const optionTable = [
  {
    flags: '--url <address>',
    does: 'a file at a web address, whatever its host',
    group: 'Source',
    on: uploadOnly,
    source: 'url',
  },
  { flags: '--hf <owner/name>', does: 'a Hugging Face model', group: 'Source', on: uploadOnly, source: 'huggingface' },
  { flags: '--civitai <address>', does: 'a Civitai model', group: 'Source', on: uploadOnly, source: 'civitai' },
  {
    flags: '-n, --name <fileName>',
    does: 'the file name to give it (needed for stdin)',
    group: 'Source',
    on: uploadOnly,
    parse: text('--name'),
  },
  {
    flags: '--content-type <mime>',
    does: 'send it as this media type, unchecked',
    group: 'Source',
    on: uploadOnly,
    parse: text('--content-type'),
  },
  {
    flags: '-r, --recursive',
    does: 'a folder is all files in it and below, but for hidden ones',
    group: 'Many files',
    on: uploadOnly,
  },
  {
    flags: '--include <pattern>',
    does: 'of folders and patterns, take only what matches (repeatable)',
    group: 'Many files',
    on: uploadOnly,
    parse: list('--include'),
  },
  {
    flags: '--exclude <pattern>',
    does: 'of folders and patterns, leave out what matches (repeatable)',
    group: 'Many files',
    on: uploadOnly,
    parse: list('--exclude'),
  },
  {
    flags: '--files-from <list>',
    does: 'the sources that stand in this file, or - for standard input, one a line (repeatable)',
    group: 'Many files',
    on: uploadOnly,
    source: 'filesFrom',
    takes: 'file',
  },
  {
    flags: '-0, --null',
    does: 'entries of --files-from end with NULs instead of line breaks',
    group: 'Many files',
    on: uploadOnly,
  },
  {
    flags: '-j, --jobs <n>',
    does: 'files in flight at once, 1 to 64 (default 4)',
    group: 'Many files',
    on: uploadOnly,
    parse: count('--jobs'),
  },
  { flags: '--fail-fast', does: 'end the other sources too when one fails', group: 'Many files', on: uploadOnly },
  {
    flags: '--rpm <n>',
    does: 'most requests to the API in any minute (default 100)',
    group: 'Many files',
    on: asking,
    parse: count('--rpm'),
  },
  {
    flags: '--manifest <file>',
    does: 'record what was uploaded in this file, and do not upload it again',
    group: 'Many files',
    on: uploadOnly,
    parse: text('--manifest'),
    takes: 'file',
  },
  { flags: '--force', does: 'upload what the manifest has, too', group: 'Many files', on: uploadOnly },
  {
    flags: '--github-output <name>',
    does: 'write the ids to GITHUB_OUTPUT too, as the output of this name',
    group: 'Many files',
    on: uploadOnly,
    parse: checkOutputName,
  },
  {
    flags: '-k, --kind <kind>',
    does: '3d, asset, audio, avatar, image, model, text or video; default: told by the name or the first bytes',
    group: 'Asset',
    on: uploadOnly,
    parse: text('--kind'),
    choices: kinds,
  },
  {
    flags: '--collection <id>',
    does: 'add the asset to this collection (repeatable)',
    group: 'Asset',
    on: uploadOnly,
    parse: list('--collection'),
  },
  { flags: '--parent <id>', does: "the asset's parent", group: 'Asset', on: uploadOnly, parse: text('--parent') },
  { flags: '--hide', does: 'hide the asset', group: 'Asset', on: uploadOnly },
  {
    flags: '--parts <n>',
    does: 'exactly this many parts',
    group: 'Transfer',
    on: uploadOnly,
    parse: (word) => parseCount(word, { name: '--parts', min: 1, max: 10_000 }),
  },
  {
    flags: '--part-size <size>',
    does: 'parts of this size, 5MiB to 5GiB',
    group: 'Transfer',
    on: uploadOnly,
    parse: (word) => parseSize(word, '--part-size'),
  },
  {
    flags: '-c, --concurrency <n|auto>',
    does: 'parts in flight at once, of all files together, 1 to 64, or as many as pay (default 4)',
    group: 'Transfer',
    on: uploadOnly,
    parse: countOrAuto('--concurrency'),
    choices: ['auto'],
  },
  {
    flags: '--limit-rate <bytes/s>',
    does: 'most bytes a second over all parts, such as 500kB or 2MB',
    group: 'Transfer',
    on: uploadOnly,
    parse: (word) => checkRate(parseSize(word.replace(/\/s$/i, ''), '--limit-rate')),
  },
  {
    flags: '--retry-for <duration>',
    does: 'how long to try again without progress (default 10m; for status 30s)',
    group: 'Transfer',
    on: asking,
    parse: (word) => parseDuration(word, '--retry-for'),
  },
  {
    flags: '--stall-timeout <duration>',
    does: 'most silence before an attempt is ended and made again (default 30s)',
    group: 'Transfer',
    on: asking,
    parse: (word) => parseDuration(word, '--stall-timeout'),
  },
  {
    flags: '--no-resume',
    does: 'neither go on with an unfinished upload nor leave one to go on with',
    group: 'Transfer',
    on: uploadOnly,
  },
  {
    flags: '--no-verify',
    does: 'do not compare MD5s with the ETags of the storage',
    group: 'Transfer',
    on: uploadOnly,
  },
  {
    flags: '--no-wait',
    does: 'end as soon as the server has it all, and print the upload id',
    group: 'Wait',
    on: uploadOnly,
  },
  {
    flags: '--until <state>',
    does: 'wait for validated (the first success) or imported (the id)',
    group: 'Wait',
    on: ['upload', 'wait'],
    ...oneOf('--until', ['validated', 'imported']),
  },
  {
    flags: '--timeout <duration>',
    does: 'most time to wait for the import (default 15m)',
    group: 'Wait',
    on: ['upload', 'wait'],
    parse: (word) => parseDuration(word, '--timeout'),
  },
  { flags: '--json', does: 'one JSON document on stdout', group: 'Output', on: all },
  { flags: '-q, --quiet', does: 'only the ids, and errors', group: 'Output', on: all },
  {
    flags: '--progress <how>',
    does: 'auto, bar, plain, json or none',
    group: 'Output',
    on: all,
    ...oneOf('--progress', ['auto', 'bar', 'plain', 'json', 'none']),
  },
  { flags: '--verbose', does: 'say more', group: 'Output', on: all },
  { flags: '--debug', does: 'with every request, and stacks of errors', group: 'Output', on: all },
  {
    flags: '--color <when>',
    does: 'auto, always or never; NO_COLOR and FORCE_COLOR are heard',
    group: 'Output',
    on: all,
    ...oneOf('--color', ['auto', 'always', 'never']),
  },
  {
    flags: '--api-url <address>',
    does: 'where the API is, with its /v1 (SCENARIO_BASE_URL)',
    group: 'Network',
    on: connecting,
    parse: text('--api-url'),
  },
  {
    flags: '--project <id>',
    does: 'the project, where the key does not imply it (SCENARIO_PROJECT_ID)',
    group: 'Network',
    on: connecting,
    parse: text('--project'),
  },
  { flags: '--dry-run', does: 'make no request: say what would be sent', group: 'Other', on: uploadOnly },
  {
    flags: '--sandbox',
    does: 'upload to a local stand-in of Scenario: no account, no network',
    group: 'Other',
    on: uploadOnly,
  },
] as const satisfies readonly OptionRow[]
