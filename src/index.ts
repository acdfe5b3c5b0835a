/** The front door: uploads to Scenario from code. Prints nothing, and listens to no event of the process. */
import type { Readable } from 'node:stream'
import { secretsOf } from './core/address-secrets.js'
import { atMostEvery } from './core/at-most-every.js'
import { parseKind } from './core/kinds.js'
import { mustBe } from './core/must-be.js'
import type { Diagnosis } from './doctor/diagnose.js'
import type { DiagnoseOptions } from './doctor/patient.js'
import { runBatch } from './engine/batch.js'
import { checkUploadId, type RunOptions, settingsFrom } from './engine/check.js'
import type { Said } from './engine/context.js'
import { bytesOf, planAll, prepareAll } from './engine/prepare-all.js'
import { errorOf } from './engine/result.js'
import { usageError } from './errors.js'
import type { UploadResult } from './events.js'
import { checkApiUrl } from './scenario/address.js'
import {
  type Connection,
  type ConnectionOptions,
  checkConnection,
  connect,
  createRecords,
  type Hearing,
  openHearing,
  type StateOptions,
} from './session.js'
import { checkOptions, checkSources, type SourceOptions } from './sources/check.js'
import { expand, isList, type ManyOptions } from './sources/expand.js'
import { identity, prepare } from './sources/prepare.js'
import type { OneSource, Reference, SourceInput } from './sources/reference.js'
import type { Source } from './sources/source.js'
import { checkManifest, type ManifestOptions } from './state/check-manifest.js'
import { checkStateFolder, defaultStateFolder } from './state/folder.js'
import type { UnfinishedUpload } from './state/go-on.js'

export type { Kind } from './core/kinds.js'
export type { ProxySettings } from './core/proxy.js'
export type { Check } from './doctor/finding.js'
export type { RunOptions } from './engine/check.js'
export type { Until } from './engine/context.js'
export { type ErrorCode, type ErrorFields, UploadError } from './errors.js'
export type { OnEvent, Phase, SourceType, UploadEvent, UploadResult, Verified } from './events.js'
export type { Credentials } from './scenario/credentials.js'
export type { ConnectionOptions, StateOptions } from './session.js'
export type { SourceOptions } from './sources/check.js'
export type { ManyOptions } from './sources/expand.js'
export type { DescribedSource } from './sources/own-options.js'
export type { OneSource, SourceInput } from './sources/reference.js'
export type { ManifestOptions } from './state/check-manifest.js'
export type { UnfinishedUpload } from './state/go-on.js'
export type { DiagnoseOptions, Diagnosis }

/** The command's options in camelCase. Sizes are in bytes, times in milliseconds. */
export interface UploadOptions
  extends ConnectionOptions,
    SourceOptions,
    ManyOptions,
    RunOptions,
    StateOptions,
    ManifestOptions {
  /** Make no request: answer what would be sent. Needs no credentials. */
  dryRun?: boolean | undefined
  /** What `-` reads, a source or a list; default process.stdin. */
  stdin?: Readable | undefined
  /**
   * Awaited with all results before what is remembered of the uploads is forgotten: whoever writes the ids down here loses
   * none of them to a crash. Where it answers false or throws, nothing is forgotten.
   */
  deliver?: ((results: readonly UploadResult[]) => Promise<boolean>) | undefined
}

/** Without those that make several of one. */
export type OneUploadOptions = Omit<UploadOptions, keyof ManyOptions>

/** How `waitForUpload` waits; `stateFolder` says whether bytes may be missing. */
export type WaitOptions = LookOptions & StateOptions & Pick<RunOptions, 'until' | 'timeout'>

/** How `getUpload` looks. */
export type LookOptions = ConnectionOptions & Pick<RunOptions, 'retryFor' | 'stallTimeout'>

/**
 * Uploads one source: a path, `-`, a web address, `hf:owner/name` or `civitai:…`, or an object that says which it is.
 * Folders, patterns and lists may be many: they are for `uploadMany`.
 * Rejects with an UploadError; `error.result` says how far it came.
 */
