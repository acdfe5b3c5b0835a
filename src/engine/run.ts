/** The story of one upload, from an accepted source to its end. */
import type { UploadResult } from '../events.js'
import type { CreatedUpload, RemoteUpload } from '../scenario/schema.js'
import type { ByteSource, RemoteSource, Source } from '../sources/source.js'
import { complete } from './complete.js'
import type { Context } from './context.js'
import { create, shownOf } from './create.js'
import { send } from './send.js'
import { refuseFailed, wait } from './wait.js'

/** Called with each fact of the result as soon as it is known, so that a failure too can tell how far it came. */
export type Learn = (facts: Partial<UploadResult>) => void

export async function run(source: Source, context: Context, learn: Learn): Promise<void> {
  if (source.flow === 'bytes') await sendAndWait(source, context, learn)
  else await fetchAndWait(source, context, learn)
}

async function sendAndWait(source: ByteSource, context: Context, learn: Learn): Promise<void> {
  const id = await sendAll(source, context, learn)
  if (context.settings.wait) await waitForEnd(id, source, context, learn)
}

/** Until the server has it all. The file is let go of then: an import may take long. */
async function sendAll(source: ByteSource, context: Context, learn: Learn): Promise<string> {
  const { settings, say } = context
  const bytes = await source.open()
  try {
    const { id, parts } = await createKnown(source, context, learn)
    say({ event: 'phase', phase: 'sending', uploadId: id, ...shownOf(source) })
    learn({ verified: await send(source, parts, bytes, context) })
    say({ event: 'phase', phase: 'finishing', uploadId: id, ...shownOf(source) })
    const completed = await complete(id, context)
    learn({ status: completed?.status ?? null, entityId: completed?.entityId ?? null })
    if (completed && !settings.wait) refuseFailed(completed)
    return id
  } finally {
    await bytes.close().catch(() => {}) // of what was only read, and proves nothing either way
  }
}

/** An upload may have failed before it began. */
async function createKnown(source: Source, context: Context, learn: Learn): Promise<CreatedUpload> {
  const created = await create(source, context)
  learn({ uploadId: created.id, status: created.status })
  refuseFailed(created)
  return created
}

async function fetchAndWait(source: RemoteSource, context: Context, learn: Learn): Promise<void> {
  const { id } = await createKnown(source, context, learn)
  if (context.settings.wait) await waitForEnd(id, source, context, learn)
}

async function waitForEnd(id: string, source: Source, context: Context, learn: Learn): Promise<void> {
  context.say({ event: 'phase', phase: 'validating', uploadId: id, ...shownOf(source) })
  await wait(id, context, (upload) => learnFrom(upload, learn))
}

function learnFrom({ status, entityId }: RemoteUpload, learn: Learn): void {
  learn({ status, entityId })
}
