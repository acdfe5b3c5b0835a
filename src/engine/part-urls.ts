/** The presigned URLs of an upload: one worker asks for fresh ones, and all use them. */
import { isFresher, isNearEnd, isPast } from '../core/expiry.js'
import { UploadError } from '../errors.js'
import type { PartUrl, RemoteUpload } from '../scenario/schema.js'
import type { Context } from './context.js'
import { Detour } from './detour.js'
import type { Renewals } from './renewals.js'
import { withRetry } from './with-retry.js'

export interface HeldUrl {
  url: string
  expires: number | null
  /** When it came, by the server's clock. */
  since: number
  /** Whether it was past its end already when its part set out: the storage looks then, however long the part takes. */
  past: boolean
  /** Which set it is of: a worker that comes with an old one need not ask for another. */
  generation: number
}

export interface PartUrls {
  /** The URL to use now; asks for fresh ones where it is about to expire. */
  of(number: number): Promise<HeldUrl>
  /** After it was refused for its age. Throws a Detour where there is nothing fresher to be had, ERR_URL_EXPIRED after three in vain. */
  renew(held: HeldUrl, refusal: UploadError): Promise<void>
  /** By the server's clock, as far as it is known; never once it was proved wrong. */
  isPast(held: HeldUrl): boolean
  /** The storage took it. */
  worked(held: HeldUrl): void
}

interface Upload {
  id: string
  parts: readonly PartUrl[]
}

export function createPartUrls({ id, parts: first }: Upload, renewals: Renewals, context: Context): PartUrls {
  const { client, serverClock, signal, patience } = context
  // Fresh URLs bring no byte further: where they counted as progress, short-lived ones would have a dead storage tried for ever.
  const unmoved = { ...context, patience: { ...patience, progressed: () => {} } }
  const state = {
    ...{ parts: first, since: serverClock.now(), generation: 1 },
    /** The set that was about to expire when fresh ones were last asked for. */
    askedFor: 0,
    clockIsRight: true,
    asking: null as Promise<boolean> | null,
  }
  const heldOf = (number: number): HeldUrl => {
    const part = state.parts[number - 1]
    if (!part) throw new RangeError(`there is no URL of part ${number}`)
    const { url, expires } = part
    return { url, expires, since: state.since, past: isPast(part, serverClock.now()), generation: state.generation }
  }

  /** Whether there are fresher ones now. */
  const ask = async (): Promise<boolean> => {
    const upload = await lookAt(id, context)
    if (upload.parts?.length !== first.length || !isFresher(upload.parts, state.parts)) return false
    Object.assign(state, { parts: upload.parts, since: serverClock.now(), generation: state.generation + 1 })
    return true
  }
  const askOnce = (): Promise<boolean> => {
    state.asking ??= ask().finally(() => {
      state.asking = null
    })
    return state.asking
  }

  return {
    of: async (number) => {
      const held = heldOf(number)
      if (!state.clockIsRight || !isNearEnd(held, serverClock.now())) return held
      if (state.asking || state.askedFor !== held.generation) {
        state.askedFor = held.generation
        await askOnce()
        signal.throwIfAborted()
      }
      return heldOf(number)
    },
    renew: async (held, refusal) => {
      if (held.generation !== state.generation) return
      const isFirst = !state.asking
      // A new upload counts as a renewal itself: nothing is spent twice.
      if (!(await askOnce()))
        throw new Detour({ go: 'anew', why: 'the part URLs expired, and the API gave no fresh ones', because: refusal })
      if (isFirst) renewals.spend(refusal)
    },
    isPast: (held) => state.clockIsRight && isPast(held, serverClock.now()),
    worked: ({ past }) => {
      if (past) state.clockIsRight = false
    },
  }

  async function lookAt(uploadId: string, { say }: Context): Promise<RemoteUpload> {
    say({ event: 'detail', message: 'asking for fresh part URLs' })
    const upload = await withRetry('look at', unmoved, () => client.get(uploadId, signal)).catch((error: unknown) => {
      if (error instanceof UploadError && error.code === 'ERR_UPLOAD_UNKNOWN') {
        throw new Detour({ go: 'anew', why: `the server no longer knows ${uploadId}`, because: error })
      }
      throw error
    })
    if (upload.status !== 'pending') throw new Detour({ go: 'past', upload })
    return upload
  }
}
