/** Hears of an abort signal with one listener, however many hear: of more than ten, Node warns on stderr. */

interface Shared {
  hearers: Set<() => void>
  /** Takes the listener away. */
  leave(): void
}

const sharedBy = new WeakMap<AbortSignal, Shared>()

/** Calls `hear` once the signal is aborted, or at once where it is; answers how to hear of it no more. */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  if (signal.aborted) {
    hear()
    return () => {}
  }
  const { hearers, leave } = sharedBy.get(signal) ?? share(signal)
  hearers.add(hear)
  return () => {
    if (hearers.delete(hear) && hearers.size === 0) leave()
  }
}

function share(signal: AbortSignal): Shared {
  const hearers = new Set<() => void>()
  const tellAll = () => {
    for (const hear of hearers) hear()
  }
  const leave = () => {
    signal.removeEventListener('abort', tellAll)
    sharedBy.delete(signal)
  }
  const shared = { hearers, leave }
  signal.addEventListener('abort', tellAll, { once: true })
  sharedBy.set(signal, shared)
  return shared
}
