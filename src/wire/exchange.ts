/** One request and its answer, as far as it may be told. */
import { redact } from '../core/redact.js'

export interface Exchange {
  method: string
  /** Cut at its query: that of a presigned URL is a secret. */
  url: string
  /** Null where none came. */
  status: number | null
  durationMs: number
}

export type OnExchange = (exchange: Exchange) => void

/** `told` is called once, with the status as soon as there is one. */
export function timed(
  method: string,
  url: string,
  onExchange: OnExchange,
  now: () => number = () => performance.now(),
): (status: number | null) => void {
  const startedAt = now()
  const left = [onExchange]
  return (status) => left.pop()?.({ method, url: redact(url), status, durationMs: Math.round(now() - startedAt) })
}
