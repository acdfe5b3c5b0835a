/** Ctrl-C and its kin: the first ends the work in order, the second on the spot. */
import { type ErrorCode, UploadError } from '../errors.js'
import type { Io, SignalName } from './io.js'

const endings = {
  SIGHUP: ['ERR_HANGUP', 'the terminal was closed (SIGHUP)'],
  SIGINT: ['ERR_INTERRUPTED', 'interrupted'],
  SIGTERM: ['ERR_TERMINATED', 'ended from outside (SIGTERM)'],
} as const satisfies Record<SignalName, readonly [ErrorCode, string]>

const echoMs = 50

export interface Interruption {
  signal: AbortSignal
  /** What is to be cleared away where the second signal leaves no time for anything else. */
  clearing(clear: () => void): void
  /** Whoever hears all signals instead, and ends when it likes to. Answers how to take them back. */
  lend(hear: (name: SignalName) => void): () => void
  release(): void
}

export function interruption(io: Io): Interruption {
  const controller = new AbortController()
  const last = { clear: () => {}, name: '', at: 0 }
  const hearers = new Set<(name: SignalName) => void>()
  const release = io.onSignal((name) => {
    for (const hear of hearers) hear(name)
    if (hearers.size > 0) return
    const [code, sentence] = endings[name]
    const error = new UploadError(code, sentence)
    // npm hands a Ctrl-C on that came here by itself, too: one press, two signals.
    const echo = name === last.name && performance.now() - last.at < echoMs
    Object.assign(last, { name, at: performance.now() })
    if (echo) return
    if (controller.signal.aborted) {
      last.clear()
      io.exit(error.exitCode)
    }
    controller.abort(error)
  })
  return {
    signal: controller.signal,
    clearing: (clear) => {
      last.clear = clear
    },
    lend: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    release,
  }
}
