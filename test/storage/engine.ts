/** The S3 engine of this suite: whether this machine has it, and one of its own for each test file. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('swift.sh', import.meta.url))

/** The only account that `engine.py` makes. */
export const engineKey = { accessKeyId: 'test:tester', secretAccessKey: 'testing' }

export interface Engine {
  /** Its address, without a slash at the end. */
  readonly endpoint: string
  stop(): Promise<void>
}

export function isInstalled(): boolean {
  return spawnSync('bash', [script, 'installed']).status === 0
}

/** Why the suite is to be skipped, for node:test's `skip`; false where it runs, or has to. */
export function missingEngine(): string | false {
  if (isInstalled() || process.env.REQUIRE_STORAGE === '1') return false
  return 'the storage engine is not installed; to install it: bash test/storage/swift.sh install'
}

/** The engine ends when its standard input does, so it never outlives this process, however that one ends. */
export async function startEngine(): Promise<Engine> {
  if (!isInstalled()) throw new Error('No storage engine here. To install it: bash test/storage/swift.sh install')
  const child = spawn('bash', [script, 'run'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const complaint = text(child.stderr)
  const endpoint = await firstLine(child)
  if (endpoint === undefined) throw new Error(`The storage engine did not start: ${await complaint}`)
  return { endpoint, stop: () => end(child) }
}

async function firstLine({ stdout }: { stdout: NodeJS.ReadableStream }): Promise<string | undefined> {
  for await (const line of createInterface(stdout)) return line
  return undefined
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.stdin?.end()
  await ended
}
