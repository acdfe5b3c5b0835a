/** Looks into a folder, or into those that a pattern leads to. */
import { UploadError, usageError } from '../errors.js'
import { absolute } from './absolute.js'
import { type Filters, folderGate, type Gate, patternGate } from './gate.js'
import { exists } from './inspect.js'
import type { FileReference, Found, Search } from './look-for.js'
import { mayBeMagic, withSlashes } from './magic.js'
import { missingHint } from './missing-hint.js'
import { compile } from './pattern.js'
import { withLine } from './provenance.js'
import { type Finding, walk } from './walk.js'

export function lookInFolder(reference: FileReference, search: Search): Promise<Found> {
  return lookIn(reference, reference.path, folderGate(search.filters), search)
}

/** Begins at the last folder that the pattern names outright; one that exists is that folder, whatever characters it has. */
export async function lookByPattern(reference: FileReference, search: Search): Promise<Found> {
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
  const own = search.leaveOut === undefined ? undefined : absolute(search.leaveOut)
  const walked = await walk({ path: folder, separator, signal }, gate)
  const findings = own === undefined ? walked : walked.filter(({ is, path }) => is !== 'file' || absolute(path) !== own)
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
