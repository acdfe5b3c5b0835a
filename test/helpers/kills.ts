/** What a sandbox saw of an upload that was killed again and again: where each kill fell, and what it cost. */
import type { RecordedRequest, Sandbox } from '../../src/sandbox/index.js'

export const phases = [
  'starting',
  'creating',
  'looking',
  'sending',
  'before complete',
  'completing',
  'waiting',
  'answered',
] as const
export type Phase = (typeof phases)[number]

/** How far the run had come whose requests these are. */
export function phaseOf(sandbox: Sandbox, own: readonly RecordedRequest[]): Phase {
  const last = own.at(-1)
  const upload = sandbox.uploads().find(({ id }) => id === last?.uploadId)
  switch (last?.call) {
    case undefined:
    case 'other':
      return 'starting'
    case 'create':
      return 'creating'
    case 'get':
      return upload?.status === 'pending' ? 'looking' : 'waiting'
    case 'put':
      return own.some(({ call, status }) => call === 'put' && status === null) || hasAll(upload) === false
        ? 'sending'
        : 'before complete'
    case 'complete':
      return last.status === null ? 'completing' : 'waiting'
  }
}

function hasAll(upload: ReturnType<Sandbox['uploads']>[number] | undefined): boolean {
  return upload !== undefined && 'parts' in upload.request && upload.parts.length === upload.request.parts
}

/**
 * How many parts each run had sent for nothing: the storage said 200, and yet they were PUT again. `begins` has the place
 * of each run's first request. A part whose PUT was cut off was not sent, and a PUT that is cut off is one all the same.
 */
export function sentForNothing(requests: readonly RecordedRequest[], begins: readonly number[]): number[] {
  const puts = requests
    .map((request, at) => ({ ...request, at, run: begins.filter((begin) => begin <= at).length - 1 }))
    .filter(({ call }) => call === 'put')
  const isAgain = (put: (typeof puts)[number]) =>
    puts.some(
      ({ uploadId, partNumber, at }) => uploadId === put.uploadId && partNumber === put.partNumber && at > put.at,
    )
  return begins.map((_, run) => {
    const lost = puts.filter((put) => put.run === run && put.status === 200 && isAgain(put))
    return new Set(lost.map(({ uploadId, partNumber }) => `${uploadId} ${partNumber}`)).size
  })
}
