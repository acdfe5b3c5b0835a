/** What the scenes of the whole command have in common: where they upload to, a command under way, what it said. */
import assert from 'node:assert/strict'
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorFields } from '../../src/errors.js'
import type { UploadResult } from '../../src/events.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.js'
import { bin, cleanEnv, envOf, type Run, type RunOptions, run } from './command.js'
import { soonMs } from './soon.js'

export const MiB = 1024 ** 2

/** Carriage returns, escapes and their kin: all control characters but the end of a line. */
export const control = /[^\P{Cc}\n]/u

interface Place {
  apiUrl: string
  credentials: { key: string; secret: string }
}

/** A sandbox that imports at once, and is gone when the test is over. */
export async function sandboxFor(t: Pick<TestContext, 'after'>, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ validateMs: 1, importMs: 1, ...options })
  t.after(() => sandbox.close())
  return sandbox
}

/** Takes no byte of a part before so many are under way, and then a moment in which one too many would come. */
export function gathering(count: number): Pick<SandboxOptions, 'fault'> {
  const { promise: gathered, keep } = promised()
  const state = { puts: 0 }
  return {
    fault: ({ call }) => {
      if (call !== 'put') return undefined
      state.puts++
      if (state.puts === count) setTimeout(keep, 250)
      return { kind: 'slow', take: () => gathered }
    },
  }
}

/** The real command against this place. */
export function command(at: Place, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return run(args, { ...options, env: { ...envOf(at), ...options.env } })
}

type Shown = Omit<UploadResult, 'error'> & { error: ErrorFields | null }

export interface Document {
  schemaVersion: number
  ok: boolean
  sandbox?: boolean
  uploads: Shown[]
  error: ErrorFields | null
}

/** The one document on stdout; its first upload, where there is any. */
export function documentOf({ stdout, stderr }: Run): Document & { upload: Shown } {
  assert.match(stdout, /^\{[^\n]*\}\n$/, `no single document on stdout: ${stdout}${stderr}`)
  const document: Document = JSON.parse(stdout)
  return Object.defineProperty(document as Document & { upload: Shown }, 'upload', {
    get: () => {
      assert.ok(document.uploads[0], `no upload in ${stdout}`)
      return document.uploads[0]
    },
  })
}

export interface SaidEvent {
  event: string
  [field: string]: unknown
}

/** Every line on stderr as the event that it must be. */
export function eventsOf({ stderr }: Run): SaidEvent[] {
  return linesOf(stderr).map((line) => {
    const event: SaidEvent = JSON.parse(line)
    assert.equal(typeof event.event, 'string', line)
    return event
  })
}

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** The end of a run that went well: its whole stdout and nothing to complain of. */
export function assertAnswer(ended: Run, stdout: string): void {
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(ended.stdout, stdout)
}

/** A failure in plain words: its code, nothing on stdout, one sentence, one hint. */
export function assertFailure(ended: Run, code: number, sentence: RegExp, hint: RegExp = /\S/): void {
  assert.equal(ended.code, code, `${ended.signal} ${ended.stdout}${ended.stderr}`)
  assert.equal(ended.stdout, '')
  const said = /^✖ (.+)\n {2}→ (.+)$/gm
  const [first, second] = ended.stderr.matchAll(said)
  assert.ok(first, `no sentence and hint: ${ended.stderr}`)
  assert.equal(second, undefined, `more than one failure: ${ended.stderr}`)
  assert.match(first[1] ?? '', sentence)
  assert.match(first[2] ?? '', hint)
  assert.doesNotMatch(ended.stderr, /^ {4}at /m, 'a stack')
}

export interface Started {
  child: ChildProcess
  /** Resolves once stdout or stderr has such a text. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves once that is kept, or is so; a command that ends before is a failure, and nothing that is waited for. */
  reaches(what: Promise<unknown> | (() => boolean)): Promise<void>
  ended: Promise<Run>
}

export interface StartOptions extends Pick<RunOptions, 'env' | 'cwd'> {
  stdio?: StdioOptions
}

/** A command under way, whose standard input stays open until the test closes it. */
export function start(t: Pick<TestContext, 'after'>, args: readonly string[], options: StartOptions = {}): Started {
  const { cwd, env, stdio = ['pipe', 'pipe', 'pipe'] } = options
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: cleanEnv(env), stdio })
  const said = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  const listen = (name: 'stdout' | 'stderr') =>
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      for (const listener of listeners) listener()
    })
  listen('stdout')
  listen('stderr')
  child.stdin?.on('error', () => {})
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, ...said })
      for (const listener of listeners) listener()
    })
  })
  t.after(() => child.kill('SIGKILL'))
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(said.stdout) ?? pattern.exec(said.stderr)
        if (found) resolve(found)
        else if (child.exitCode !== null || child.signalCode !== null) reject(new Error(`never said: ${said.stderr}`))
        else return
        listeners.delete(look)
      }
      listeners.add(look)
      look()
    })
  return { child, says, reaches: (what) => reached(what, ended), ended }
}

/** Resolves once that is kept, or is so, by something that ends later; else it fails with what that said. */
export async function reached(
  what: Promise<unknown> | (() => boolean),
  ended: Promise<Pick<Run, 'stderr'>>,
): Promise<void> {
  const state = { isOver: false }
  const tooSoon = ended.then(({ stderr }) => assert.fail(`it ended before it came so far: ${stderr}`))
  const soFar = typeof what === 'function' ? comesTrue(() => state.isOver || what()) : what
  await Promise.race([soFar, tooSoon]).finally(() => {
    state.isOver = true
  })
}

async function comesTrue(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5)
}

/** A signal to it, and what became of it within so many milliseconds. */
export async function endBy({ child, ended }: Started, signal: NodeJS.Signals, withinMs = soonMs): Promise<Run> {
  const at = performance.now()
  child.kill(signal)
  const run = await ended
  const took = performance.now() - at
  assert.ok(took < withinMs, `it took ${Math.round(took)} ms to end`)
  return run
}

/** A promise and the way to keep it. */
export function promised<Value = void>(): { promise: Promise<Value>; keep: (value: Value) => void } {
  const kept: { keep: (value: Value) => void } = { keep: () => {} }
  const promise = new Promise<Value>((resolve) => {
    kept.keep = resolve
  })
  return { promise, keep: (value) => kept.keep(value) }
}

/** Waits until the command holds a file in this folder open that has no name any more. Only Linux shows it. */
export async function spooling({ child, reaches }: Started, folder: string): Promise<void> {
  await reaches(() => openFiles(child.pid).some((path) => path.startsWith(folder) && path.endsWith(' (deleted)')))
}

function openFiles(pid: number | undefined): string[] {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).map((fd) => target(join(folder, fd)))
  } catch {
    return [] // not yet there, or no more
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}
