/** Goes through a folder and all below it, in an order that is the same on every machine. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { UploadError } from '../errors.js'
import type { Gate } from './gate.js'
import { inputError } from './input-error.js'
import { whatItIs } from './inspect.js'

/** A file, a folder that could not be read, or what was left out though its name was wanted. */
export type Finding = { path: string } & (
  | { is: 'file' }
  | { is: 'refused'; error: UploadError }
  | { is: 'left'; what: string }
)

export interface Root {
  /** Of the folder; empty for the present one, whose files are shown by their names alone. */
  path: string
  separator: string
  signal: AbortSignal
}

/** Links to files are followed, links to folders are not: they may lead back to where they stand. */
export async function walk(root: Root, gate: Gate, inside = ''): Promise<Finding[]> {
  root.signal.throwIfAborted()
  const path = pathIn(root, inside) || '.'
  const listing = await readdir(path, { withFileTypes: true }).then(inOrder, (error: unknown) =>
    inputError(error, path),
  )
  if (listing instanceof UploadError) return [{ is: 'refused', path, error: listing }]
  const findings: Finding[][] = []
  for (const entry of listing) findings.push(await lookAt(entry, root, gate, inside))
  return findings.flat()
}

async function lookAt(entry: Dirent, root: Root, gate: Gate, folder: string): Promise<Finding[]> {
  const inside = folder === '' ? entry.name : `${folder}/${entry.name}`
  const path = pathIn(root, inside)
  if (entry.isDirectory()) {
    const below = gate.into(inside)
    return below ? walk(root, below, inside) : []
  }
  if (entry.isSymbolicLink()) return lookBehind(path, gate, inside)
  if (!gate.takes(inside)) return []
  return entry.isFile() ? [{ is: 'file', path }] : [{ is: 'left', path, what: whatItIs(entry) }]
}

/** A link to nothing is a file that cannot be read: it has its say when it is opened. */
async function lookBehind(path: string, gate: Gate, inside: string): Promise<Finding[]> {
  const target = await stat(path).catch(() => null)
  const isFolder = target?.isDirectory() ?? false
  if (isFolder ? gate.into(inside) === null : !gate.takes(inside)) return []
  if (target === null || target.isFile()) return [{ is: 'file', path }]
  return [{ is: 'left', path, what: isFolder ? 'is a link to a folder' : whatItIs(target) }]
}

/** By the code points of the whole paths, as `sort` has it: a folder's name counts with the slash after it. */
function inOrder(entries: readonly Dirent[]): Dirent[] {
  const keyed = entries.map((entry) => ({
    entry,
    key: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name),
  }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry)
}

/** As the user wrote the folder, and then the way from there. */
function pathIn({ path, separator }: Root, inside: string): string {
  if (inside === '') return path
  const way = separator === '/' ? inside : inside.replaceAll('/', separator)
  const isClosed = path === '' || path.endsWith('/') || path.endsWith(separator)
  return isClosed ? `${path}${way}` : `${path}${separator}${way}`
}
