/** The API's three calls in such a world: the truth is the server's, what is heard of it is the weather's. */
import { networkError, silenceError } from '../../../src/core/network-error.js'
import type { ScenarioClient } from '../../../src/scenario/client.js'
import { refusal } from '../../../src/scenario/refusal.js'
import { doubtful, notJson } from '../../../src/scenario/schema.js'
import type { Edge } from './edge.js'
import type { Server } from './server.js'
import type { ApiFault } from './weather.js'

const host = 'api.test'
const clean = (text: string) => text

type Call = 'create' | 'look at' | 'complete'

const failed = (code: string, met: boolean, reused = false) =>
  networkError(Object.assign(new Error(code), { code }), host, { met, reused })

const answered = (call: Call, status: number, headers: Record<string, string> = {}, message = 'no') =>
  refusal(call, { status, headers, body: JSON.stringify({ message }) }, clean)

export function simulatedApi(server: Server, edge: Edge): ScenarioClient {
  const { life, time, weather, chance, stallMs } = edge
  const state = { met: false }

  /** What happens instead of an answer, or after the effect. */
  const strike = async (call: Call, fault: ApiFault | null, effect: () => unknown, signal: AbortSignal) => {
    if (fault === 'unsent') throw failed(chance.of('ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'ETIMEDOUT'), state.met)
    if (fault === 'stale') throw failed('ECONNRESET', true, true)
    if (fault === 'silent') {
      await time.sleep(stallMs, signal)
      throw silenceError(host, stallMs, { met: state.met, connected: true })
    }
    state.met = true
    const after = { 'retry-after': chance.of('', '1', '30', '300', '31536000') }
    if (fault === 'busy') throw answered(call, chance.of(500, 502, 503, 504, 408), after)
    if (fault === 'limited') throw answered(call, 429, after)
    if (fault === 'denied') throw answered(call, 401)
    if (fault === 'refused') edge.refused()
    if (fault === 'refused') throw answered(call, chance.of(400, 409, 413, 422))
    if (fault === null) return
    if (fault !== 'page' || chance.is(0.5)) effect()
    await life.step()
    if (fault === 'lost') throw failed('ECONNRESET', true)
    if (fault === 'late') throw answered(call, 504)
    throw call === 'complete' ? doubtful('200 with something that is no JSON') : notJson(call, 200)
  }

  const request = async <Answer>(call: Call, effect: () => Answer, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted()
    await life.step()
    await life.alive(time.sleep(chance.int(5, 2000), signal))
    await life.alive(strike(call, weather.api(), effect, signal))
    const answer = effect()
    edge.heard()
    await life.step()
    return answer
  }

  return {
    create: (body, signal) =>
      request('create', () => edge.created(server.create('parts' in body ? body.parts : 0)), signal),
    get: (id, signal) =>
      request(
        'look at',
        () => {
          const upload = server.look(id)
          if (!upload) throw answered('look at', 404)
          return upload
        },
        signal,
      ),
    complete: (id, signal) =>
      request(
        'complete',
        () => {
          edge.completing(id)
          const end = server.complete(id)
          if (end === 'missing') edge.refused()
          if (end === 'unknown') throw answered('complete', 404)
          if (end !== 'yes') throw answered('complete', chance.of(400, 409), {}, end)
          return chance.is(0.5) ? (server.look(id) ?? null) : null
        },
        signal,
      ),
    close: () => {},
  }
}
