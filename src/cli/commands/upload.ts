/** Uploads sources: from flags to the library's options, from its events to the voices. */
import { asUploadError, type UploadError } from '../../errors.js'
import type { UploadEvent, UploadOptions, UploadResult } from '../../index.js'
import { createAnswer, inOrder } from '../answer.js'
import { type Concluded, conclude, nowhere, sayAfter } from '../conclude.js'
import { lineOf } from '../conclusion.js'
import { inGithubActions } from '../github/annotations.js'
import type { Environment, Io } from '../io.js'
import type { Flags } from '../options.js'
import type { GivenSource } from '../parse.js'
import { connectionFrom, type Place, place, stateFolder } from '../place.js'
import { planLine } from '../render/words.js'
import { type Interruption, interruption } from '../signals.js'
import { chooseVoice } from '../voice.js'

export async function runUpload(sources: readonly GivenSource[], flags: Flags, io: Io): Promise<number> {
  const interrupted = interruption(io)
  try {
    const where = await place(flags, sources.length > 0)
    interrupted.clearing(where.abandon)
    return await uploadTo(where, sources, flags, io, interrupted).finally(where.close)
  } finally {
    interrupted.release()
  }
}

async function uploadTo(
  where: Place,
  sources: readonly GivenSource[],
  flags: Flags,
  io: Io,
  { signal, clearing }: Interruption,
): Promise<number> {
  const handOn = flags.githubOutput === undefined ? nowhere : await outputOf(flags, io.env)
  const addSummary = await summaryOf(flags, io.env)
  const renderer = await chooseVoice(flags, io)
  const answer = createAnswer(io.stdout)
  const lines = inOrder(flags.json ? () => {} : (line) => renderer.makeWay(() => answer.write(line)))
  clearing(() => {
    renderer.stop()
    lines.rest()
    where.abandon()
  })
  const seen = { sandbox: flags.sandbox ?? false }
  const hear = (event: UploadEvent) => {
    if (event.event === 'note' && event.sandbox) seen.sandbox = true
    renderer.hear(event)
    if (event.event === 'done') lines.put(event.index, lineOf(event))
    if (event.event === 'error') lines.put(event.index, '')
  }
  try {
    // To look at standard input is to open it, so that is left to those who want it.
    const stdin = sources.some(readsStdin) ? io.stdin : undefined
    const concluded: Concluded[] = []
    const end = async (ended: Ended): Promise<Concluded> => {
      const { sandbox } = seen
      const last = await conclude(io, { ...ended, sandbox, flags, renderer, answer, handOn })
      concluded.push(last)
      const hitch = await addSummary({ results: last.results, sandbox }, io.env)
      if (hitch) renderer.say(hitch)
      return last
    }
    // What is remembered of an upload may be forgotten only when its id is written.
    const deliver = async (results: readonly UploadResult[]) => (await end({ results, error: null })).written
    const options = { ...uploadOptions(flags, where, io.env), stdin, signal, onEvent: hear, deliver }
    const ended = await uploadAll(sources, options)
    if (flags.dryRun) showPlan(ended.results, (line) => renderer.say(line), hear)
    const [last] = concluded
    if (!last) return (await end(ended)).exitCode
    return ended.error ? await sayAfter(last, ended.error, io, { flags, renderer }) : last.exitCode
  } finally {
    renderer.stop()
  }
}

/** Loaded by those alone who run in GitHub Actions, and before the upload: an update may replace our files meanwhile. */
const outputOf = async (flags: Flags, env: Environment) =>
  (await import('../github/output.js')).githubOutput(flags, env)

const summaryOf = async ({ dryRun }: Flags, env: Environment) =>
  dryRun || !inGithubActions(env) ? async () => null : (await import('../github/summary.js')).addSummary

const readsStdin = (source: GivenSource) =>
  source === '-' || (typeof source === 'object' && 'filesFrom' in source && source.filesFrom === '-')

interface Ended {
  results: readonly UploadResult[]
  error: UploadError | null
}

/** Usage errors and missing credentials end all of it; all else stands in the results. */
async function uploadAll(sources: readonly GivenSource[], options: UploadOptions): Promise<Ended> {
  const { uploadMany } = await import('../../index.js')
  try {
    return { results: await uploadMany(sources, options), error: null }
  } catch (thrown) {
    return { results: [], error: asUploadError(thrown) }
  }
}

function uploadOptions(flags: Flags, where: Place, env: Environment): UploadOptions {
  return {
    ...connectionFrom(flags, where, env),
    name: flags.name,
    contentType: flags.contentType,
    kind: flags.kind,
    collection: flags.collection,
    parent: flags.parent,
    hide: flags.hide,
    parts: flags.parts,
    partSize: flags.partSize,
    concurrency: flags.concurrency,
    jobs: flags.jobs,
    failFast: flags.failFast,
    rpm: flags.rpm,
    limitRate: flags.limitRate,
    verify: flags.verify,
    wait: flags.wait,
    until: flags.until,
    timeout: flags.timeout,
    retryFor: flags.retryFor,
    stallTimeout: flags.stallTimeout,
    // A sandbox of its own is gone with the command: nobody can go on there.
    resume: flags.sandbox ? false : flags.resume,
    stateFolder: stateFolder(env),
    recursive: flags.recursive,
    include: flags.include,
    exclude: flags.exclude,
    null: flags.null,
    manifest: flags.manifest,
    // A sandbox of its own has nothing yet, whatever one of the same address once had.
    force: flags.force || (flags.sandbox && flags.manifest !== undefined),
    dryRun: flags.dryRun,
  }
}

/** A dry run has no events: its results are all there is to tell. */
function showPlan(results: readonly UploadResult[], say: (line: string) => void, hear: (event: UploadEvent) => void) {
  for (const [index, result] of results.entries()) {
    const { source, error } = result
    if (error) hear({ event: 'error', ...error.toJSON(), index, source })
    else say(planLine(result))
  }
}
