/** Counts how often URLs were renewed in vain: for URLs that never live long enough, there would be no end to it. */
import { UploadError } from '../errors.js'

export interface Renewals {
  /** Throws ERR_URL_EXPIRED where three have brought nothing, with the words of the refusal that it was for. */
  spend(refusal: UploadError | null): void
  /** So many bytes are in the storage. Only more than ever before is progress: a new upload begins at nothing. */
  reached(bytes: number): void
}

export const mostRenewals = 3

export function createRenewals(): Renewals {
  const state = { spent: 0, best: 0 }
  return {
    spend: (refusal) => {
      if (state.spent++ < mostRenewals) return
      const words = refusal?.message ?? 'the part URLs expire before the bytes are sent'
      throw new UploadError('ERR_URL_EXPIRED', `${words}; ${mostRenewals} renewals in a row brought no progress`, {
        requestId: refusal?.requestId ?? undefined,
      })
    },
    reached: (bytes) => {
      if (bytes > state.best) Object.assign(state, { best: bytes, spent: 0 })
    },
  }
}
