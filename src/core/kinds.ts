/** What an upload can become. */
import { UploadError } from '../errors.js'
import { suggest } from './suggest.js'

/** `text` stands in newer references of the API only: that the server takes it is assumed. */
export const kinds = ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video'] as const
export type Kind = (typeof kinds)[number]

export function parseKind(text: string): Kind {
  const kind = kinds.find((known) => known === String(text).toLowerCase())
  if (kind !== undefined) return kind
  const meant = suggest(text, kinds)
  const list = `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`
  throw new UploadError('ERR_USAGE', `"${text}" is no kind: it is one of ${list}`, {
    hint: meant === undefined ? 'Give one of these with `--kind`.' : `Did you mean \`--kind ${meant}\`?`,
  })
}
