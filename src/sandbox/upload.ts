/** One upload as the sandbox holds it, and how it is shown: to the API's clients, and to whoever runs the sandbox. */
import { extname } from 'node:path'
import { type CreateBody, formOf, type Kind } from './create-body.js'
import { newId } from './new-id.js'

export type Status = 'pending' | 'validating' | 'validated' | 'imported' | 'complete' | 'failed' | 'quarantined'

export interface StoredPart {
  readonly number: number
  readonly size: number
  /** In hex. */
  readonly md5: string
}

/** What changes as the upload goes on; replaced as a whole. */
export interface State {
  readonly status: Status
  readonly updatedAt: string
  readonly sha256?: string
  readonly jobId?: string
  readonly entityId?: string
  readonly errorMessage?: string
}

export interface Upload {
  readonly id: string
  readonly ownerId: string
  readonly createdAt: string
  readonly body: CreateBody
  /** The name under which the storage keeps it. */
  readonly storageName: string
  readonly parts: Map<number, StoredPart>
  state: State
}

export interface SandboxUpload {
  readonly id: string
  readonly status: Status
  /** The body of the create request. */
  readonly request: CreateBody
  /** As the client named it; null for a remote source. */
  readonly fileName: string | null
  /** Held so far. */
  readonly bytes: number
  /** Of the parts put together, in hex; null until the upload was completed. */
  readonly sha256: string | null
  readonly parts: readonly StoredPart[]
  readonly entityId: string | null
  readonly jobId: string | null
}

export function newUpload(body: CreateBody, projectId: string | null): Upload {
  const id = newId('upload')
  const now = new Date().toISOString()
  return {
    id,
    ownerId: projectId ?? 'proj_sandbox',
    createdAt: now,
    body,
    storageName: id + ('fileName' in body ? plainExtension(body.fileName) : ''),
    parts: new Map(),
    state: { status: 'pending', updatedAt: now },
  }
}

export function move(upload: Upload, change: Partial<State>): void {
  upload.state = { ...upload.state, ...change, updatedAt: new Date().toISOString() }
}

export function kindOf(body: CreateBody): Kind {
  return ('kind' in body && body.kind) || 'model'
}

export function partsInOrder(upload: Upload): StoredPart[] {
  return [...upload.parts.values()].sort((a, b) => a.number - b.number)
}

export function bytesHeld(upload: Upload): number {
  return partsInOrder(upload).reduce((sum, part) => sum + part.size, 0)
}

/** As the API's reference shows it; what is undefined here does not appear. */
export function replyOf(upload: Upload, parts?: readonly object[]): object {
  const { id, ownerId, createdAt, body, storageName } = upload
  const { sha256, ...state } = upload.state
  return {
    id,
    authorId: 'user_sandbox',
    ownerId,
    createdAt,
    ...state,
    fileName: storageName,
    kind: kindOf(body),
    source: formOf(body),
    assetOptions: 'assetOptions' in body ? body.assetOptions : undefined,
    ...sourceFields(body),
    parts,
  }
}

function sourceFields(body: CreateBody): object {
  if ('fileSize' in body) {
    const { fileName, contentType, fileSize, parts } = body
    return { originalFileName: fileName, contentType, fileSize, partsCount: parts }
  }
  if ('url' in body) return { url: body.url, provider: 'other' }
  if ('civitaiModelUrl' in body) return { url: body.civitaiModelUrl, provider: 'civitai' }
  return { originalFileName: body.huggingFaceModelName, provider: 'huggingface' }
}

export function summaryOf(upload: Upload): SandboxUpload {
  const { id, body, state } = upload
  return {
    id,
    status: state.status,
    request: body,
    fileName: 'fileName' in body ? body.fileName : null,
    bytes: bytesHeld(upload),
    sha256: state.sha256 ?? null,
    parts: partsInOrder(upload),
    entityId: state.entityId ?? null,
    jobId: state.jobId ?? null,
  }
}

function plainExtension(fileName: string): string {
  const extension = extname(fileName)
  return /^\.\w{1,20}$/.test(extension) ? extension : ''
}
