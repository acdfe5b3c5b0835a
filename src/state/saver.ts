/** Keeps a record on the disk as it grows: as many saves as are asked for at once are one write. */
import { serializeRecord, type UploadRecord } from './record.js'
import { writeFileWhole } from './write-file.js'

export interface Saver {
  /** Resolves once the record as it is now is on the disk, or once it is known that it cannot be. */
  save(record: UploadRecord): Promise<void>
}

interface State {
  able: boolean
  /** The last write that was begun or is to begin: each waits for the one before, or an older state could come last. */
  last: Promise<void>
  /** A write that has not begun, and so takes in all that comes until then. */
  next: Promise<void> | null
  latest: UploadRecord | null
}

/** The first write that fails is the last one that is tried: `unable` is told why. */
export function createSaver(path: string, unable: (error: unknown) => void): Saver {
  const state: State = { able: true, last: Promise.resolve(), next: null, latest: null }
  const write = async () => {
    state.next = null
    if (!state.able || !state.latest) return
    const text = serializeRecord({ ...state.latest, updatedAt: new Date().toISOString() })
    await writeFileWhole(path, text).catch((error: unknown) => {
      state.able = false
      unable(error)
    })
  }
  return {
    save: (record) => {
      state.latest = record
      if (state.next) return state.next
      state.next = state.last.then(write)
      state.last = state.next
      return state.last
    },
  }
}
