/** What a run asks of its register, and the register of a run without a manifest. */
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Context, Said } from './context.js'
import { uploadOne } from './upload-one.js'

export interface Register {
  /** False where it is sure that the source must be uploaded. */
  mayKnow(source: Source): boolean
  /** Whether it would not be uploaded again. Reads what must be read, and asks nobody. */
  knows(source: Source, say: (said: Said) => void): Promise<boolean>
  /** Never rejects. `connect` is called only where something is to be asked or sent. */
  upload(source: Source, say: (said: Said) => void, connect: () => Context): Promise<UploadResult>
}

/** Stands in where there is no manifest. */
export const noRegister: Register = {
  mayKnow: () => false,
  knows: async () => false,
  upload: (source, _, connect) => uploadOne(source, connect()),
}
