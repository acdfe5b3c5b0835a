/** Runs the real command on a real pseudo-terminal, and interprets the screen as a terminal emulator would. */
import type { TestContext } from 'node:test'
import { spawn } from '@lydell/node-pty'
import headless from '@xterm/headless'
import { bin, cleanEnv } from './command.js'

export interface TerminalOptions {
  /** Default 80 and 24. */
  cols?: number
  rows?: number
  env?: Record<string, string | undefined>
  cwd?: string
  /** What Node runs instead of the command. */
  program?: readonly string[]
  /** A file that stdout goes to; stderr stays on the terminal. */
  stdout?: string
  /** A file, or a pipe with a name, that stdin comes from. */
  stdin?: string
  /** Shell commands that come first, on the same terminal; they end with `;` or `&&`. */
  before?: string
  /** Shell commands that come last; they begin with `;` or `&&`. The command then is a child of the shell. */
  after?: string
}

/** What stood on the screen at a moment. */
export interface Frame {
  /** From the top, without blanks at the end and without the blank rows below the last one. */
  rows: string[]
  /** The rows, by index, that go on from the row above for want of room. */
  wrapped: number[]
  /** The rows put together again as they were written. */
  lines: string[]
}

export interface OnTerminal {
  /** What stands on the screen now. */
  frame(): Frame
  /** The row that the cursor is in, counted from the top of all that was written. */
  cursorRow(): number
  /** Every picture so far that was unlike the one before. */
  frames: readonly Frame[]
  /** All that was written to the terminal so far. */
  raw(): string
  cursorShown(): boolean
  wraps(): boolean
  /** Resolves once the screen shows it; rejects with what it shows instead, as soon as that is the last of it. */
  until(what: RegExp | ((frame: Frame) => boolean), timeoutMs?: number): Promise<void>
  press(keys: string): void
  resize(cols: number, rows?: number): void
  kill(signal: NodeJS.Signals): void
  /** The exit code as a shell tells it, once all output is on the screen. */
  ended: Promise<number>
}

export function onTerminal(t: Pick<TestContext, 'after'>, args: readonly string[], options: TerminalOptions = {}) {
  const { cols = 80, rows = 24, cwd = process.cwd(), program = [bin] } = options
  const screen = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 })
  const child = spawn('sh', ['-c', scriptOf(options), process.execPath, ...program, ...args], {
    // It becomes TERM, whatever the environment says.
    name: options.env?.TERM ?? 'xterm-256color',
    cols,
    rows,
    cwd,
    env: cleanEnv({ COLORTERM: undefined, ...options.env }),
  })
  const frames: Frame[] = []
  const written = { text: '' }
  const state = { exited: false, complete: false }
  const watchers = new Set<() => void>()
  const changed = () => {
    const frame = frameOf(screen)
    if (JSON.stringify(frame) !== JSON.stringify(frames.at(-1))) frames.push(frame)
    for (const watcher of watchers) watcher()
  }
  child.onData((text) => {
    written.text += text
    screen.write(text, changed)
  })
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      state.exited = true
      // An empty write is taken in after all that came before it.
      screen.write('', () => {
        state.complete = true
        changed()
        resolve(signal ? 128 + signal : exitCode)
      })
    })
  })
  t.after(async () => {
    if (!state.exited) child.kill('SIGKILL')
    await ended
    screen.dispose()
  })

  const until: OnTerminal['until'] = (what, timeoutMs = 60_000) => {
    const holds = typeof what === 'function' ? what : ({ rows }: Frame) => what.test(rows.join('\n'))
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => {
        clearTimeout(timer)
        watchers.delete(look)
        if (error) reject(error)
        else resolve()
      }
      const fail = (why: string) =>
        done(new Error(`${why} before ${what}; the screen:\n${frameOf(screen).rows.join('\n')}`))
      const look = () => {
        if (holds(frameOf(screen))) done()
        else if (state.complete) fail('ended')
      }
      const timer = setTimeout(() => fail(`${timeoutMs} ms`), timeoutMs)
      watchers.add(look)
      look()
    })
  }

  const terminal: OnTerminal = {
    frame: () => frameOf(screen),
    cursorRow: () => screen.buffer.active.baseY + screen.buffer.active.cursorY,
    frames,
    raw: () => written.text,
    cursorShown: () => written.text.lastIndexOf('\u001b[?25l') <= written.text.lastIndexOf('\u001b[?25h'),
    wraps: () => written.text.lastIndexOf('\u001b[?7l') <= written.text.lastIndexOf('\u001b[?7h'),
    until,
    press: (keys) => child.write(keys),
    resize: (newCols, newRows = rows) => {
      screen.resize(newCols, newRows)
      child.resize(newCols, newRows)
      changed()
    },
    kill: (signal) => child.kill(signal),
    ended,
  }
  return terminal
}

/** `$0` is node and `$@` the command's line, so that nothing needs to be quoted. */
function scriptOf({ before = '', after, stdin, stdout }: TerminalOptions): string {
  const into = `${stdin === undefined ? '' : ` < ${quoted(stdin)}`}${stdout === undefined ? '' : ` > ${quoted(stdout)}`}`
  return `${before} ${after === undefined ? 'exec ' : ''}"$0" "$@"${into} ${after ?? ''}`
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`

function frameOf(screen: InstanceType<typeof headless.Terminal>): Frame {
  const { active } = screen.buffer
  const all = Array.from({ length: active.length }, (_, index) => active.getLine(index))
  const wrapped = all.flatMap((line, index) => (line?.isWrapped ? [index] : []))
  const rows = upToLast(all.map((line) => line?.translateToString(true).trimEnd() ?? ''))
  const lines: string[] = []
  for (const line of all) {
    const above = line?.isWrapped ? lines.pop() : ''
    lines.push(`${above}${line?.translateToString(false) ?? ''}`)
  }
  return { rows, wrapped, lines: upToLast(lines.map((line) => line.trimEnd())) }
}

const upToLast = (texts: string[]) => texts.slice(0, texts.findLastIndex((text) => text !== '') + 1)
