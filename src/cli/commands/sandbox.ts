/** `sandbox`: a local Scenario that stays until it is ended, or for as long as a command runs against it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { systemCode } from '../../core/system-code.js'
import { formatBytes } from '../../core/units.js'
import { UploadError } from '../../errors.js'
import type { Sandbox } from '../../sandbox/index.js'
import { createAnswer } from '../answer.js'
import type { Environment, Io, SignalName } from '../io.js'
import { openSandbox } from '../open-sandbox.js'
import { safeText } from '../safe-text.js'

export async function runSandbox(command: readonly string[], io: Io): Promise<number> {
  const sandbox = await openSandbox({
    onComplete: ({ id, fileName, bytes, sha256 }) => {
      io.stderr.write(`${safeText(`sandbox: ${id} is ${fileName}, ${formatBytes(bytes ?? 0)}, SHA-256 ${sha256}`)}\n`)
    },
  })
  io.stderr.write('sandbox: a local stand-in of Scenario; nothing leaves this machine, and nothing is kept\n')
  try {
    return await (command.length > 0 ? runAgainst(sandbox, command, io) : stay(sandbox, io))
  } finally {
    await sandbox.close()
  }
}

const variables = ({ apiUrl, credentials }: Sandbox) => ({
  SCENARIO_BASE_URL: apiUrl,
  SCENARIO_SDK_API_KEY: credentials.key,
  SCENARIO_SDK_API_SECRET: credentials.secret,
})

async function stay(sandbox: Sandbox, io: Io): Promise<number> {
  const answer = createAnswer(io.stdout)
  const lines = Object.entries(variables(sandbox)).map(([name, value]) => `export ${name}=${value}\n`)
  answer.write(lines.join(''))
  const unwritten = await answer.written()
  if (unwritten) throw unwritten
  io.stderr.write('sandbox: paste the `export` lines into another terminal; Ctrl-C ends it\n')
  const name = await new Promise<SignalName>((resolve) => {
    const release = io.onSignal((each) => {
      release()
      resolve(each)
    })
  })
  return 128 + constants.signals[name]
}

/** The command sees the sandbox's credentials and none of the real ones. */
async function runAgainst(sandbox: Sandbox, [file = '', ...args]: readonly string[], io: Io): Promise<number> {
  const { SCENARIO_API_KEY: _, SCENARIO_API_SECRET: __, ...env }: Environment = io.env
  const child = spawn(file, args, { stdio: 'inherit', env: { ...env, ...variables(sandbox) } })
  const release = io.onSignal((name) => {
    if (isHandedOn(name, io)) child.kill(name)
  })
  try {
    return await exitOf(child, file)
  } finally {
    release()
  }
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
    child.once('error', (error) => {
      reject(new UploadError('ERR_COMMAND', `${file} could not be started (${systemCode(error) || error.name})`))
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