export async function upload(source: OneSource, options: OneUploadOptions = {}): Promise<UploadResult> {
  const [result] = await uploadMany([onlyOne(source)], { ...options, ...nothingMore })
  if (!result) throw new TypeError('no result for a source')
  if (result.error) throw errorOf(result, result.error)
  return result
}

/** A text is taken literally. */
function onlyOne(source: OneSource): OneSource {
  if (isList(source)) throw usageError('upload takes one source', 'Give the list to `uploadMany`.')
  return typeof source === 'string' ? { source } : source
}

const nothingMore = {
  ...{ recursive: undefined, include: undefined, exclude: undefined },
  ...{ filesFrom: undefined, null: undefined },
} satisfies Record<keyof ManyOptions, undefined>

/**
 * Uploads several sources and resolves to all results, in the order given, failures among them. Rejects only for what
 * was wrong before any upload: usage errors (in any source) and missing credentials.
 */
export async function uploadMany(
  sources: readonly SourceInput[],
  options: UploadOptions = {},
): Promise<UploadResult[]> {
  const settings = settingsFrom(options)
  checkOptions(options) // before a list is read to its end
  checkConnection(options)
  checkManifest(options)
  checkStateFolder(options.stateFolder)
  checkOwn(options)
  const hearing = openHearing(options)
  const references = await listed(sources, options, hearing)
  const shownAt = (index: number) => references[index]?.shown ?? ''
  const line = lazily(() => connect(options, settings, hearing, shownAt(0)))
  const records = createRecords(options, settings, hearing, shownAt(0))
  try {
    const register = await records.open()
    const dropSkipped = await dropperFor(options)
    // Nobody's standard input is read to its end for an account that is not there.
    if (!options.dryRun && references.some(({ type }) => type === 'stdin')) line.get()
    const entries = await prepareAll(references, preparing(options, hearing))
    const sayAt = (index: number) => (said: Said) => hearing.say(said, index, shownAt(index))
    if (options.dryRun) return await planAll(entries, (source, index) => register.knows(source, sayAt(index)))
    // Where all is known already, nobody need be asked, nor have an account.
    if (entries.some((entry) => entry.is === 'ready' && !register.mayKnow(entry.source))) line.get()
    const { length: count } = entries
    if (count > 1) hearing.tell({ event: 'accepted', sources: count, bytes: bytesOf(entries) })
    const results = await runBatch(entries, {
      ...settings,
      uploadOne: (source, index, turn) =>
        register.upload(source, sayAt(index), () => line.get().contextOf(index, source.shown, turn, secretsIn(source))),
      say: (said, index) => hearing.say(said, index, shownAt(index)),
    })
    const delivered = (await options.deliver?.(results)) ?? true
    if (delivered) {
      await line.delivered()
      await dropSkipped(results)
    }
    return results
  } finally {
    line.close()
    hearing.release()
    await records.close()
  }
}

function checkOwn({ dryRun, stdin, deliver }: UploadOptions): void {
  mustBe('true or false', { dryRun })
  mustBe('a readable stream', { stdin })
  mustBe('a function', { deliver })
}

/** Of a model the server is told no more than what is shown. */
const secretsIn = (source: Source) => (source.type === 'url' ? secretsOf(source.url) : [])

/** All sources one by one, which go together with the options. */
async function listed(
  sources: readonly SourceInput[],
  options: UploadOptions,
  { signal, say, release }: Hearing,
): Promise<Reference[]> {
  const note = (message: string, index: number, source: string) => say({ event: 'note', message }, index, source)
  try {
    const references = await expand(sources, options, {
      stdin: stdinOf(options),
      signal,
      note,
      leaveOut: options.manifest,
    })
    checkSources(references, options)
    return references
  } catch (error) {
    release()
    throw error
  }
}

const stdinOf = (options: UploadOptions) => () => options.stdin ?? process.stdin

