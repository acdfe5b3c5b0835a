/** Takes what must not be shown out of words: those that others wrote, and those that stood on the line. */

// An apostrophe is no end: it may stand in an address. Word by word: one expression for all would take minutes for a
// reply that holds nothing but `http://`, over and over.
const word = /[^\s"<>]+/g
/** As written, as JSON escapes it, with a slip in it, and percent-encoded. */
const address = /\bhttps?(?::|\\?\/)\\?\/|:\\?\/\\?\/|%3A%2F%2F/i
// That of our own hints is an example.
const userinfo = /(\bhttps?(?::|\\?\/)(?:\\?\/){1,2}|:(?:\\?\/){2})(?!user:password@)[^\s"<>/?#]*@/gi
const encodedUserinfo = /(%3A%2F%2F)(?:(?!%2F|%3F|%23|%40)[^\s"<>/?#])*%40/gi
const signature =
  /\b(X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|Authorization)=[^\s&"<>]+/gi
// A token, not the words after it: it is long, has more than letters in it, or capitals in its middle.
const authorization = /\b([Bb]asic|[Bb]earer)\s+(?=\S{16}|\S*[\d+/=]|\S*[a-z][A-Z])[A-Za-z0-9+/=_.~-]{8,}/g
/** Which version of a model of Civitai is meant is no secret. */
const version = /^modelVersionId=\d+(?=$|[^\w=-])/

/** Takes out of a server's words what must not be shown: it may repeat what it was sent. */
export type Clean = (text: string) => string

/** Without what follows the mark at `end`, but for what ends the sentence or the quotation around it. */
function cutAt(text: string, end: number, mark: string): string {
  const query = text.slice(end + mark.length)
  const kept = version.exec(query)?.[0] ?? ''
  const rest = query.slice(kept.length)
  const [after = ''] = /[`'.,:;!)\]}]{0,3}$/.exec(rest.slice(-3)) ?? []
  const gone = kept === '' || rest.length > after.length
  return `${text.slice(0, end)}${mark}${kept}${gone ? `${kept === '' ? '' : '&'}…` : ''}${after}`
}

function cutQuery(text: string): string {
  const found = address.exec(text)
  if (found === null) return text
  const mark = (found[0].startsWith('%') ? /%3F/i : /\?/).exec(text.slice(found.index))
  return mark === null ? text : cutAt(text, found.index + mark.index, mark[0])
}

/** Of what is no whole address: `name=value` after a question mark, or anything after that of a path. */
function cutPathQuery(text: string): string {
  const end = text.indexOf('?')
  const query = text.slice(end + 1)
  const looksLikeOne = /^[\w.~%+[\]-]{1,100}=/.test(query) || (/^\w/.test(query) && text.slice(0, end).includes('/'))
  return end >= 0 && looksLikeOne ? cutAt(text, end, '?') : text
}

/** Cuts the queries and userinfo of web addresses, and each of `secrets`. A pattern such as `hero?.png` stays. */
export function cutAddresses(text: string, secrets: readonly string[] = []): string {
  // The longest first: one may begin as another does.
  const longestFirst = secrets.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length)
  const known = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  return known.replace(userinfo, '$1').replace(encodedUserinfo, '$1').replace(word, cutQuery)
}

/** Cuts what a server must not repeat to anybody: as of addresses, of paths, and signatures and `Authorization` too. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return cutAddresses(text, secrets)
    .replace(word, cutPathQuery)
    .replace(signature, '$1=…')
    .replace(authorization, '$1 …')
}

/** How others may write it: as it is, percent-encoded, and as JSON escapes it. */
export function formsOf(secret: string): string[] {
  if (/\p{Surrogate}/u.test(secret)) return [secret]
  const encoded = encodeURIComponent(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const lower = encoded.replace(/%../g, (octet) => octet.toLowerCase())
  return [...new Set([secret, encoded, lower, json, json.replaceAll('/', '\\/')])]
}

/** Enough of a server's words to know what it means. */
export function bounded(text: string, limit = 500): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}

/** A server's words as one line of bounded length. */
export function oneLine(text: string, limit = 500): string {
  return bounded(text.replace(/\s+/g, ' ').trim(), limit)
}
