/** All calls of the API go through here: so many a minute, and so many at once, whichever upload they are for. */
import { createRequestBudget } from '../core/request-budget.js'
import { UploadError } from '../errors.js'
import type { ScenarioClient } from '../scenario/client.js'
import { again } from './again.js'
import type { Nature, Settings } from './context.js'
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

interface Look {
  /** Of a look that has less time than any other call, and comes again. */
  timeoutMs?: number | undefined
}

/** More would be connections for their own sake: a minute has a hundred requests. */
const mostAtOnce = 8
/** Whoever waits as long as this is told why, once. */
const longMs = 2000

/** The requests of a minute are spent, or the server has asked for fewer. */
export type Slowness = 'spent' | 'refused'

/** `onSlow` is told once, when somebody has to wait. */
export function createQuota(
  { rpm, retryForMs }: Pick<Settings, 'rpm' | 'retryForMs'>,
  { now, sleep }: Nature,
  onSlow: (why: Slowness) => void,
): Quota {
  const budget = createRequestBudget(rpm)
  const calls = createLanes(mostAtOnce)
  const gate = createLanes(1)
  const state = { told: false, refusal: null as UploadError | null }
  const throng = () => calls.waiting() + gate.waiting() > 0

  /** Whoever cannot wait for the end of a pause ends with the refusal that began it, and the API is left alone. */
  const refuseLong = ({ patience, timeoutMs }: Upload & Look): void => {
    const { ms, askedMs } = budget.pause(now())
    const [pause, most] =
      timeoutMs === undefined ? [Math.max(ms, askedMs), retryForMs - patience.quietMs()] : [ms, timeoutMs]
    const isKnown = timeoutMs !== undefined || askedMs > 0
    if (state.refusal && pause > 0 && pause > most) throw again(state.refusal, isKnown ? pause : undefined)
  }

  const pass = async (signal: AbortSignal, upload: Upload & Look): Promise<void> => {
    refuseLong(upload)
    const delay = budget.delay(now(), throng())
    if (delay <= 0) return budget.took(now())
    if (delay >= longMs && !state.told) onSlow(budget.isLowered() ? 'refused' : 'spent')
    state.told ||= delay >= longMs
    await sleep(delay, signal)
    await pass(signal, upload) // another answer may have asked for a longer pause meanwhile
  }

  const heard = async <Answer>(call: () => Promise<Answer>, refused: () => void): Promise<Answer> => {
    try {
      const answer = await call()
      budget.accepted()
      return answer
    } catch (error) {
      if (error instanceof UploadError && error.code === 'ERR_RATE_LIMITED') {
        state.refusal = error
        budget.refused(now(), error.retryAfterMs ?? 0)
      }
      if (error instanceof UploadError && error.code === 'ERR_CREDENTIALS_REFUSED') refused()
      throw error
    }
  }

  const paced = async <Answer>(
    call: () => Promise<Answer>,
    signal: AbortSignal,
    upload: Upload & Look,
  ): Promise<Answer> => {
    refuseLong(upload) // before it stands in the queue
    const from = now()
    return upload.patience.queued((begun) =>
      calls.take(async () => {
        await gate.take(() => pass(signal, upload), signal)
        begun(budget.pausedWithin(from, now()))
        return heard(call, upload.refused)
      }, signal),
    )
  }

  return {
    keptBy: (client, upload) => ({
      create: (request, signal) => paced(() => client.create(request, signal), signal, upload),
      complete: (id, signal) => paced(() => client.complete(id, signal), signal, upload),
      get: (id, signal, timeoutMs) => paced(() => client.get(id, signal, timeoutMs), signal, { ...upload, timeoutMs }),
      close: () => client.close(),
    }),
  }
}
