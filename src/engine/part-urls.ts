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

/** The URLs of all parts that came together. */
interface UrlSet {
  parts: readonly PartUrl[]
  since: number
  generation: number
}

export function createPartUrls({ id, parts }: Upload, renewals: Renewals, context: Context): PartUrls {
  const { serverClock, signal } = context
  const first: UrlSet = { parts, since: serverClock.now(), generation: 1 }
  const state = {
    set: first,
    /** The set that was about to expire when fresh ones were last asked for. */
    askedFor: 0,
    /** The newest set that was refused. */
    refused: 0,
    clockIsRight: true,
    asking: null as Promise<boolean> | null,
  }

  /** Whether there are fresher ones now. However many ask, it is one look. */
  const ask = (): Promise<boolean> => {
    state.asking ??= fresherThan(state.set, id, context)
      .then((set) => {
        if (set) state.set = set
        return set !== null
      })
      .finally(() => {
        state.asking = null
      })
    return state.asking
  }

  return {
    of: async (number) => {
      const held = heldFrom(state.set, number, serverClock.now())
      if (!state.clockIsRight || !isNearEnd(held, serverClock.now())) return held
      if (state.asking || state.askedFor !== held.generation) {
        state.askedFor = held.generation
        await ask()
        signal.throwIfAborted()
      }
      return heldFrom(state.set, number, serverClock.now())
    },
    renew: async (held, refusal) => {
      // A new upload counts as a renewal itself: nothing is spent twice.
      if (held.generation === state.set.generation && !(await ask()))
        throw new Detour({ go: 'anew', why: 'the part URLs expired, and the API gave no fresh ones', because: refusal })
      // Once for each set, whoever replaced it: workers that take turns would go on for ever.
      if (held.generation <= state.refused) return
      state.refused = held.generation
      renewals.spend(refusal)
    },
    isPast: (held) => state.clockIsRight && isPast(held, serverClock.now()),
    worked: ({ past }) => {
      if (past) state.clockIsRight = false
    },
  }
}

function heldFrom({ parts, since, generation }: UrlSet, number: number, now: number): HeldUrl {
  const part = parts[number - 1]
  if (!part) throw new RangeError(`there is no URL of part ${number}`)
  const { url, expires } = part
  return { url, expires, since, past: isPast(part, now), generation }
}

/** Null where a look shows none that live longer. */
async function fresherThan(old: UrlSet, id: string, context: Context): Promise<UrlSet | null> {
  const { parts } = await lookForUrls(id, context)
  if (parts?.length !== old.parts.length || !isFresher(parts, old.parts)) return null
  return { parts, since: context.serverClock.now(), generation: old.generation + 1 }
}

async function lookForUrls(id: string, context: Context): Promise<RemoteUpload> {
  const { client, signal, say, patience } = context
  say({ event: 'detail', message: 'asking for fresh part URLs' })
  // Fresh URLs bring no byte further: where they counted as progress, short-lived ones would have a dead storage tried for ever.
  const unmoved = { ...context, patience: { ...patience, progressed: () => {} } }
  const upload = await withRetry('look at', unmoved, () => client.get(id, signal)).catch((error: unknown) => {
    if (!(error instanceof UploadError) || error.code !== 'ERR_UPLOAD_UNKNOWN') throw error
    throw new Detour({ go: 'anew', why: `the server no longer knows ${id}`, because: error })
  })
  if (upload.status !== 'pending') throw new Detour({ go: 'past', upload })
  return upload
}
