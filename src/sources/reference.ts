/** What the user pointed at, from its text alone: nothing is read, asked or sent here. */
import { type UploadError, usageError } from '../errors.js'
import { type DescribedSource, ownOptions } from './own-options.js'
import type { Provenance } from './provenance.js'

/** A text is read as the command line reads it; an object says outright what it is, or what is asked for it alone. */
export type OneSource =
  | string
  | DescribedSource
  | { file: string }
  | { stdin: true }
  | { url: string }
  | { huggingface: string }
  | { civitai: string }

/** The last stands for all sources of a list, at their place in the order: a path, or `-` for standard input. */
export type SourceInput = OneSource | { filesFrom: string }

/** `shown` is what the user wrote, but for what must not be shown: userinfo and queries. */
export type Reference = Provenance & Target

type Target =
  | { type: 'file'; shown: string; path: string }
  | { type: 'stdin'; shown: '-' }
  | { type: 'url'; shown: string; url: string }
  | { type: 'huggingface'; shown: string; model: string }
  | { type: 'civitai'; shown: string; url: string }

export function parseReference(input: OneSource): Reference {
  if (typeof input === 'string') return parseText(input)
  if (isDescribed(input)) return parseDescribed(input)
  refuseOther(input)
  if ('file' in input) return parseFile(input.file)
  if ('stdin' in input) return { type: 'stdin', shown: '-' }
  if ('url' in input) return parseUrl(input.url)
  return 'huggingface' in input ? parseHuggingFace(input.huggingface) : parseCivitai(input.civitai)
}

/** Throws ERR_USAGE for a field that is not one, too. */
export function parseDescribed(input: DescribedSource): Reference {
  const own = ownOptions(input)
  return Object.keys(own).length > 0 ? { ...parseText(input.source), own } : parseText(input.source)
}

const isDescribed = (input: unknown): input is DescribedSource =>
  typeof input === 'object' && input !== null && 'source' in input

/** For callers whose compiler does not look: what is no source, or holds no text. */
function refuseOther(input: unknown): void {
  const values = typeof input === 'object' && input !== null ? Object.entries(input) : []
  const told = values.filter(([name]) => name === 'stdin' || names.has(name))
  const isRight = told.every(([name, value]) => (name === 'stdin' ? value === true : typeof value === 'string'))
  if (told.length > 0 && isRight) return
  throw usageError(
    'that is not a source',
    'Give a text, or { source }, { file }, { url }, { huggingface }, { civitai }, { filesFrom } or { stdin: true }.',
  )
}

const names: ReadonlySet<string> = new Set(['file', 'url', 'huggingface', 'civitai'])

const otherSchemes = /^(?:[a-z][a-z\d+.-]+:\/\/|data:|file:)/i

