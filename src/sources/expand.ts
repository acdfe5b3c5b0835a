/** From what the user named to the flat list of sources: lists are read, folders and patterns looked into. */
import type { Readable } from 'node:stream'
import { mustBe, nameOfType } from '../core/must-be.js'
import { usageError } from '../errors.js'
import type { Filters } from './gate.js'
import { nameOf, parseList, readList } from './list.js'
import { type Found, lookFor, type Search } from './look-for.js'
import { atLine, withLine } from './provenance.js'
import { type OneSource, parseDescribed, parseReference, type Reference, type SourceInput } from './reference.js'

/** Which files the sources stand for. */
export interface ManyOptions {
  /** A folder stands for all files in it and below, but for hidden ones; default false: a folder is an error. */
  recursive?: boolean | undefined
  /** Of what folders and patterns bring, only what matches one of these. Without a slash they are about names at any depth. */
  include?: string | readonly string[] | undefined
  /** Of what folders and patterns bring, nothing that matches one of these; they win over `include`. */
  exclude?: string | readonly string[] | undefined
  /** Lists with a source a line, after the other sources: paths, or `-` for standard input. */
  filesFrom?: string | readonly string[] | undefined
  /** The entries of lists end with NUL characters instead of line breaks; default false. */
  null?: boolean | undefined
}

export interface Expansion {
  stdin: () => Readable
  signal: AbortSignal
  /** Told what was left out of a folder, with the place of what comes next. */
  note: (message: string, index: number, source: string) => void
  /** The path of a file that folders and patterns do not bring: the run's own record. */
  leaveOut?: string | undefined
  platform?: NodeJS.Platform
}

/** Paths that are looked at side by side. */
const atOnce = 64

/** Throws ERR_USAGE for what is no source, and input errors (3) for a list that cannot be read. */
export async function expand(
  inputs: readonly SourceInput[],
  options: ManyOptions,
  expansion: Expansion,
): Promise<Reference[]> {
  checkTypes(inputs, options)
  const { note, signal, leaveOut, platform = process.platform } = expansion
  const filters = await filtersFrom(options, platform)
  const named = await readLists(inputs, options, expansion)
  const search = { recursive: options.recursive ?? false, filters, leaveOut, signal, platform }
  const founds = await lookForAll(named, search)
  const references: Reference[] = []
  for (const found of founds) {
    if (found.note !== null) note(found.note, references.length, found.references[0]?.shown ?? '')
    for (const each of found.references) references.push(each)
  }
  const [first] = references
  const filtered = filters.include.length + filters.exclude.length > 0
  if (first && filtered && !founds.some(({ lookedInto }) => lookedInto)) note(nothingFiltered, 0, first.shown)
  return references
}

/** For callers whose compiler does not look: of a text, each letter would be taken for the name of a file or folder. */
function checkTypes(inputs: unknown, { recursive, null: nul }: ManyOptions): void {
  mustBe('true or false', { recursive, null: nul })
  if (!Array.isArray(inputs))
    throw usageError(
      `the sources must be an array, not ${nameOfType(inputs)}`,
      'Give an array, as in `[source]`, or a single source to `upload`.',
    )
}

async function lookForAll(named: readonly Named[], search: Omit<Search, 'mayBePattern'>): Promise<Found[]> {
  const founds: Found[] = []
  for (let at = 0; at < named.length; at += atOnce) {
    const some = named.slice(at, at + atOnce)
    const looks = some.map(({ reference, mayBePattern }) => lookFor(reference, { ...search, mayBePattern }))
    founds.push(...(await Promise.all(looks)))
  }
  return founds
}

const nothingFiltered =
  '--include and --exclude are about what folders (with -r) and quoted patterns bring: what is named outright is all taken'

async function filtersFrom(options: ManyOptions, platform: NodeJS.Platform): Promise<Filters> {
  const include = texts('--include', options.include)
  const exclude = texts('--exclude', options.exclude)
  if (include.length + exclude.length === 0) return { include: [], exclude: [] }
  const { compileFilter } = await import('./gate.js')
  return {
    include: include.map((pattern) => compileFilter(pattern, platform)),
    exclude: exclude.map((pattern) => compileFilter(pattern, platform, { dot: true })),
  }
}

/** For callers whose compiler does not look, too. */
function texts(option: string, given: string | readonly string[] | undefined): string[] {
  const all: unknown[] = given === undefined ? [] : [given].flat()
  return all.map((each) => {
    if (typeof each === 'string' && each !== '') return each
    throw usageError(`${option} must be a text, and not an empty one`, `Leave \`${option}\` out, or say what is meant.`)
  })
}

interface Named {
  reference: Reference
  /** A text on the line: what a list or an object says is taken literally. */
  mayBePattern: boolean
}

/** All that is wrong with what was named outright is found before a list is read. */
async function readLists(inputs: readonly SourceInput[], options: ManyOptions, reading: Expansion): Promise<Named[]> {
  const after = texts('--files-from', options.filesFrom).map((filesFrom) => ({ filesFrom }))
  const places = [...inputs, ...after].map((input) => (isList(input) ? input : namedBy(input)))
  const lists = places.filter(isList).flatMap(({ filesFrom }) => texts('--files-from', filesFrom))
  if (options.null && lists.length === 0)
    throw usageError('-0 goes with --files-from', 'Leave `-0` out, or name a list with `--files-from`.')
  const stdins = places.filter((place) => !isList(place) && place.reference.type === 'stdin').length
  if (stdins + lists.filter((list) => list === '-').length > 1) throw stdinTwice()
  const named: Named[] = []
  for (const place of places) {
    const brought = isList(place) ? await listedIn(place.filesFrom, options.null ?? false, reading) : [place]
    for (const each of brought) named.push(each)
  }
  if (named.length === 0 && lists.length > 0)
    throw usageError(
      `no source to upload: nothing stands in ${lists.map(nameOf).join(' and ')}`,
      'Check the program that should have written it.',
    )
  if (lists.includes('-')) refuseStdin(named)
  return named
}

/** A list of sources, not a source. */
export const isList = (input: SourceInput | Named): input is { filesFrom: string } =>
  typeof input === 'object' && input !== null && 'filesFrom' in input

const namedBy = (input: OneSource): Named => ({
  reference: parseReference(input),
  mayBePattern: typeof input === 'string',
})

async function listedIn(list: string, nul: boolean, reading: Expansion): Promise<Named[]> {
  return parseList(await readList(list, reading), list, nul).map(({ input, line }) => ({
    reference: { ...atLine({ line }, () => parseDescribed(input)), line },
    mayBePattern: false,
  }))
}

const stdinTwice = () => usageError('standard input can be read only once', 'Give `-` once, as a source or as a list.')

function refuseStdin(named: readonly Named[]): void {
  const second = named.find(({ reference }) => reference.type === 'stdin')
  if (second) throw withLine(second.reference.line, stdinTwice())
}
