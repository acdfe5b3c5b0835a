/** Runs one cell, through the library or the command, and notes all that was said and kept. */
import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type ErrorCode, UploadError, type UploadResult, upload } from '../../../src/index.js'
import type { Sandbox } from '../../../src/sandbox/index.js'
import { type TestFile, tempFolder } from '../../helpers/files.js'
import { command, type Document, MiB, sandboxFor } from '../../helpers/scene.js'
import { awakeMs, type Cell, haltMs, isLarge } from './cells.js'
import type { Certificates } from './certificates.js'
import { type Front, startFront } from './front.js'
import { withLookups } from './lookups.js'
import { countOf } from './steps.js'

export interface Ended {
  readonly code: ErrorCode | 'ok'
  readonly exitCode: number
  readonly message: string
  readonly retryable: boolean
  readonly uploadId: string | null
  readonly entityId: string | null
  readonly retries: number | null
  /** Everything that came out, and everything that is kept. */
  readonly said: string
  readonly seconds: number
}

/** What all cells share. */
export interface Setting {
  readonly small: TestFile
  readonly large: TestFile
  readonly certificates: Certificates | null
}

export interface Scene {
  readonly cell: Cell
  readonly file: TestFile
  readonly sandbox: Sandbox
  readonly front: Front
  readonly stateFolder: string
  run(): Promise<Ended>
}

export async function openScene(t: Pick<TestContext, 'after'>, cell: Cell, setting: Setting): Promise<Scene> {
  const { fault, step, times } = cell
  const sandbox = await sandboxFor(t, { validateMs: cell.validateMs })
  const client = { halt: async () => {} }
  const front = await startFront(sandbox, {
    ...{
      step,
      deed: fault.does(step),
      times: cell.through === 'stopped' ? 1 : countOf[times],
      certificates: setting.certificates,
    },
    ...{ noRenewal: fault.noRenewal ?? false, alsoRenewals: fault.alsoRenewals ?? false },
    halt: () => client.halt(),
  })
  t.after(() => front.close())
  const stateFolder = await tempFolder(t)
  const scene = { cell, file: isLarge(cell) ? setting.large : setting.small, sandbox, front, stateFolder }
  const run = cell.through === 'library' ? () => throughLibrary(scene) : () => throughCommand(scene, setting, client)
  return { ...scene, run: () => timed(run) }
}

type Stage = Omit<Scene, 'run'>

async function timed(run: () => Promise<Omit<Ended, 'seconds'>>): Promise<Ended> {
  const begun = performance.now()
  const ended = await run()
  return { ...ended, seconds: (performance.now() - begun) / 1000 }
}

const showAll = (value: unknown) => inspect(value, { depth: 12, showHidden: true, maxStringLength: null })

async function throughLibrary({ cell, file, sandbox, front, stateFolder }: Stage): Promise<Omit<Ended, 'seconds'>> {
  const said: string[] = []
  const { retryForMs: retryFor, stallMs: stallTimeout, timeoutMs: timeout } = cell.patience
  const keep = async () => {
    said.push(keptIn(stateFolder))
    return true
  }
  const call = () =>
    upload(file.path, {
      ...{ credentials: sandbox.credentials, apiUrl: front.apiUrl, partSize: 5 * MiB, retryFor, stallTimeout, timeout },
      ...{ stateFolder, deliver: keep, signal: AbortSignal.timeout(cell.limitMs) },
      onEvent: (event) => said.push(JSON.stringify(event), showAll(event)),
    })
  const outcome = await withLookups(front.lookupFails, call).then(
    (result) => ({ error: null, result }),
    (error: unknown) => ({ error, result: null }),
  )
  return endOf(outcome, said)
}

function endOf(
  { error, result }: { error: unknown; result: UploadResult | null },
  said: string[],
): Omit<Ended, 'seconds'> {
  if (result) {
    const { uploadId, entityId, retries } = result
    said.push(JSON.stringify(result), showAll(result))
    return {
      code: 'ok',
      exitCode: 0,
      message: '',
      retryable: false,
      uploadId,
      entityId,
      retries,
      said: said.join('\n'),
    }
  }
  if (!(error instanceof UploadError)) throw error
  const { code, exitCode, message, retryable, result: last } = error
  said.push(showAll(error), JSON.stringify(error), String(error), error.stack ?? '')
  const ids = { uploadId: last?.uploadId ?? null, entityId: last?.entityId ?? null, retries: last?.retries ?? null }
  return { code, exitCode, message, retryable, ...ids, said: said.join('\n') }
}

const ms = (time: number) => `${time / 1000}s`

async function throughCommand(
  { cell, file, sandbox, front, stateFolder }: Stage,
  { certificates }: Setting,
  client: { halt: () => Promise<void> },
): Promise<Omit<Ended, 'seconds'>> {
  const { retryForMs, stallMs, timeoutMs } = cell.patience
  const times = ['--retry-for', ms(retryForMs), '--stall-timeout', ms(stallMs), '--timeout', ms(timeoutMs)]
  const at = { apiUrl: front.apiUrl, credentials: sandbox.credentials }
  const ended = await command(at, [file.path, '--json', '--verbose', '--debug', '--part-size', '5MiB', ...times], {
    env: { XDG_STATE_HOME: stateFolder, ...(certificates && { NODE_EXTRA_CA_CERTS: certificates.file }) },
    timeoutMs: cell.limitMs + 5000,
    onStart: (child) => {
      client.halt = () => haltOften(child, countOf[cell.times])
    },
  })
  const said = ended.stdout + ended.stderr + keptIn(stateFolder)
  if (ended.code === null) throw new Error(`it was ended by ${ended.signal}: ${ended.stderr}`)
  const document: Document = JSON.parse(ended.stdout)
  const [only] = document.uploads
  const error = document.error ?? only?.error ?? null
  return {
    ...{ code: error?.code ?? 'ok', exitCode: ended.code, message: error?.message ?? '', said },
    retryable: error?.retryable ?? false,
    ...{ uploadId: only?.uploadId ?? null, entityId: only?.entityId ?? null, retries: only?.retries ?? null },
  }
}

/** Awake for a moment in between, or many halts would be one. */
async function haltOften(child: ChildProcess, times: number): Promise<void> {
  child.kill('SIGSTOP')
  await sleep(haltMs)
  child.kill('SIGCONT')
  if (times === 1) return
  await sleep(awakeMs)
  await haltOften(child, times - 1)
}

/** The name and the content of every file in it. */
function keptIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8')}`)
    .join('\n')
}
