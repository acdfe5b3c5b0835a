/** Signs part URLs and judges them: the look of AWS's query signature, with an HMAC of our own inside. */
import { createHmac, timingSafeEqual } from 'node:crypto'

export type Verdict = 'good' | 'unsigned' | 'expired' | 'mismatch'

export interface SignedPath {
  /** Path and query. */
  readonly address: string
  /** ISO date. */
  readonly expires: string
}

/**
 * AWS chains four HMACs over a canonical request; nobody but this sandbox signs or checks these URLs, so one HMAC over
 * method, path and sorted query catches the same mistakes: another method, key, part number or date.
 */
export function signPut(
  secret: string,
  path: string,
  own: Readonly<Record<string, string>>,
  lifetimeMs: number,
): SignedPath {
  const now = Date.now()
  const signedAt = now - (now % 1000)
  const date = new Date(signedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const query = new URLSearchParams({
    ...own,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `SANDBOX/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
    'X-Amz-Date': date,
    // AWS has whole seconds; the fraction lets URLs live for less than one.
    'X-Amz-Expires': String((now - signedAt + lifetimeMs) / 1000),
    'X-Amz-SignedHeaders': 'host',
  })
  query.set('X-Amz-Signature', signature(secret, 'PUT', path, query))
  return { address: `${path}?${query}`, expires: new Date(now + lifetimeMs).toISOString() }
}

/** As AWS does, it looks at the date before the signature. */
export function judge(secret: string, method: string, path: string, query: URLSearchParams): Verdict {
  const given = query.get('X-Amz-Signature')
  if (given === null) return 'unsigned'
  if (!(Date.now() < expiry(query))) return 'expired'
  const expected = Buffer.from(signature(secret, method, path, query))
  const claimed = Buffer.from(given)
  return expected.length === claimed.length && timingSafeEqual(expected, claimed) ? 'good' : 'mismatch'
}

function signature(secret: string, method: string, path: string, query: URLSearchParams): string {
  const rest = new URLSearchParams(query)
  rest.delete('X-Amz-Signature')
  rest.sort()
  return createHmac('sha256', secret).update(`${method}\n${path}\n${rest}`).digest('hex')
}

function expiry(query: URLSearchParams): number {
  const date = query.get('X-Amz-Date') ?? ''
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  return Date.parse(iso) + Number(query.get('X-Amz-Expires')) * 1000
}
