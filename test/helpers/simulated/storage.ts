/** The bucket in such a world: some of what is sent gets there, some of it later, some of it changed. */
import { networkError, silenceError } from '../../../src/core/network-error.js'
import type { Bucket, PartPut, PartReply } from '../../../src/storage/bucket.js'
import { type BucketAnswer, s3Error } from '../../../src/storage/s3-error.js'
import type { Edge } from './edge.js'
import { refused, type Server } from './server.js'
import type { PutFault } from './weather.js'

const host = 'bucket.test'

const failed = (code: string, met: boolean, reused = false) =>
  networkError(Object.assign(new Error(code), { code }), host, { met, reused })

export function simulatedBucket(server: Server, edge: Edge): Bucket {
  const { life, time, weather, chance, stallMs } = edge
  const state = { met: false }

  const silent = async ({ signal }: PartPut, ms: number): Promise<never> => {
    await time.sleep(ms, signal)
    throw silenceError(host, ms, { met: state.met, connected: true })
  }

  /** What another answer than the server's own would be. */
  const refusal = (fault: PutFault): BucketAnswer | null => {
    const headers = { 'retry-after': chance.of('', '', '2', '60', '31536000') }
    if (fault === 'busy') return { ...refused(chance.of(500, 503, 504), 'InternalError', 'try again'), headers }
    if (fault === 'limited') return { ...refused(503, 'SlowDown', 'please'), headers }
    if (fault === 'error200') return refused(200, 'InternalError', 'after all')
    if (fault === 'aged') return refused(403, 'AccessDenied', 'Request has expired')
    return fault === 'denied' ? refused(403, 'AccessDenied', 'no') : null
  }

  const answer = (put: PartPut, said: BucketAnswer): PartReply => {
    state.met = true
    edge.heard()
    if (said.status !== 200 || said.body !== '') throw s3Error(put.label, said, put.isExpired)
    const etag = server.manners.md5Etags ? String(said.headers.etag).replaceAll('"', '') : '0'.repeat(32)
    return { etag, encrypted: !server.manners.md5Etags }
  }

  /** It stands in a buffer on the way, and gets there even where nobody waits for it any more. */
  const slowly = async (put: PartPut, text: string, answerMs: number): Promise<BucketAnswer> => {
    const ms = chance.int(1000, 200_000)
    const there = time.sleep(ms).then(() => server.putLate(put.url, text))
    if (ms >= answerMs) return silent(put, answerMs)
    await time.sleep(ms, put.signal)
    return there
  }

  const send = async (put: PartPut, text: string, fault: PutFault | null): Promise<BucketAnswer> => {
    const { size, signal, onSent, answerMs = stallMs } = put
    if (fault === 'unsent') throw failed(chance.of('ECONNREFUSED', 'EAI_AGAIN', 'ECONNRESET'), state.met)
    if (fault === 'stale') throw failed('EPIPE', true, true)
    for (const share of [0.25, 0.5, 1]) {
      await time.sleep(chance.int(1, 5000), signal)
      if (fault === 'broken' && share > 0.25) throw failed('ECONNRESET', true)
      if (fault === 'silent' && share > 0.5) return silent(put, stallMs)
      onSent(Math.floor(size * share))
    }
    if (fault === 'swallowed') return silent(put, answerMs)
    if (fault === 'slow') return slowly(put, text, answerMs)
    const other = fault === null ? null : refusal(fault)
    if (other) return other
    await life.step()
    const said = server.put(put.url, fault === 'flip' ? `${text}?` : text)
    await life.step()
    if (fault === 'lost') throw failed('ECONNRESET', true)
    return said
  }

  const putPart = async (put: PartPut): Promise<PartReply> => {
    put.signal.throwIfAborted()
    await life.step()
    const [, id = '', number] = new URL(put.url).pathname.split('/')
    edge.putting(id, Number(number))
    const end = { is: 'no' as 'yes' | 'no' }
    try {
      const text = await readAll(put)
      const reply = answer(put, await life.alive(send(put, text, weather.put())))
      await life.step()
      put.signal.throwIfAborted()
      end.is = 'yes'
      return reply
    } finally {
      edge.put(id, Number(number), end.is)
    }
  }
  return { putPart, close: () => {} }
}

async function readAll(put: PartPut): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of put.open()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
