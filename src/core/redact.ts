/** Takes what must not be shown out of words that others wrote. */

// An apostrophe is no end: it may stand in an address. Word by word: one expression for all would take minutes for a
// reply that holds nothing but `http://`, over and over.
const word = /[^\s"<>]+/g
const scheme = /\bhttps?:\/\//i
const userinfo = /(\bhttps?:\/\/)[^\s"<>/?#]*@/gi
const signature =
  /\b(X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|Authorization)=[^\s&"<>]+/gi
// A token, not the words after it: it is long, has more than letters in it, or capitals in its middle.
const authorization = /\b([Bb]asic|[Bb]earer)\s+(?=\S{16}|\S*[\d+/=]|\S*[a-z][A-Z])[A-Za-z0-9+/=_.~-]{8,}/g

/** Takes out of a server's words what must not be shown: it may repeat what it was sent. */
export type Clean = (text: string) => string

function cutQuery(text: string): string {
  const begin = text.search(scheme)
  const end = begin < 0 ? -1 : text.indexOf('?', begin)
  return end < 0 ? text : `${text.slice(0, end)}?…`
}

/** Cuts the queries and userinfo of URLs, signatures, `Authorization` values, and each of `secrets`. */
export function redact(text: string, secrets: readonly string[] = []): string {
  // The longest first: one may begin as another does.
  const longestFirst = secrets.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length)
  const known = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  return known.replace(userinfo, '$1').replace(word, cutQuery).replace(signature, '$1=…').replace(authorization, '$1 …')
}

/** Enough of a server's words to know what it means. */
export function bounded(text: string, limit = 500): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}

/** A server's words as one line of bounded length. */
export function oneLine(text: string, limit = 500): string {
  return bounded(text.replace(/\s+/g, ' ').trim(), limit)
}
