/** From what the user pointed at to something that can be sent: looked at, told, and split, before any request. */
import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { assetOptionsFrom } from '../core/asset-options.js'
import type { Kind } from '../core/kinds.js'
import { headLength, tellMedia } from '../core/media.js'
import { planParts } from '../core/parts.js'
import { UploadError } from '../errors.js'
import { absolute } from './absolute.js'
import { kindOfUrl, refuseAssetOptions, type SourceOptions } from './check.js'
import { type Inspected, inspectFile, inspectHandle } from './inspect.js'
import { openFile, readerOf } from './open-file.js'
import { optionsOf, withLine } from './provenance.js'
import type { Reference } from './reference.js'
import type { ByteSource, Source } from './source.js'

export interface Preparation {
  options: SourceOptions & { kind?: Kind | undefined }
  stdin: () => Readable
  signal: AbortSignal
  /** Bytes of standard input that were read so far. */
  onSpooled: (total: number) => void
}

/** Throws what the source has against it: usage (2), input (3) or spooling (1) errors. */
export async function prepare(reference: Reference, preparation: Preparation): Promise<Source> {
  if (reference.refused) throw reference.refused
  const options = optionsOf(reference, preparation.options)
  return prepareOne(reference, { ...preparation, options }).catch((error: unknown) => {
    throw withLine(reference.line, error)
  })
}

async function prepareOne(reference: Reference, preparation: Preparation): Promise<Source> {
  const { options } = preparation
  switch (reference.type) {
    case 'file':
      return prepareFile(reference, preparation)
    case 'stdin':
      return prepareStdin(reference, preparation)
    case 'url':
      return {
        ...{ flow: 'remote', type: 'url', shown: reference.shown, url: reference.url },
        ...{ kind: kindOfUrl(reference, options.kind), assetOptions: assetOptionsFrom(options) },
      }
    case 'huggingface':
      return { flow: 'remote', type: 'huggingface', shown: reference.shown, kind: 'model', model: reference.model }
    case 'civitai':
      return { flow: 'remote', type: 'civitai', shown: reference.shown, kind: 'model', url: reference.url }
  }
}

/** The same text for references to the same file with the same options; null for all else, which is a thing of its own. */
export function identity(reference: Reference): string | null {
  return reference.type === 'file' ? JSON.stringify([absolute(reference.path), reference.own]) : null
}

async function prepareFile(
  reference: Extract<Reference, { type: 'file' }>,
  { options }: Preparation,
): Promise<ByteSource> {
  const { path, shown } = reference
  const { size, head, ...state } = await inspectFile(path, shown, headLength)
  const described = namingFound(reference, () => describe(options.name ?? basename(path), { size, head }, options))
  const origin = { path: await realPath(path), fingerprint: state.fingerprint }
  return { flow: 'bytes', type: 'file', shown, ...described, origin, ...opening(path, shown, state) }
}

/** Apart, so that of thousands of files that wait for their turn none holds on to its first bytes. */
function opening(path: string, shown: string, state: Omit<Inspected, 'size' | 'head'>) {
  return { open: () => openFile(path, shown, state), discard: async () => {} }
}

/** Nobody named this file: the sentence says which it is, and the hint how to leave it out. */
function namingFound<Value>({ found, shown, path }: Reference & { path: string }, describing: () => Value): Value {
  try {
    return describing()
  } catch (error) {
    if (!found || !(error instanceof UploadError) || error.code !== 'ERR_KIND_UNKNOWN') throw error
    const extension = /\.\w+$/.exec(path)?.[0]
    const which = extension === undefined ? '' : ` '*${extension}'`
    const hint = `Leave it out with \`--exclude${which}\`, or say with \`--kind\` what all are.`
    throw new UploadError('ERR_KIND_UNKNOWN', `neither its name nor its first bytes tell what kind ${shown} is`, {
      hint,
      cause: error,
    })
  }
}

/** A file that has just been looked at may be gone by now: opening it will say so. */
const realPath = (path: string) => realpath(path).catch(() => absolute(path))

async function prepareStdin({ shown }: Reference, preparation: Preparation): Promise<ByteSource> {
  const { options, stdin, signal, onSpooled } = preparation
  onSpooled(0) // a pipe may be silent for long: say at once that it is being read
  const { spool } = await import('./spool.js')
  const { handle, discard } = await spool(stdin(), signal, onSpooled)
  try {
    const inspected = await inspectHandle(handle, 'standard input', headLength)
    const reader = readerOf(handle, 'standard input', inspected.fingerprint)
    return {
      flow: 'bytes',
      type: 'stdin',
      shown,
      ...describe(options.name ?? 'stdin', inspected, options),
      origin: null,
      open: async () => ({ ...reader, close: discard }),
      discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}

function describe(fileName: string, { size, head }: Pick<Inspected, 'size' | 'head'>, options: Preparation['options']) {
  const { kind, contentType } = tellMedia({
    name: fileName,
    head,
    kind: options.kind,
    contentType: options.contentType,
  })
  refuseAssetOptions(kind, options)
  return { fileName, kind, contentType, plan: planParts(size, options), assetOptions: assetOptionsFrom(options) }
}
