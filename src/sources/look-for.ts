/** What a folder or a pattern stands for. */
import { lstat, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UploadError, usageError } from '../errors.js'
import { type Filters, folderGate, type Gate, patternGate } from './gate.js'
import { missingHint } from './missing-hint.js'
import { compile, isPattern, mayBeMagic, withSlashes } from './pattern.js'
import { withLine } from './provenance.js'
import type { Reference } from './reference.js'
import { type Finding, walk } from './walk.js'

export interface Search {
  mayBePattern: boolean
  recursive: boolean
  filters: Filters
  /** The path of a file that belongs to the run and not to what it uploads. */
  leaveOut: string | undefined
  signal: AbortSignal
  platform: NodeJS.Platform
}

export interface Found {
  references: Reference[]
  /** What was left out, where something was. */
  note: string | null
  /** It was a folder or a pattern. */
  lookedInto: boolean
}

type FileReference = Extract<Reference, { type: 'file' }>

/** A path that exists is that file, whatever characters it has. */
export async function lookFor(reference: Reference, search: Search): Promise<Found> {
  const { mayBePattern, recursive, platform } = search
  if (reference.type === 'file') {
    const { path } = reference
    if (mayBePattern && isPattern(withSlashes(path, platform)) && !(await exists(path))) {
      return lookByPattern(reference, search)
    }
    if (recursive && (await isFolder(path))) return lookIn(reference, path, folderGate(search.filters), search)
  }
  return { references: [reference], note: null, lookedInto: false }
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  )

const isFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false, // the look at the file says what is wrong with it
  )

/** Begins at the last folder that the pattern names outright; one that exists is that folder, whatever characters it has. */
async function lookByPattern(reference: FileReference, search: Search): Promise<Found> {
  const { path } = reference
  const segments = withSlashes(path, search.platform)
    .replace(/(?<=[^/])\/+$/, '')
    .split('/')
  const at = await firstMagic(segments)
  const base = at > 0 ? segments.slice(0, at).join('/') || '/' : ''
  const pattern = compile(segments.slice(at).join('/'))
  // The two texts differ in their slashes at most.
  const root = path.slice(0, base.length)
  return lookIn(reference, root, patternGate(pattern, search.filters, search.recursive), search)
}

async function firstMagic(segments: readonly string[]): Promise<number> {
  for (const [at, segment] of segments.entries()) {
    if (mayBeMagic(segment) && !(await exists(segments.slice(0, at + 1).join('/')))) return at
  }
  return segments.length - 1
}

async function lookIn(reference: FileReference, folder: string, gate: Gate, search: Search): Promise<Found> {
  const { signal, platform, filters } = search
  const separator = platform === 'win32' ? (/[\\/]/.exec(reference.path)?.[0] ?? '\\') : '/'
  const own = search.leaveOut === undefined ? undefined : resolve(search.leaveOut)
  const walked = await walk({ path: folder, separator, signal }, gate)
  const findings = own === undefined ? walked : walked.filter(({ is, path }) => is !== 'file' || resolve(path) !== own)
  const note = noteOf(findings.filter((finding) => finding.is === 'left'))
  const references = findings.flatMap((finding) => referenceTo(finding, reference, folder))
  if (references.length === 0)
    return { references: [refusedAs(reference, nothingIn(reference, folder, filters))], note, lookedInto: true }
  if (references.length > 1 && reference.own?.name !== undefined) throw nameForMany(reference, references.length)
  return { references, note, lookedInto: true }
}

/** What was wrong with the folder itself is told of what the user wrote; in one that is not there nothing is found. */
function referenceTo(finding: Finding, { own, line, ...asked }: FileReference, folder: string): FileReference[] {
  const along = { ...(own && { own }), ...(line !== undefined && { line }) }
  const { path } = finding
  switch (finding.is) {
    case 'left':
      return []
    case 'file':
      return [{ type: 'file', shown: path, path, found: true, ...along }]
    case 'refused':
      if (path === folder && finding.error.code === 'ERR_FILE_MISSING') return []
      return [{ ...(path === folder ? asked : { type: 'file', shown: path, path }), refused: finding.error, ...along }]
  }
}

const refusedAs = (reference: FileReference, refused: UploadError): FileReference => ({ ...reference, refused })

function nothingIn({ shown, path }: FileReference, folder: string, { include, exclude }: Filters): UploadError {
  const what =
    path === folder ? 'no file to upload in this folder' : 'no such file, and no file matches it as a pattern'
  const filtered = include.length + exclude.length > 0
  const look = filtered ? 'what `--include` and `--exclude` let through' : 'the folder with `ls -a`'
  const hint = `Check ${look}; hidden files are left out unless they are named.`
  return new UploadError('ERR_FILE_MISSING', `${shown}: ${what}`, { hint: missingHint(shown) ?? hint })
}

function nameForMany({ shown, line }: FileReference, count: number): unknown {
  return withLine(
    line,
    usageError(`"name" goes with a single file, and ${shown} brings ${count}`, 'Leave `name` out of that line.'),
  )
}

/** As many as one line holds. */
function noteOf(left: readonly Extract<Finding, { is: 'left' }>[]): string | null {
  if (left.length === 0) return null
  const told = left.slice(0, 3).map(({ path, what }) => `${path} ${what}`)
  const more = left.length > told.length ? ` and ${left.length - told.length} more of the kind` : ''
  return `left out: ${told.join(', ')}${more}`
}
