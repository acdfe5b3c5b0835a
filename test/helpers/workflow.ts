/** A runner of GitHub Actions, as far as our action and the workflows of the README need one. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { bin, cleanEnv } from './command.js'

const actionFolder = fileURLToPath(new URL('../../.github/actions/upload', import.meta.url))

export interface Step {
  id?: string
  uses?: string
  with?: Record<string, string>
  run?: string
  shell?: string
  env?: Record<string, string>
}

export interface Job {
  env?: Record<string, string>
  steps: Step[]
}

export interface Action {
  inputs: Record<string, { required?: boolean; default?: string }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: Step[] }
}

export const action: Action = parse(readFileSync(join(actionFolder, 'action.yml'), 'utf8'))

/** Where the steps run. */
export interface Workspace {
  folder: string
  /** PATH and whatever else the job has; `GITHUB_…` is added. */
  env: Record<string, string>
  secrets?: Record<string, string>
  /** Called with the process of each script as it starts. */
  onStart?: (pid: number) => void
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
  outputs: Record<string, string>
  /** What the step summaries hold together. */
  summary: string
}

const started: Ran = { code: 0, stdout: '', stderr: '', outputs: {}, summary: '' }

type Contexts = Record<string, Record<string, unknown>>

/** Only paths such as `steps.upload.outputs.id`: what is not there is empty, as it is there. */
function expand(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{ ?([\w.-]+) ?\}\}/g, (_, path: string) => {
    const value = path.split('.').reduce<unknown>((at, key) => Object(at)[key], contexts)
    return value === undefined ? '' : String(value)
  })
}

const expandAll = (values: Record<string, string> = {}, contexts: Contexts) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expand(String(value), contexts)]))

export function runJob({ env, steps }: Job, at: Workspace): Promise<Ran> {
  const contexts = { secrets: at.secrets ?? {} }
  return runSteps(steps, { ...at, env: { ...at.env, ...expandAll(env, contexts) } })
}

/** One step after the other, up to the first that fails. Actions of others are taken for done. */
export async function runSteps(steps: readonly Step[], at: Workspace, given: Contexts = {}): Promise<Ran> {
  const contexts: Contexts = { ...given, secrets: at.secrets ?? {}, steps: {} }
  const all = { ...started }
  for (const step of steps) {
    const { outputs, ...ran } = await runStep(step, at, contexts)
    Object.assign(contexts.steps ?? {}, { [step.id ?? randomUUID()]: { outputs } })
    const { stdout, stderr, summary } = all
    Object.assign(all, { ...ran, stdout: stdout + ran.stdout, stderr: stderr + ran.stderr })
    Object.assign(all, { summary: summary + ran.summary, outputs: { ...all.outputs, ...outputs } })
    if (ran.code !== 0) break
  }
  return all
}

async function runStep(step: Step, at: Workspace, contexts: Contexts): Promise<Ran> {
  const env = { ...at.env, ...expandAll(step.env, contexts) }
  if (step.run !== undefined) return runScript(expand(step.run, contexts), step.shell, { ...at, env })
  if (!step.uses?.includes('/.github/actions/upload')) return started
  return runAction(expandAll(step.with, contexts), { ...at, env })
}

/** The action with these inputs. */
export async function runAction(inputs: Record<string, string>, at: Workspace): Promise<Ran> {
  const stray = Object.keys(inputs).find((name) => !(name in action.inputs))
  if (stray !== undefined) throw new Error(`the action has no input ${stray}`)
  const defaults = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']))
  const env = { ...at.env, GITHUB_ACTION_PATH: actionFolder }
  const ran = await runSteps(action.runs.steps, { ...at, env }, { inputs: { ...defaults, ...inputs } })
  const values = Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, value]))
  const [{ id = '' } = {}] = action.runs.steps
  return { ...ran, outputs: expandAll(values, { steps: { [id]: { outputs: ran.outputs } } }) }
}

/** As the runner does it: the script in a file, bash with its two sets of words, files to hand things on by. */
export async function runScript(script: string, shell: string | undefined, at: Workspace): Promise<Ran> {
  const temp = mkdtempSync(join(at.folder, 'runner-'))
  const files = { script: join(temp, 'script.sh'), output: join(temp, 'output'), summary: join(temp, 'summary') }
  writeFileSync(files.script, script)
  writeFileSync(files.output, '')
  const words = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e']
  const child = spawn('bash', [...words, files.script], {
    cwd: at.folder,
    detached: true,
    env: {
      ...cleanEnv({ CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_TEMP: temp, ...at.env }),
      GITHUB_OUTPUT: files.output,
      GITHUB_STEP_SUMMARY: files.summary,
    },
  })
  child.stdin.end()
  const { pid = assert.fail('bash could not be started') } = child
  at.onStart?.(pid)
  // With all that it has started: a script that hangs fails its test.
  const timer = setTimeout(() => process.kill(-pid, 'SIGKILL'), 60_000)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(timer)
  const summary = existsSync(files.summary) ? readFileSync(files.summary, 'utf8') : ''
  return { code, ...said, outputs: outputsIn(readFileSync(files.output, 'utf8')), summary }
}

/** Reads the file as the runner does, and is as strict: what it would not take fails the test. */
export function outputsIn(text: string): Record<string, string> {
  const lines = text.split('\n')
  const outputs: Record<string, string> = {}
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    const [, name = '', sign, rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? []
    if (line === '') continue
    if (name === '' || (rest === '' && sign !== '=')) throw new Error(`the runner takes no such line: ${line}`)
    outputs[name] = sign === '<<' ? linesUntil(rest, lines).join('\n') : rest
  }
  return outputs
}

function linesUntil(end: string, lines: string[]): string[] {
  const length = lines.indexOf(end)
  if (length < 0) throw new Error(`no line ${end}`)
  return lines.splice(0, length + 1).slice(0, -1)
}

/** A program that is written for the scene. */
export function writeProgram(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/usr/bin/env bash\nset -eu\n${text}\n`)
  chmodSync(join(folder, name), 0o755)
}

/** `npx --yes PACKAGE …` without a registry: it runs the command as it stands here. Answers which packages were asked for. */
export function writeNpx(folder: string): () => string[] {
  const log = join(folder, 'npx.log')
  writeProgram(
    folder,
    'npx',
    `[ "$1" = --yes ]; echo "$2" >>"${log}"; shift 2; exec "${process.execPath}" "${bin}" "$@"`,
  )
  return () => readFileSync(log, 'utf8').trimEnd().split('\n')
}
