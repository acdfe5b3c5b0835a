/** All calls of the API go through here: so many a minute, and so many at once, whichever upload they are for. */
import { createRequestBudget } from '../core/request-budget.js'
import { UploadError } from '../errors.js'
import type { ScenarioClient } from '../scenario/client.js'
import type { Nature } from './context.js'
import { createLanes } from './lanes.js'
import type { Patience } from './patience.js'

export interface Quota {
  /** The same client, at this pace. */
  keptBy(client: ScenarioClient, upload: Upload): ScenarioClient
}

interface Upload {
  patience: Patience
  /** The credentials are refused: told before any other call has its turn. */
  refused: () => void
}

/** More would be connections for their own sake: a minute has a hundred requests. */
const mostAtOnce = 8
/** Whoever waits as long as this is told why, once. */
const longMs = 2000

/** `onSlow` is told once, when the requests of a minute are spent. */
export function createQuota(perMinute: number, { now, sleep }: Nature, onSlow: () => void): Quota {
  const budget = createRequestBudget(perMinute)
  const calls = createLanes(mostAtOnce)
  const gate = createLanes(1)
  const state = { told: false }
  const throng = () => calls.waiting() + gate.waiting() > 0

  const pass = async (signal: AbortSignal): Promise<void> => {
    const delay = budget.delay(now(), throng())
    if (delay <= 0) return budget.took(now())
    if (delay >= longMs && !state.told) onSlow()
    state.told ||= delay >= longMs
    await sleep(delay, signal)
    await pass(signal) // another answer may have asked for a longer pause meanwhile
  }

  const heard = async <Answer>(call: () => Promise<Answer>, refused: () => void): Promise<Answer> => {
    try {
      const answer = await call()
      budget.accepted()
      return answer
    } catch (error) {
      if (error instanceof UploadError && error.code === 'ERR_RATE_LIMITED')
        budget.refused(now(), error.retryAfterMs ?? 0)
      if (error instanceof UploadError && error.code === 'ERR_CREDENTIALS_REFUSED') refused()
      throw error
    }
  }

  const paced = <Answer>(
    call: () => Promise<Answer>,
    signal: AbortSignal,
    { patience, refused }: Upload,
  ): Promise<Answer> =>
    patience.queued((begun) =>
      calls.take(async () => {
        await gate.take(() => pass(signal), signal)
        begun()
        return heard(call, refused)
      }, signal),
    )

  return {
    keptBy: (client, upload) => ({
      create: (request, signal) => paced(() => client.create(request, signal), signal, upload),
      complete: (id, signal) => paced(() => client.complete(id, signal), signal, upload),
      get: (id, signal, timeoutMs) => paced(() => client.get(id, signal, timeoutMs), signal, upload),
      close: () => client.close(),
    }),
  }
}
