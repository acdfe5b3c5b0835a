/** Which options go with which sources: found before anything is read or sent. */
import { assetOptionsFrom } from '../core/asset-options.js'
import { type Kind, kinds, parseKind } from '../core/kinds.js'
import { checkContentType, kindByName } from '../core/media.js'
import { mustBe } from '../core/must-be.js'
import { checkSplit } from '../core/parts.js'
import { UploadError, usageError } from '../errors.js'
import { isFileName } from './own-options.js'
import { atLine, optionsOf } from './provenance.js'
import type { Reference } from './reference.js'

/** What is uploaded, and as what. */
export interface SourceOptions {
  /** The file name to give it; default: the path's last segment. Needed for standard input; for a single source only. */
  name?: string | undefined
  /** Send it as this media type, unchecked; default: told by the name, else by the first bytes, which are checked. */
  contentType?: string | undefined
  /** Default: told by the name, else by the first bytes; ERR_KIND_UNKNOWN where neither tells. */
  kind?: Kind | (string & Record<never, never>) | undefined
  /** Exactly this many parts, 1 to 10,000; ERR_PARTS where the file cannot have them. Not together with `partSize`. */
  parts?: number | undefined
  /** Bytes of every part but the last, 5 MiB to 5 GiB; default 8 MiB, and a thousandth of the file where that is more. */
  partSize?: number | undefined
  /** Ids of the collections that the asset is added to, or the only one. Not for models, as the next two. */
  collection?: string | readonly string[] | undefined
  /** The id of the asset's parent. */
  parent?: string | undefined
  /** Hide the asset; default false. */
  hide?: boolean | undefined
}

/** What can be told of the options before any source is looked at. Throws ERR_USAGE. */
export function checkOptions(options: SourceOptions): void {
  checkTypes(options)
  checkSplit(options)
  assetOptionsFrom(options)
  if (options.contentType !== undefined) checkContentType(options.contentType)
  if (options.name !== undefined && !isFileName(options.name)) {
    throw usageError('--name must be a file name, not a path', 'Give its last part alone, as in `--name photo.png`.')
  }
  if (options.kind !== undefined) refuseAssetOptions(parseKind(options.kind), options)
}

/** Throws ERR_USAGE or ERR_KIND_UNKNOWN for what cannot go together. */
export function checkSources(references: readonly Reference[], options: SourceOptions): void {
  checkOptions(options)
  if (options.name !== undefined && references.length > 1)
    throw usageError('--name goes with a single source', 'Leave `--name` out, or upload one source at a time.')
  if (references.length === 0)
    throw usageError(
      'no source to upload',
      'Name a file, `-` for standard input, or an address; `scenario-upload --help` has examples.',
    )
  if (references.filter(({ type }) => type === 'stdin').length > 1)
    throw usageError('standard input can be read only once', 'Give `-` once.')
  for (const reference of references) atLine(reference, () => checkOne(reference, optionsOf(reference, options)))
}

/** For callers whose compiler does not look. */
function checkTypes({ name, contentType, kind, parts, partSize, hide }: SourceOptions): void {
  mustBe('true or false', { hide })
  const texts = { '--name': name, '--content-type': contentType, '--kind': kind }
  for (const [option, value] of Object.entries(texts)) {
    if (value !== undefined && typeof value !== 'string') throw usageError(`${option} must be a text`, 'Give a text.')
  }
  for (const [option, value] of Object.entries({ '--parts': parts, '--part-size': partSize })) {
    if (value !== undefined && typeof value !== 'number')
      throw usageError(`${option} must be a number`, 'Give a number.')
  }
}

function checkOne(reference: Reference, options: SourceOptions): void {
  if (reference.own?.kind !== undefined) refuseAssetOptions(reference.own.kind, options)
  if (reference.type === 'file') return
  if (reference.type === 'stdin') {
    if (options.name === undefined) {
      throw usageError('standard input needs a name', 'Say it with `--name`, as in `--name photo.png`.')
    }
    return
  }
  const sending = sendingOption(options)
  if (sending) {
    const hint = `Leave \`${sending}\` out, or download the file and upload that.`
    throw usageError(`${sending} does not go with ${reference.shown}: the server fetches it by itself`, hint)
  }
  if (reference.type === 'url') refuseAssetOptions(kindOfUrl(reference, options.kind), options)
  else checkModel(reference, options)
}

/** The kind asked for, or what the last segment of the address tells. */
export function kindOfUrl({ url, shown }: { url: string; shown: string }, kind?: string): string {
  const told = kind ?? kindByName(new URL(url).pathname.split('/').at(-1) ?? '')
  if (told !== undefined) return told
  throw new UploadError('ERR_KIND_UNKNOWN', `nothing tells what kind of thing ${shown} is`, {
    hint: `Say it with \`--kind\`: ${kinds.join(', ')}.`,
  })
}

function checkModel({ shown }: Reference, options: SourceOptions): void {
  if (options.kind !== undefined && options.kind !== 'model') {
    throw usageError(`${shown} is a model: --kind ${options.kind} does not go with it`, 'Leave `--kind` out.')
  }
  refuseAssetOptions('model', options)
}

/** Collections, parents and hiding are for assets; a model has none of them. */
export function refuseAssetOptions(kind: string, options: SourceOptions): void {
  const option = assetOption(options)
  if (kind === 'model' && option)
    throw usageError(`${option} does not go with models`, `Leave \`${option}\` out: it is for assets.`)
}

function assetOption({ collection, parent, hide }: SourceOptions): string | undefined {
  if (collection !== undefined && collection.length > 0) return '--collection'
  if (parent !== undefined) return '--parent'
  return hide ? '--hide' : undefined
}

function sendingOption({ parts, partSize, name, contentType }: SourceOptions): string | undefined {
  if (parts !== undefined) return '--parts'
  if (partSize !== undefined) return '--part-size'
  if (name !== undefined) return '--name'
  return contentType === undefined ? undefined : '--content-type'
}
