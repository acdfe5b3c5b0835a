/** The process, as the command sees it. */
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'

export interface Output {
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  isTTY?: boolean | undefined
  columns?: number | undefined
  rows?: number | undefined
  /** What is written until `uncork` goes out as one. */
  cork?(): void
  uncork?(): void
}

export type Environment = Readonly<Record<string, string | undefined>>

export type SignalName = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

export interface Io {
  stdin: Readable
  /** Whether a person types it. */
  stdinIsTerminal: boolean
  /** Whether any of the three is a terminal. */
  atTerminal: boolean
  stdout: Output
  stderr: Output & NodeJS.WritableStream
  env: Environment
  platform: NodeJS.Platform
  /** Answers how to stop listening. */
  onSignal(listener: (name: SignalName) => void): () => void
  /** Ctrl-Z and `fg`: what is to happen before the process is stopped, and after it goes on. Answers how to stop listening. */
  onSuspend(before: () => void, after: () => void): () => void
  /** Ends the process on the spot: for a user who asks a second time. */
  exit(code: number): void
}

/** As what each is taken. Windows has Ctrl-Break too: CI runners press it where Ctrl-C was in vain. */
const signals = [
  ['SIGHUP', 'SIGHUP'],
  ['SIGINT', 'SIGINT'],
  ['SIGTERM', 'SIGTERM'],
  ['SIGBREAK', 'SIGINT'],
] as const satisfies readonly (readonly [NodeJS.Signals, SignalName])[]

export function processIo(): Io {
  const { stdout, stderr, env, platform } = process
  return {
    // A getter: to look at standard input is to open it.
    get stdin() {
      return process.stdin
    },
    // Unlike `stdin.isTTY`, this opens nothing.
    stdinIsTerminal: isatty(0),
    atTerminal: [0, 1, 2].some((fd) => isatty(fd)),
    stdout,
    stderr,
    env,
    platform,
    onSignal: (listener) => {
      const heard = signals.map(([name, as]) => [name, () => listener(as)] as const)
      for (const [name, hear] of heard) process.on(name, hear)
      return () => {
        for (const [name, hear] of heard) process.off(name, hear)
      }
    },
    onSuspend: (before, after) => {
      const suspend = () => {
        before()
        process.kill(process.pid, 'SIGSTOP')
      }
      process.on('SIGTSTP', suspend)
      process.on('SIGCONT', after)
      return () => {
        process.off('SIGTSTP', suspend)
        process.off('SIGCONT', after)
      }
    },
    exit: (code) => process.exit(code),
  }
}
