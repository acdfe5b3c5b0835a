/** The body of a create request: its four forms, and the strict check that names the field that is wrong. */
import { Refusal } from './refusal.js'

/** `text` stands in newer references only. */
const kinds = ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video'] as const
export type Kind = (typeof kinds)[number]

interface AssetOptions {
  readonly collectionIds?: readonly string[]
  readonly hide?: boolean
  readonly parentId?: string
}

export interface FileBody {
  readonly fileName: string
  readonly contentType: string
  readonly fileSize: number
  readonly parts: number
  readonly kind: Kind
  readonly assetOptions?: AssetOptions
}

interface UrlBody {
  readonly url: string
  readonly kind: Kind
  readonly assetOptions?: AssetOptions
}

interface HuggingFaceBody {
  readonly huggingFaceModelName: string
  readonly kind?: 'model'
}

interface CivitaiBody {
  readonly civitaiModelUrl: string
}

export type CreateBody = FileBody | UrlBody | HuggingFaceBody | CivitaiBody

/** Throws a refusal unless the value, absent or not, may stand under this name. */
type Check = (value: unknown, name: string) => void
type Checks = Readonly<Record<string, Check>>

const must =
  (test: (value: unknown) => boolean, what: string): Check =>
  (value, name) => {
    if (value === undefined) throw new Refusal(400, `${name} is required`)
    if (!test(value)) throw new Refusal(400, `${name} must be ${what}`)
  }
const maybe =
  (check: Check): Check =>
  (value, name) => {
    if (value !== undefined) check(value, name)
  }
const isText = (value: unknown) => typeof value === 'string' && value !== ''
const text = must(isText, 'a text that is not empty')
const like = (pattern: RegExp, what: string) => must((value) => typeof value === 'string' && pattern.test(value), what)
const whole = (min: number, max: number) =>
  must(
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    `a whole number from ${min} to ${max}`,
  )
const kind = must((value) => kinds.some((known) => known === value), `one of ${kinds.join(', ')}`)
const isWebAddress = (value: unknown) => typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value)

const assetOptionChecks = {
  collectionIds: maybe(must((value) => Array.isArray(value) && value.every(isText), 'a list of ids')),
  hide: maybe(must((value) => typeof value === 'boolean', 'true or false')),
  parentId: maybe(text),
} satisfies Record<keyof AssetOptions, Check>

const assetOptions = maybe((value, name) => checkFields(value, assetOptionChecks, name))

const forms = {
  multipart: {
    fileName: text,
    contentType: like(/^[\w.+-]+\/[\w.+-]+( *;.*)?$/, 'a media type such as image/png'),
    fileSize: whole(1, 5 * 1024 ** 4),
    parts: whole(1, 10_000),
    kind,
    assetOptions,
  } satisfies Record<keyof FileBody, Check>,
  url: {
    url: must(isWebAddress, 'an http or https address'),
    kind,
    assetOptions,
  } satisfies Record<keyof UrlBody, Check>,
  huggingface: {
    huggingFaceModelName: like(/^[\w.-]+\/[\w.-]+$/, 'of the form owner/name'),
    kind: maybe(must((value) => value === 'model', 'model, or left out')),
  } satisfies Record<keyof HuggingFaceBody, Check>,
  civitai: {
    civitaiModelUrl: like(
      /^https:\/\/(www\.)?civitai\.com\/models\/\d+([/?#]\S*)?$/,
      'a full address, https://civitai.com/models/<number>',
    ),
  } satisfies Record<keyof CivitaiBody, Check>,
}

export type SourceName = keyof typeof forms

export function checkCreateBody(value: unknown): asserts value is CreateBody {
  const body = fieldsOf(value, 'The body')
  checkFields(body, forms[formOf(body)], '')
  if (body.kind === 'model' && body.assetOptions !== undefined)
    throw new Refusal(400, 'assetOptions is not available for kind model')
}

/** One field is enough to tell the form; those of another form are then refused as unknown. */
export function formOf(body: object): SourceName {
  if ('huggingFaceModelName' in body) return 'huggingface'
  if ('civitaiModelUrl' in body) return 'civitai'
  return 'url' in body ? 'url' : 'multipart'
}

function checkFields(value: unknown, checks: Checks, name: string): void {
  const fields = fieldsOf(value, name)
  const prefix = name && `${name}.`
  const stranger = Object.keys(fields).find((field) => !Object.hasOwn(checks, field))
  if (stranger !== undefined)
    throw new Refusal(400, `${prefix}${stranger} is not allowed beside ${Object.keys(checks).join(', ')}`)
  for (const [field, check] of Object.entries(checks)) check(fields[field], `${prefix}${field}`)
}

function fieldsOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, `${name} must be an object`)
  return { ...value }
}
