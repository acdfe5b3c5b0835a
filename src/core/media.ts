/** What a file is: its kind and media type, told by its name, else by its first bytes; and the refusal of what it surely is not. */
import { UploadError } from '../errors.js'
import type { Kind } from './kinds.js'
import { byName, kindByType, type Named, octets, vendorTypes } from './named-media.js'
import { rootOf, type Signature, signatures, tells, typeFor } from './signatures.js'

/** What an upload needs to be created. */
export interface Told {
  contentType: string
  kind: Kind
}

export interface MediaInput {
  name: string
  /** The first `headLength` bytes, or all where there are fewer. */
  head: Uint8Array
  kind?: Kind | undefined
  contentType?: string | undefined
}

/** How many first bytes the signatures need: an SVG or a page may begin with a long comment. */
export const headLength = 4096

/** Returns the type as it was given. It goes to the server as it is, and the server looks only after the transfer. */
export function checkContentType(text: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w.-]+=[\w."/+-]+)*$/.test(text)) return text
  const hint = 'Write it as type/subtype, such as `--content-type image/png`.'
  throw new UploadError('ERR_USAGE', `--content-type takes a media type, not "${text}"`, { hint })
}

export function kindByName(name: string): Kind | undefined {
  return byName(name).kind
}

export function tellMedia({ name, head, kind: asked, contentType }: MediaInput): Told {
  const named = byName(name)
  const start = Buffer.from(head.subarray(0, headLength)).toString('latin1')
  const content = signatures.find(({ is }) => is(start))
  if (contentType !== undefined) {
    const kind = asked ?? named.kind ?? kindByType(contentType) ?? tells(content)
    return { contentType: checkContentType(contentType), kind: kind ?? nothingTells(name) }
  }
  refusePlaceholders(name, start, named, asked)
  const kind = asked ?? named.kind ?? tells(content) ?? nothingTells(name)
  refuseContradictions(name, kind, named, content)
  return { contentType: named.type ?? (content && typeFor(content, kind)) ?? octets, kind }
}

function nothingTells(name: string): never {
  throw new UploadError('ERR_KIND_UNKNOWN', `neither the name "${name}" nor the first bytes tell what kind this is`)
}

/** A file that stands for another one, whatever its kind. */
function refusePlaceholders(name: string, start: string, named: Named, asked: Kind | undefined): void {
  if (start.startsWith('version https://git-lfs.github.com/spec/v1')) {
    const hint = 'Fetch the file itself: `git lfs pull`; or send the pointer as it is with `--content-type text/plain`.'
    throw new UploadError('ERR_CONTENT_MISMATCH', `"${name}" is a Git LFS pointer, not the file it stands for`, {
      hint,
    })
  }
  if (rootOf(start) !== 'html' || mayBePage(named, asked)) return
  throw new UploadError('ERR_CONTENT_MISMATCH', `"${name}" holds an HTML page, such as a login or error page`, {
    hint: 'Download the file again, signed in; or send the page as it is with `--content-type text/html`.',
  })
}

function mayBePage({ type = '', kind }: Named, asked: Kind | undefined): boolean {
  if (asked === 'text') return kind === undefined
  const byName = type.startsWith('text/') || type === 'application/xhtml+xml'
  return byName && (asked === undefined || takesAll(asked))
}

/** Which files these two take is unknown, so they take all. */
function takesAll(kind: Kind): boolean {
  return kind === 'model' || kind === 'asset'
}

function refuseContradictions(name: string, kind: Kind, named: Named, content: Signature | undefined): void {
  if (takesAll(kind)) return
  if (content && !fits(kind, content)) {
    throw mismatch(`"${name}" holds ${content.what}, which is not of kind ${kind}`, rightOptions(kind, named, content))
  }
  if (content && named.type !== undefined && !goesUnder(named.type, content)) {
    throw mismatch(
      `"${name}" is ${named.type} by its name, but holds ${content.what}`,
      rightOptions(kind, named, content),
    )
  }
  if (named.kind !== undefined && !takes(kind, named.kind)) {
    const nameIsWrong = content && !fits(named.kind, content)
    const options = nameIsWrong ? `--content-type ${typeFor(content, kind)}` : `--kind ${named.kind}`
    throw mismatch(`"${name}" is of kind ${named.kind} by its name, not ${kind}`, options)
  }
}

function mismatch(message: string, options: string): UploadError {
  return new UploadError('ERR_CONTENT_MISMATCH', message, { hint: `Send it as what it is: \`${options}\`.` })
}

function takes(kind: Kind, other: Kind): boolean {
  return kind === other || (kind === 'avatar' && other === 'image')
}

function fits(kind: Kind, { kinds, also = [] }: Signature): boolean {
  return [...kinds, ...also].some((other) => takes(kind, other))
}

const knownTypes: ReadonlySet<string> = new Set([
  ...vendorTypes.map(([, type]) => type),
  ...signatures.flatMap(({ types }) => types),
])

/** A type that no signature is known of may well begin like this; but text never begins like a binary format, nor an archive like a picture. */
function goesUnder(type: string, { types, kinds, also = [] }: Signature): boolean {
  if (types.includes(type)) return true
  if (type.startsWith('application/')) return !knownTypes.has(type) && kinds.length === 0
  return !knownTypes.has(type) && (!type.startsWith('text/') || also.includes('text'))
}

/** The options that the content would pass with, and no more of them than it needs. */
function rightOptions(kind: Kind, named: Named, content: Signature): string {
  const told = named.kind !== undefined && fits(named.kind, content) ? named.kind : content.kinds[0]
  const right = fits(kind, content) ? kind : (told ?? 'asset')
  const nameIsRight = named.type === undefined || content.types.includes(named.type)
  const options = [
    right === kind ? '' : `--kind ${right}`,
    nameIsRight ? '' : `--content-type ${typeFor(content, right)}`,
  ]
  return options.filter((option) => option !== '').join(' ')
}
