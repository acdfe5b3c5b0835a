/** Not a failure: what is under way ends here, and the story goes on elsewhere. */
import type { UploadError } from '../errors.js'
import type { RemoteUpload } from '../scenario/schema.js'

/** `anew`: only another upload can bring the bytes; `because` of what was refused. `past`: the server has them already. */
export type Elsewhere = { go: 'anew'; why: string; because: UploadError | null } | { go: 'past'; upload: RemoteUpload }

export class Detour extends Error {
  override readonly name = 'Detour'
  readonly to: Elsewhere

  constructor(to: Elsewhere) {
    super(`the story goes on elsewhere (${to.go})`)
    this.to = to
  }
}
