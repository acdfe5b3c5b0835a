/** What happens to an upload once its bytes are there: the state machine, as a table of stories. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CreateBody } from './create-body.js'
import { newId } from './new-id.js'
import { kindOf, move, type Status, type Upload } from './upload.js'

export interface Delays {
  readonly validateMs: number
  readonly importMs: number
}

interface Step {
  readonly after: keyof Delays
  readonly status: Status
  readonly withEntity?: true
  readonly errorMessage?: string
}

const stories = {
  imported: [
    { after: 'validateMs', status: 'validated' },
    { after: 'importMs', status: 'imported', withEntity: true },
  ],
  validated: [{ after: 'validateMs', status: 'validated' }],
  'validated-with-id': [{ after: 'validateMs', status: 'validated', withEntity: true }],
  complete: [{ after: 'validateMs', status: 'complete', withEntity: true }],
  failed: [{ after: 'validateMs', status: 'failed', errorMessage: 'The file is corrupt' }],
  unknown: [{ after: 'validateMs', status: 'quarantined' }],
  never: [],
} satisfies Record<string, readonly Step[]>

export type End = keyof typeof stories

/** Starts in `validating`, then moves the upload along until its story ends or the sandbox closes. */
export async function processUpload(upload: Upload, end: End, delays: Delays, closing: AbortSignal): Promise<void> {
  for (const { after, status, withEntity, errorMessage } of storyOf(upload.body, end)) {
    await sleep(delays[after], undefined, { ref: false, signal: closing })
    move(upload, {
      status,
      ...(withEntity && { entityId: newId(kindOf(upload.body) === 'model' ? 'model' : 'asset') }),
      ...(errorMessage && { errorMessage }),
    })
  }
}

function storyOf(body: CreateBody, end: End): readonly Step[] {
  const errorMessage = contentTypeMismatch(body)
  return errorMessage ? [{ after: 'validateMs', status: 'failed', errorMessage }] : stories[end]
}

const families: Readonly<Record<string, string>> = {
  '3d': 'model',
  audio: 'audio',
  avatar: 'image',
  image: 'image',
  text: 'text',
  video: 'video',
}

/** The server looks at the content type only after the transfer, so a mismatch is accepted at first and fails here. */
function contentTypeMismatch(body: CreateBody): string | undefined {
  if (!('contentType' in body)) return undefined
  const expected = families[body.kind]
  const family = body.contentType.split('/', 1)[0]
  const isForeign = family !== expected && Object.values(families).some((known) => known === family)
  return expected && isForeign ? `The content type ${body.contentType} does not fit kind ${body.kind}` : undefined
}
