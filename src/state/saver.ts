/** Keeps a record on the disk as it grows: as many saves as are asked for at once are one write. */
import { serializeRecord, type UploadRecord } from './record.js'
import { writeFileWhole } from './write-file.js'

export interface Saver {
  /** Resolves once the record as it is now is on the disk, or once it is known that it cannot be. */
  save(record: UploadRecord): Promise<void>
}

/** The first write that fails is the last one that is tried: `unable` is told why. */
export function createSaver(path: string, unable: (error: unknown) => void): Saver {
  const state: { able: boolean; now: Promise<void> | null; next: Promise<void> | null } = {
    able: true,
    now: null,
    next: null,
  }
  const write = async (record: UploadRecord) => {
    if (!state.able) return
    await writeFileWhole(path, serializeRecord({ ...record, updatedAt: new Date().toISOString() })).catch((error) => {
      state.able = false
      unable(error)
    })
  }
  const begin = (record: UploadRecord) => {
    state.next = null
    state.now = write(record).finally(() => {
      state.now = null
    })
    return state.now
  }
  return {
    save: (record) => {
      if (!state.now) return begin(record)
      // What is being written was taken before this call; the next write has it, and all that come until then.
      state.next ??= state.now.then(() => begin(record))
      return state.next
    },
  }
}
