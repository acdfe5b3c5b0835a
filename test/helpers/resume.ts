/** An upload that is interrupted where a scene wants it, and the same command once more. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { RecordedRequest, Sandbox, SandboxOptions, SandboxRequest } from '../../src/sandbox/index.js'
import type { Run } from './command.js'
import { envOf } from './command.js'
import { pngBytes, type TestFile, tempFolder, testFile } from './files.js'
import { command, type Document, documentOf, endBy, MiB, promised, type Started, sandboxFor, start } from './scene.js'
import { namesIn, stateFiles, stateFolder } from './state-folder.js'

type ChooseFault = NonNullable<SandboxOptions['fault']>

/** Tells the request at which the command is to be interrupted. */
export type Cut = (request: SandboxRequest) => boolean

export const atPart3: Cut = ({ call, partNumber }) => call === 'put' && partNumber === 3
export const atComplete: Cut = ({ call }) => call === 'complete'
export const atLook: Cut = ({ call }) => call === 'get'

export interface Scene {
  sandbox: Sandbox
  /** XDG_STATE_HOME. */
  home: string
  /** Three parts, the last one short. */
  file: TestFile
  /** The command's words, the same each time. */
  words: string[]
  /** Resolves once the request is there that is never answered. */
  reached: Promise<void>
  /** What goes wrong after that. */
  fault: ChooseFault
  /** How many requests there were when the command was interrupted. */
  mark: number
}

interface SceneOptions extends SandboxOptions {
  /** Of the file. */
  name?: string
  words?: string[]
}

/** The first request that `cut` tells is never answered; all others are as usual. One part is sent at a time. */
export async function sceneFor(
  t: TestContext,
  cut: Cut,
  { name, words, ...options }: SceneOptions = {},
): Promise<Scene> {
  const { promise: reached, keep } = promised()
  const state = { isCut: false }
  const fault: ChooseFault = (request) => {
    if (state.isCut) return scene.fault(request)
    if (!cut(request)) return undefined
    state.isCut = true
    keep()
    return { kind: 'silent' }
  }
  const folder = await tempFolder(t)
  const file = await testFile(folder, name ?? 'hero.png', pngBytes(11 * MiB))
  const scene: Scene = {
    ...{ sandbox: await sandboxFor(t, { ...options, fault }), home: join(folder, 'state'), file, reached, mark: 0 },
    words: words ?? [file.path, '--part-size', '5MiB', '--concurrency', '1'],
    fault: () => undefined,
  }
  return scene
}

export const envFor = ({ sandbox, home }: Scene) => ({ ...envOf(sandbox), XDG_STATE_HOME: home })

/** Runs it until it waits for the answer that never comes. */
export async function underWay(t: TestContext, scene: Scene, extra: readonly string[] = []): Promise<Started> {
  const started = start(t, [...scene.words, ...extra], { env: envFor(scene) })
  await started.reaches(scene.reached)
  return started
}

/** Runs it up to there and ends it by a signal. */
export async function interrupted(
  t: TestContext,
  scene: Scene,
  { signal = 'SIGKILL', extra = [] }: { signal?: NodeJS.Signals; extra?: readonly string[] } = {},
): Promise<Run> {
  const ended = await endBy(await underWay(t, scene, extra), signal, signal === 'SIGKILL' ? 15_000 : undefined)
  scene.mark = scene.sandbox.requests().length
  return ended
}

export interface Again {
  ended: Run
  upload: Document['uploads'][number]
  /** `create`, `get`, `put 3`, `complete`: what came since the interruption, a look that follows another one left out. */
  calls: string[]
}

/** The same command once more, with `--json`. */
export async function again(scene: Scene, extra: readonly string[] = []): Promise<Again> {
  const ended = await command(scene.sandbox, [...scene.words, '--json', ...extra], { env: envFor(scene) })
  const { upload } = documentOf(ended)
  return { ended, upload, calls: callsSince(scene) }
}

export function callsSince({ sandbox, mark }: Pick<Scene, 'sandbox' | 'mark'>): string[] {
  const all = sandbox.requests().slice(mark).map(wordOf)
  return all.filter((call, index) => call !== 'get' || all[index - 1] !== 'get')
}

const wordOf = ({ call, partNumber }: RecordedRequest) => (call === 'put' ? `put ${partNumber}` : call)

/** It ended well, the server has these bytes once, and nothing is left in the state folder. */
export function assertWhole(
  { ended }: Pick<Again, 'ended'>,
  { sandbox, file, home }: Scene,
  sha256 = file.sha256,
): void {
  assert.equal(ended.code, 0, ended.stderr)
  const held = sandbox.uploads().filter(({ status }) => status !== 'pending')
  assert.deepEqual(
    held.map((upload) => upload.sha256),
    [sha256],
  )
  assert.deepEqual(namesIn(stateFolder(home)), [])
}

/** The one state file that is there: its path, its text, and what it says. */
export function keptBy({ home }: Pick<Scene, 'home'>) {
  const records = Object.entries(stateFiles(home)).filter(([name]) => name.endsWith('.json'))
  const [only] = records
  assert.ok(only && records.length === 1, `state files: ${namesIn(stateFolder(home))}`)
  const [name, text] = only
  const record: { uploadId: string; parts: unknown[] } = JSON.parse(text)
  return { path: join(stateFolder(home), name), text, record }
}
