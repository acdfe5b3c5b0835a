/** The bucket: PUTs one part to its presigned URL. It knows no credentials, and sends none. */
import got from 'got'
import { headerOf } from '../core/headers.js'
import type { ProxySettings } from '../core/proxy.js'
import { type Agents, connectMs, createAgents } from '../wire/agents.js'
import { type OnExchange, timed } from '../wire/exchange.js'
import { attempt } from './attempt.js'
import { type Pace, unpaced } from './pace.js'
import type { Body } from './pump.js'
import { type BucketAnswer, belies, isYes, requestIdOf, s3Error } from './s3-error.js'

export interface PartPut {
  /** How to name the part in messages. */
  label: string
  url: string
  size: number
  /** Exactly `size` bytes, afresh; called once for each attempt. */
  open: () => Body
  /** Ask for leave before the body goes out: for the attempt after a failure that nobody explained. */
  askFirst: boolean
  /** Milliseconds to wait for the answer once the last byte is out; default: as long as for any other silence. */
  answerMs?: number
  /** Whether the URL is past its end: what makes a refusal one of age. Default: nobody knows. */
  isExpired?: () => boolean
  /** Bytes of this attempt handed to the network so far. */
  onSent: (bytes: number) => void
  /** Milliseconds that a piece is held back for, to keep to a rate. */
  onHeld?: (ms: number) => void
  signal: AbortSignal
}

export interface PartReply {
  /** Without its quotes; empty where there is none. */
  etag: string
  /** The reply says that the ETag is no MD5 of what was sent. */
  encrypted: boolean
  /** The storage's name for the request, where it says one. */
  requestId?: string | undefined
}

export interface Bucket {
  putPart(put: PartPut): Promise<PartReply>
  close(): void
}

export interface SharedBucket extends Bucket {
  /** The same bucket, whose requests are told of. */
  heardBy(onExchange: OnExchange): Bucket
}

export interface BucketOptions {
  /** Most connections at once. */
  connections: number
  userAgent: string
  /** Milliseconds without a byte accepted, or without an answer after the last one, before an attempt is given up. */
  stallMs?: number
  /** How fast bytes may leave; default: as fast as they can. */
  pace?: Pace
  /** Default: no proxy. */
  proxy?: ProxySettings | undefined
  /** Told the `Date` header of each answer. */
  onDate?: (date: string | undefined) => void
}

const defaultStallMs = 30_000

export function createBucket(options: BucketOptions): SharedBucket {
  const { connections, userAgent, stallMs = defaultStallMs, proxy, pace = unpaced, onDate = () => {} } = options
  const agents = createAgents({ proxy, connections, stallMs })
  const met = new Set<string>()

  /**
   * No retry of got's, since it cannot send a consumed stream again, and no redirect, since it would follow one with an
   * empty body. `content-length` is ours to set: without it the body goes out chunked, which S3 refuses.
   */
  const request = (put: PartPut, agent: Awaited<ReturnType<Agents['of']>>) =>
    got.stream.put(put.url, {
      agent,
      headers: {
        'content-length': String(put.size),
        'user-agent': userAgent,
        ...(put.askFirst ? { expect: '100-continue' } : {}),
      },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs },
    })

  const putWith = (onExchange: OnExchange) => async (put: PartPut) => {
    const agent = await agents.of(put.url)
    put.signal.throwIfAborted()
    const tell = timed('PUT', put.url, onExchange)
    try {
      const answer = await attempt(put, request(put, agent), { stallMs, pace, met })
      tell(answer.status)
      onDate(headerOf(answer, 'date'))
      if (isYes(answer.status) && !belies(answer)) return replyOf(answer)
      throw s3Error(put.label, answer, put.isExpired)
    } finally {
      tell(null)
    }
  }

  const heardBy = (onExchange: OnExchange): Bucket => ({ putPart: putWith(onExchange), close: agents.close })
  return { ...heardBy(() => {}), heardBy }
}

function replyOf(answer: BucketAnswer): PartReply {
  const encryption = headerOf(answer, 'x-amz-server-side-encryption') ?? ''
  const customer = headerOf(answer, 'x-amz-server-side-encryption-customer-algorithm')
  return {
    etag: (headerOf(answer, 'etag') ?? '').replace(/^W\//, '').replaceAll('"', ''),
    encrypted: encryption.startsWith('aws:kms') || customer !== undefined,
    requestId: requestIdOf(answer),
  }
}