/** A run that was killed may have left something of what its manifest has. */
async function dropperFor({ manifest, resume = true, stateFolder }: UploadOptions) {
  if (manifest === undefined || !resume) return async () => {}
  // Before the upload: an update may replace our files meanwhile.
  const { dropEnded } = await import('./state/unfinished.js')
  return async (results: readonly UploadResult[]) => {
    const ids = results.flatMap(({ skipped, uploadId }) => (skipped && uploadId !== null ? [uploadId] : []))
    if (ids.length > 0) await dropEnded(stateFolder ?? defaultStateFolder(), new Set(ids))
  }
}

/** A connection that is made when it is first asked for. */
function lazily(make: () => Connection) {
  let made: Connection | undefined
  return {
    get: () => {
      made ??= make()
      return made
    },
    delivered: async () => made?.delivered(),
    close: () => made?.close(),
  }
}

function preparing(options: UploadOptions, { signal, say }: Hearing) {
  const kind = options.kind === undefined ? undefined : parseKind(options.kind)
  return {
    identity,
    prepare: async (reference: Reference, index: number) => {
      signal.throwIfAborted()
      const onSpooled = atMostEvery(500, (bytes: number) => say({ event: 'spooled', bytes }, index, reference.shown))
      return prepare(reference, { options: { ...options, kind }, stdin: stdinOf(options), signal, onSpooled })
    },
  }
}

/** `getUpload` is asked by people and scripts that want to know it now. */
const lookRetryForMs = 30_000

/** One look at an upload. A failed import is an answer too: its result has `ok: false`. Rejects for an unknown id. */
export async function getUpload(uploadId: string, options: LookOptions = {}): Promise<UploadResult> {
  const result = await following(uploadId, { ...options, retryFor: options.retryFor ?? lookRetryForMs }, 'lookAt')
  if (result.error && result.status !== 'failed') throw errorOf(result, result.error)
  return result
}

/** Waits until an upload ends. Rejects where it failed, or where `timeout` (15 minutes) ran out before. */
export async function waitForUpload(uploadId: string, options: WaitOptions = {}): Promise<UploadResult> {
  const result = await following(uploadId, options, 'waitFor')
  if (result.error) throw errorOf(result, result.error)
  return result
}

async function following(id: string, options: WaitOptions, story: 'lookAt' | 'waitFor'): Promise<UploadResult> {
  const settings = settingsFrom(options)
  checkConnection(options)
  checkStateFolder(options.stateFolder)
  const hearing = openHearing(options)
  const line = lazily(() => connect(options, settings, hearing, checkUploadId(id)))
  try {
    const context = line.get().contextOf(0, id)
    // Who sees it end forgets it then, when an update may have replaced our files: what that takes is loaded by now.
    const [follow] = await Promise.all([import('./engine/follow.js'), import('./state/unfinished.js')])
    return await follow[story](id, context)
  } finally {
    line.close()
    hearing.release()
  }
}

/** The uploads that this machine began and did not finish, the oldest first. Asks no server, and needs no credentials. */
export async function listUnfinished({ stateFolder }: StateOptions = {}): Promise<UnfinishedUpload[]> {
  checkStateFolder(stateFolder)
  const [{ listKept }, { unfinishedFrom }] = await Promise.all([
    import('./state/unfinished.js'),
    import('./state/go-on.js'),
  ])
  const kept = await listKept(stateFolder ?? defaultStateFolder())
  return kept.map((each) => unfinishedFrom(each, checkApiUrl()))
}

/**
 * Drops what is remembered of an unfinished upload; the server is not asked. Rejects with ERR_NOT_KEPT for an id that is
 * not remembered here, with ERR_BUSY while a run is at it.
 */
export async function forgetUpload(uploadId: string, { stateFolder }: StateOptions = {}): Promise<void> {
  const id = checkUploadId(uploadId)
  checkStateFolder(stateFolder)
  const { dropKept } = await import('./state/unfinished.js')
  await dropKept(stateFolder ?? defaultStateFolder(), id)
}

/**
 * Looks at what an upload needs: Node, the credentials, the way to the API, its answer, the clock, the folders. Asks the
 * API once, for an upload that is not there. Rejects for a usage error and where `signal` ends it; all else is an answer.
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  return (await import('./doctor/diagnose.js')).diagnose(options)
}
