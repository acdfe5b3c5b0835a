/** Ctrl-C and its kin: the first ends the work in order, the second on the spot. */
import { type ErrorCode, UploadError } from '../errors.js'
import type { Io, SignalName } from './io.js'
import { restored } from './terminal.js'

const endings = {
  SIGHUP: ['ERR_HANGUP', 'the terminal was closed (SIGHUP)'],
  SIGINT: ['ERR_INTERRUPTED', 'interrupted'],
  SIGTERM: ['ERR_TERMINATED', 'ended from outside (SIGTERM)'],
} as const satisfies Record<SignalName, readonly [ErrorCode, string]>

export interface Interruption {
  signal: AbortSignal
  release(): void
}

export function interruption(io: Io): Interruption {
  const controller = new AbortController()
  const release = io.onSignal((name) => {
    const [code, sentence] = endings[name]
    const error = new UploadError(code, sentence)
    if (controller.signal.aborted) {
      if (io.stderr.isTTY) io.stderr.write(restored)
      io.exit(error.exitCode)
    }
    controller.abort(error)
  })
  return { signal: controller.signal, release }
}
