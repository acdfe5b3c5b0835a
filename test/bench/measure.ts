/** What a process took from its start to its end, by the system's own account. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'

export interface Spent {
  wallMs: number
  /** Of user and system together, of the process and those that it waited for. */
  cpuMs: number
  /** Of the largest single process. */
  peakMiB: number
}

export interface Command {
  file: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
}

/** GNU time; its `%M` is KiB. */
const clock = '/usr/bin/time'
/** A contender that hangs must not hang the bench. */
const mostMs = 20 * 60_000
const account = /^ (\d+\.\d+) (\d+\.\d+) (\d+)$/m

/** Rejects where the command does not end well, with what it said. */
export async function measure({ file, args, env = process.env }: Command): Promise<Spent> {
  if (!existsSync(clock)) throw new Error('GNU time is missing: on Debian, `apt-get install time`')
  const begun = performance.now()
  const words = ['-q', '-f', ' %U %S %M', file, ...args]
  // A group of its own, so that its end is that of the clock and of what it runs.
  const child = spawn(clock, words, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const timer = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), mostMs)
  const ended = once(child, 'exit').then(([code]) => ({ code, wallMs: performance.now() - begun }))
  const [said, { code, wallMs }] = await Promise.all([text(child.stderr), ended])
  clearTimeout(timer)
  const [, user, system, peak] = account.exec(said) ?? []
  if (code !== 0 || peak === undefined) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${said}`)
  return { wallMs, cpuMs: 1000 * (Number(user) + Number(system)), peakMiB: Number(peak) / 1024 }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing')
  return (low + high) / 2
}
