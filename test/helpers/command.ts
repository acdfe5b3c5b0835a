/** Runs the real command as a child process, as a user would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../bin/scenario-upload.js', import.meta.url))

export interface Run {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** A copy of the command; default: the command itself. */
  copy?: string
  env?: Record<string, string | undefined>
  /** Written to its standard input, which is then closed; default: nothing. */
  input?: string | Uint8Array
  cwd?: string
  /** Ends a command that hangs; default 60 s. The run then has the signal SIGKILL. */
  timeoutMs?: number
  /** Called with the child as soon as it runs. */
  onStart?: (child: ChildProcess) => void
}

/** Names that would change what the command does; each run begins without them. */
const cleared = [
  'SCENARIO_SDK_API_KEY',
  'SCENARIO_SDK_API_SECRET',
  'SCENARIO_API_KEY',
  'SCENARIO_API_SECRET',
  'SCENARIO_BASE_URL',
  'SCENARIO_PROJECT_ID',
  'CI',
  'GITHUB_ACTIONS',
  'GITHUB_OUTPUT',
  'GITHUB_STEP_SUMMARY',
  'NO_COLOR',
  'FORCE_COLOR',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'XDG_STATE_HOME',
]

export function cleanEnv(env: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !cleared.includes(name)))
  return { ...own, ...env }
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [options.copy ?? bin, ...args], {
    cwd: options.cwd,
    env: cleanEnv(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  options.onStart?.(child)
  child.stdin.on('error', () => {}) // a command that never reads its input closes it
  child.stdin.end(options.input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  const [stdout, stderr, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (...ending) => resolve(ending))
    }),
  ])
  clearTimeout(timer)
  return { code, signal, stdout, stderr }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** For names that nobody knows: a resolver that gets no answer either is soon done with it, as glibc's is told by this. */
export const impatientLookup = { RES_OPTIONS: 'timeout:1 attempts:1' }

/** Where the command uploads to: a sandbox's address and credentials, or a small server's. */
export function envOf(at: { apiUrl: string; credentials: { key: string; secret: string } }): Record<string, string> {
  return {
    SCENARIO_BASE_URL: at.apiUrl,
    SCENARIO_SDK_API_KEY: at.credentials.key,
    SCENARIO_SDK_API_SECRET: at.credentials.secret,
  }
}
