/** `sandbox`: a local Scenario that stays until it is ended, or for as long as a command runs against it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { systemCode } from '../../core/system-code.js'
import { formatBytes } from '../../core/units.js'
import { asUploadError, UploadError, usageError } from '../../errors.js'
import type { Sandbox } from '../../sandbox/index.js'
import { createAnswer } from '../answer.js'
import type { Environment, Io, SignalName } from '../io.js'
import { openSandbox } from '../open-sandbox.js'
import { safeText } from '../safe-text.js'
import { type Interruption, interruption } from '../signals.js'

export async function runSandbox(command: readonly string[], io: Io): Promise<number> {
  if (command[0] === '')
    throw usageError('the command of sandbox is empty', 'Name a program after `--`, or leave `--` out.')
  // From before its folder is there until that is gone.
  const interrupted = interruption(io)
  try {
    const sandbox = await openSandbox({
      onComplete: ({ id, fileName, bytes, sha256 }) => {
        io.stderr.write(`${safeText(`sandbox: ${id} is ${fileName}, ${formatBytes(bytes ?? 0)}, SHA-256 ${sha256}`)}\n`)
      },
    })
    interrupted.clearing(sandbox.abandon)
    return await runIn(sandbox, command, io, interrupted).finally(sandbox.close)
  } finally {
    interrupted.release()
  }
}

async function runIn(sandbox: Sandbox, command: readonly string[], io: Io, interrupted: Interruption): Promise<number> {
  const { signal } = interrupted
  io.stderr.write('sandbox: a local stand-in of Scenario; nothing leaves this machine, and nothing is kept\n')
  if (command.length > 0 && !signal.aborted) return runAgainst(sandbox, command, io, interrupted)
  if (!signal.aborted) await stay(sandbox, io, signal)
  return asUploadError(signal.reason).exitCode
}

const variables = ({ apiUrl, credentials }: Sandbox) => ({
  SCENARIO_BASE_URL: apiUrl,
  SCENARIO_SDK_API_KEY: credentials.key,
  SCENARIO_SDK_API_SECRET: credentials.secret,
})

async function stay(sandbox: Sandbox, io: Io, signal: AbortSignal): Promise<void> {
  const answer = createAnswer(io.stdout)
  const lines = Object.entries(variables(sandbox)).map(([name, value]) => `export ${name}=${value}\n`)
  answer.write(lines.join(''))
  const unwritten = await answer.written()
  if (unwritten) throw unwritten
  io.stderr.write('sandbox: paste the `export` lines into another terminal; Ctrl-C ends it\n')
  if (!signal.aborted) await once(signal, 'abort')
}

/** The command sees the sandbox's credentials and none of the real ones. */
async function runAgainst(
  sandbox: Sandbox,
  [file = '', ...args]: readonly string[],
  io: Io,
  { lend }: Interruption,
): Promise<number> {
  const { SCENARIO_API_KEY: _, SCENARIO_API_SECRET: __, ...env }: Environment = io.env
  const child = started(file, args, { ...env, ...variables(sandbox) })
  const takeBack = lend((name) => {
    if (isHandedOn(name, io)) child.kill(name)
  })
  try {
    return await exitOf(child, file)
  } finally {
    takeBack()
  }
}

/** Node says of some commands at once that they cannot be started, and of others by an event. */
function started(file: string, args: readonly string[], env: Environment): ChildProcess {
  try {
    return spawn(file, args, { stdio: 'inherit', env })
  } catch (error) {
    throw notStarted(file, error)
  }
}

function notStarted(file: string, error: unknown): UploadError {
  const why = systemCode(error) || (error instanceof Error ? error.name : String(error))
  return new UploadError('ERR_COMMAND', `${file} could not be started (${why})`, { cause: error })
}

/**
 * A terminal tells the command of Ctrl-C and of its closing by itself, and so does Windows without one, where to hand them
 * on would be to kill it. A kill of this process alone is handed on.
 */
export function isHandedOn(name: SignalName, { atTerminal, platform }: Pick<Io, 'atTerminal' | 'platform'>): boolean {
  return name === 'SIGTERM' || !(atTerminal || platform === 'win32')
}

function exitOf(child: ChildProcess, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(file, error)))
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
