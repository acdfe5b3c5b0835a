/** Real shells on a real terminal: a line is typed, every completion of it inserted, and what the command would get is read. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'
import { bin, cleanEnv } from './command.js'
import { tempFolder } from './files.js'

export const has = (program: string) => spawnSync(program, ['--version']).error === undefined

/** Why a test of this program is left out, or false. With REQUIRE_SHELLS=1 none is. */
export function skipWithout(program: string): string | false {
  if (process.env.REQUIRE_SHELLS === '1' || has(program)) return false
  return `${program} is not installed here`
}

/** What a user has: files, and a `scenario-upload` in the PATH that notes its words; the real one answers what completion asks. */
export interface Desk {
  home: string
  folder: string
  env: NodeJS.ProcessEnv
  /** The words that the command was called with since the last look, if it was. */
  called(): Promise<string[] | undefined>
}

export async function deskFor(t: Pick<TestContext, 'after'>, stateHome: string): Promise<Desk> {
  const home = await tempFolder(t)
  const [bins, folder, noted] = [join(home, 'bins'), join(home, 'files'), join(home, 'noted')]
  await Promise.all([mkdir(bins), mkdir(folder)])
  const command = join(bins, 'scenario-upload')
  const real = `exec "${process.execPath}" "${bin}" "$@"`
  const note = `printf '%s\\0' "$@" > "${noted}.new"; mv "${noted}.new" "${noted}"`
  await writeFile(
    command,
    `#!/bin/sh\ncase "$*" in status | "completion bash" | "completion zsh" | "completion fish") ${real} ;; esac\n${note}\n`,
  )
  await chmod(command, 0o755)
  const env = cleanEnv({
    HOME: home,
    PATH: `${bins}:${process.env.PATH}`,
    XDG_STATE_HOME: stateHome,
    LC_ALL: 'C.UTF-8',
  })
  return { home, folder, env, called: () => calledWith(noted) }
}

async function calledWith(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  await rm(path)
  return text.split('\0').slice(0, -1)
}

/** How each shell is begun, and told that Ctrl-X A inserts every completion of the word before it (in fish: the only one). */
const shells = {
  bash: {
    args: (rc: string) => ['--noprofile', '--rcfile', rc, '-i'],
    before: '',
    after: String.raw`bind '"\C-xa": insert-completions'`,
  },
  zsh: {
    args: () => ['-d', '-i'],
    before: 'autoload -Uz compinit; compinit -u -D',
    after: `
      zle -C all-matches complete-word _generic
      bindkey '^Xa' all-matches
      zstyle ':completion:all-matches::::' completer _all_matches _complete
      zstyle ':completion:all-matches:*' insert true
    `,
  },
  fish: {
    args: (rc: string) => ['--no-config', '-i', '-C', `source ${rc}`],
    before: '',
    after: String.raw`bind \cxa complete`,
  },
} as const

export interface Typist {
  /** A line with Ctrl-X A and Enter at its end; answers the words that the command then got. */
  enter(line: string): Promise<string[]>
  /** A line with the Tab key at its end, which is then rubbed out; resolves once the terminal shows this. */
  list(line: string, shown: RegExp): Promise<void>
}

/** Types into a shell that has this script for its completion. */
export async function typist(
  t: Pick<TestContext, 'after'>,
  shell: keyof typeof shells,
  desk: Desk,
  script: string,
): Promise<Typist> {
  const { args, before, after } = shells[shell]
  const folder = await tempFolder(t)
  const rc = join(folder, '.zshrc')
  await writeFile(rc, [before, script, after, 'scenario-upload ready', ''].join('\n'))
  const env = { ...desk.env, ZDOTDIR: folder }
  const child = spawn(shell, [...args(rc)], { name: 'xterm', cols: 500, rows: 50, cwd: desk.folder, env })
  const seen = { text: '' }
  child.onData((text) => {
    seen.text += text
  })
  t.after(() => child.kill('SIGKILL'))
  const on = async <Value>(look: () => Promise<Value | undefined>): Promise<Value> => {
    const end = performance.now() + 60_000
    while (performance.now() < end) {
      const value = await look()
      if (value !== undefined) return value
      await sleep(20)
    }
    throw new Error(`it never came; the terminal: ${JSON.stringify(seen.text.slice(-2000))}`)
  }
  await on(desk.called)
  return {
    enter: (line) => {
      child.write(`scenario-upload ${line}\u0018a\r`)
      return on(desk.called)
    },
    list: async (line, shown) => {
      seen.text = ''
      child.write(`scenario-upload ${line}\t`)
      await on(async () => shown.exec(seen.text) ?? undefined)
      child.write('\u0015')
    },
  }
}
