/** The story of one upload, from an accepted source to its end. */
import { UploadError } from '../errors.js'
import type { RemoteUpload } from '../scenario/schema.js'
import type { ByteReader, ByteSource, Source } from '../sources/source.js'
import type { Notebook } from '../state/memory.js'
import { type Beginning, type Begun, beginBytes, beginRecorded, beginRemote, createAfresh } from './begin.js'
import { complete } from './complete.js'
import type { Context, Learn } from './context.js'
import { shownOf } from './create.js'
import { Detour, type Elsewhere } from './detour.js'
import { noRecording, type Recording } from './recording.js'
import { createRenewals, type Renewals } from './renewals.js'
import { send } from './send.js'
import { hasEnded, refuseFailed, wait } from './wait.js'

export async function run(
  source: Source,
  notebook: Notebook,
  context: Context,
  learn: Learn,
  recording: Recording = noRecording,
): Promise<void> {
  const recorded = await beginRecorded(recording.earlier, source, context, learn)
  const handed = recorded === null ? await handOver(source, notebook, context, learn, recording) : unseen(recorded)
  context.handedOver()
  if (context.settings.wait) await waitForEnd(handed, source, context, learn)
}

/** An upload that is the server's from now on. */
interface Handed {
  id: string
  /** What the server said of it then, where it did: it may have ended at once. */
  seen: RemoteUpload | null
}

const unseen = (id: string): Handed => ({ id, seen: null })

async function handOver(
  source: Source,
  notebook: Notebook,
  context: Context,
  learn: Learn,
  recording: Recording,
): Promise<Handed> {
  if (source.flow === 'bytes') return sendAll(source, notebook, context, learn, recording)
  return unseen(await beginRemote(source, notebook, context, learn))
}

/** Until the server has it all. The file is let go of then: an import may take long. */
async function sendAll(
  source: ByteSource,
  notebook: Notebook,
  context: Context,
  learn: Learn,
  recording: Recording,
): Promise<Handed> {
  const { bytes, testify, dismiss } = recording.watch(source, await source.open())
  try {
    const beginning = await beginBytes(source, bytes, notebook, context, learn)
    const story = { source, bytes, notebook, renewals: createRenewals() }
    const handed = await bring(beginning, story, context, learn)
    await testify()
    return handed
  } finally {
    dismiss()
    await bytes.close().catch(() => {}) // of what was only read, and proves nothing either way
  }
}

interface Story {
  source: ByteSource
  bytes: ByteReader
  notebook: Notebook
  renewals: Renewals
}

/** Sends and completes; where that leads nowhere, begins anew. It ends: only so many new beginnings bring no progress. */
async function bring(beginning: Beginning, story: Story, context: Context, learn: Learn): Promise<Handed> {
  if (beginning.go === 'wait') return unseen(beginning.id)
  try {
    return { id: beginning.id, seen: await sendAndComplete(beginning, story, context, learn) }
  } catch (error) {
    const elsewhere = elsewhereFrom(error, beginning)
    if (elsewhere.go === 'past') return accept(elsewhere.upload, beginning, learn)
    story.renewals.spend(elsewhere.because)
    context.say({ event: 'note', message: `${elsewhere.why}: a new upload begins, and all bytes are sent again` })
    return bring(await createAfresh(story.source, story.notebook, context, learn), story, context, learn)
  }
}

async function sendAndComplete(
  begun: Begun,
  story: Story,
  context: Context,
  learn: Learn,
): Promise<RemoteUpload | null> {
  const { source, bytes } = story
  const { say } = context
  const { id } = begun
  say({ event: 'phase', phase: 'sending', uploadId: id, ...shownOf(source) })
  learn({ verified: await send(source, begun, bytes, story, context) })
  say({ event: 'phase', phase: 'finishing', uploadId: id, ...shownOf(source) })
  const completed = await completeBegun(begun, context)
  learn({ status: completed?.status ?? null, entityId: completed?.entityId ?? null })
  if (completed) refuseFailed(completed)
  return completed
}

/** The request itself was understood and refused: what stands in the way is the upload, and not a plan, a proxy or a key. */
const aboutTheUpload: ReadonlySet<number | undefined> = new Set([400, 409, 410, 422])

/** One that an earlier run began would be refused at every run that goes on with it, if parts of it are lost. */
async function completeBegun({ id, resumed }: Begun, context: Context): Promise<RemoteUpload | null> {
  return complete(id, resumed, context).catch((error: unknown) => {
    if (!resumed || !(error instanceof UploadError) || !aboutTheUpload.has(error.apiStatus)) throw error
    throw new Detour({ go: 'anew', why: error.message, because: error })
  })
}

/** Where the story goes on; throws what is a failure after all. */
function elsewhereFrom(error: unknown, { id, resumed }: Begun): Elsewhere {
  if (error instanceof Detour) return error.to
  // What was sent days ago may have been cleared away meanwhile, though the API still shows the upload.
  const gone = error instanceof UploadError && error.storageCode === 'NoSuchUpload' && resumed
  if (gone) return { go: 'anew', why: `the storage no longer has ${id}`, because: error }
  throw error
}

/** Someone has completed it meanwhile: the bytes that the server took are not all ours to vouch for. */
function accept(upload: RemoteUpload, { id }: Begun, learn: Learn): Handed {
  const { status, entityId } = upload
  learn({ status, entityId, verified: 'none' })
  refuseFailed(upload)
  return { id, seen: upload }
}

async function waitForEnd({ id, seen }: Handed, source: Source, context: Context, learn: Learn): Promise<void> {
  context.say({ event: 'phase', phase: 'validating', uploadId: id, ...shownOf(source) })
  if (seen && hasEnded(seen, context.settings.until)) return
  await wait(id, source.kind, context, ({ status, entityId }) => learn({ status, entityId }))
}