function parseText(text: string): Reference {
  if (text === '-') return { type: 'stdin', shown: '-' }
  if (/^hf:/i.test(text)) return parseHuggingFace(text)
  if (/^civitai:|^(www\.)?civitai\.com\/models\/\d/i.test(text)) return parseCivitai(text)
  if (/^https?:/i.test(text)) return parseAddress(text)
  // Quoted once too often, or with a space before it: what it may hold is not to be shown as the path of a file is.
  if (/^[\s"'<]+https?:\/\//i.test(text)) return parseAddress(text)
  // Two letters at least: `C:\a.png` is a file.
  if (otherSchemes.test(text)) throw otherScheme(text)
  return parseFile(text)
}

function parseFile(path: string): Reference {
  if (path !== '') return { type: 'file', shown: path, path }
  throw usageError('a source is empty', 'Name a file, `-` for standard input, or an address.')
}

/** A web address of which nobody said what it is: the page of a model is that model, all else is a link. */
function parseAddress(text: string): Reference {
  const url = webUrl(text)
  if (huggingFaceHosts.has(url.host) && isModelPage(url)) return parseHuggingFace(text)
  if (civitaiHosts.has(url.host) && civitaiPage.test(url.pathname)) return parseCivitai(text)
  return parseUrl(text)
}

// ---- web addresses

function parseUrl(text: string): Reference {
  const url = webUrl(text)
  return { type: 'url', shown: shownAddress(text, url), url: url.href }
}

/** With nothing to hide it is shown as it was written, not as it is normalized. */
function shownAddress(text: string, url: URL): string {
  return /[?#@]/.test(text) ? shownUrl(url) : text
}

/** Userinfo, query and fragment may hold secrets; which version of a Civitai model is meant is none. */
export function shownUrl(url: URL): string {
  const version = civitaiHosts.has(url.host) ? versionOf(url) : ''
  const hidden = [...url.searchParams.keys()].some((key) => version === '' || key !== 'modelVersionId')
  const query = hidden ? `${version === '' ? '?' : `${version}&`}…` : version
  return `${url.protocol}//${url.host}${url.pathname}${query}`
}

function webUrl(text: string): URL {
  const isWeb = /^https?:\/\//i.test(text)
  if (!isWeb && otherSchemes.test(text)) throw otherScheme(text)
  // URL takes tabs and line breaks out without a word.
  const url = isWeb && !/[\s\p{Cc}]/u.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && isHost(url.hostname)) return url
  const hint = 'Write the whole address, as in `https://example.com/photo.png`, with %20 for a space.'
  throw usageError(`"${safe(text)}" is not a valid web address`, hint)
}

/** URL lets empty labels pass ("a..b"), and labels that no name server takes. */
function isHost(hostname: string): boolean {
  return /^(?:[^.]{1,63}\.)*[^.]{1,63}\.?$/.test(hostname)
}

function otherScheme(text: string): UploadError {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase()
  const way = scheme === 'file' ? 'Give' : 'Download it and give'
  return usageError(`${scheme}: addresses are not taken, only http: and https:`, `${way} the path of the file.`)
}

/** What may be quoted of a text that is no address: by far not all of it, if it is an address with a slip in it. */
function safe(text: string): string {
  const [, scheme = '', rest = ''] = /^((?:hf:|civitai:)?(?:[a-z][a-z\d+.-]*:\/\/)?)(.*)$/is.exec(text) ?? []
  // Where a slip is, nobody knows which `@` ends the userinfo, or whether it stands in a query.
  return scheme + (rest.includes('@') ? '…' : rest.replace(/#.*$/s, '').replace(/\?.*$/s, '?…'))
}

/** The address of one of these hosts, with https:// or without; undefined for what is no address. */
function addressOn(hosts: ReadonlySet<string>, text: string, hint: string): URL | undefined {
  const bare = hosts.has(text.split('/', 1)[0]?.toLowerCase() ?? '')
  if (!bare && !text.includes('://')) return undefined
  const url = webUrl(bare ? `https://${text}` : text)
  if (!hosts.has(url.host)) throw usageError(`"${safe(text)}" is not an address on ${[...hosts][0]}`, hint)
  if (url.username === '' && url.password === '') return url
  const why = 'the server fetches public models only'
  throw usageError(
    `an address on ${url.host} goes without user and password: ${why}`,
    'Leave out what stands before the `@`.',
  )
}

// ---- Hugging Face

const huggingFaceHosts = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co', 'www.hf.co'])
const huggingFaceHint = 'Write it as `hf:owner/name` or `https://huggingface.co/owner/name`.'

/** What stands where an owner would, and is none. */
const reserved: ReadonlySet<string> = new Set(
  `api blog brand buckets changelog chat collections datasets docs enterprise hub inference join kernels languages learn
  login logout metrics models new notifications organizations papers posts pricing privacy search settings spaces storage
  support tasks terms-of-service welcome`.split(/\s+/),
)

function isModelPage(url: URL): boolean {
  const segments = segmentsOf(url.pathname)
  return segments.length === 2 && !reserved.has(segments[0]?.toLowerCase() ?? '')
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/')
}

/** Takes `owner/name` and any address within a model's pages, as that of a file. */
function parseHuggingFace(text: string): Reference {
  const bare = text.replace(/^hf:/i, '')
  const url = addressOn(huggingFaceHosts, bare, huggingFaceHint)
  const [owner = '', name = '', ...deeper] = url ? segmentsOf(url.pathname) : bare.replace(/\/$/, '').split('/')
  const isModel = isRepoPart(owner) && isRepoPart(name) && !reserved.has(owner.toLowerCase())
  if (!isModel || (url === undefined && deeper.length > 0)) {
    throw usageError(`"${safe(text)}" is not a Hugging Face model: that is owner/name`, huggingFaceHint)
  }
  return { type: 'huggingface', shown: url ? shownAddress(text, url) : text, model: `${owner}/${name}` }
}

/** The rules of Hugging Face itself, so that a slip is found before the server looks for it. */
function isRepoPart(text: string): boolean {
  return /^\w(?:[\w.-]{0,94}\w)?$/.test(text) && !/--|\.\.|\.git$/.test(text)
}

// ---- Civitai

const civitaiHosts = new Set(['civitai.com', 'www.civitai.com'])
const civitaiPage = /^\/models\/(\d+)(?:\/([^/]+))?\/?$/
const civitaiHint = 'Write it as `civitai:370194` or `https://civitai.com/models/370194`.'

/** Takes the model's number, what follows the host in its address, or the address; the API wants a full one. */
function parseCivitai(text: string): Reference {
  const bare = text.replace(/^civitai:/i, '')
  const path = /^(?:models\/)?(\d.*)$/s.exec(bare)?.[1]
  const url = addressOn(civitaiHosts, path === undefined ? bare : `civitai.com/models/${path}`, civitaiHint)
  const [, id, slug] = civitaiPage.exec(url?.pathname ?? '') ?? []
  if (url === undefined || id === undefined) throw usageError(`"${safe(text)}" is not a Civitai model`, civitaiHint)
  if (url.searchParams.has('modelVersionId') && versionOf(url) === '') {
    throw usageError(`"${safe(text)}" has a modelVersionId that is not a number`, civitaiHint)
  }
  const full = `https://civitai.com/models/${id}${slug === undefined ? '' : `/${slug}`}${versionOf(url)}`
  return { type: 'civitai', shown: /^[^?#@]*(?:\?modelVersionId=\d+)?$/.test(text) ? text : full, url: full }
}

/** As the query that it is, or nothing: whatever is not a number might be a secret. */
function versionOf(url: URL): string {
  const version = url.searchParams.get('modelVersionId') ?? ''
  return /^\d+$/.test(version) ? `?modelVersionId=${version}` : ''
}
