/** The options of the manifest, and what is wrong with them: told without a manifest. */
import { mustBe } from '../core/must-be.js'
import { usageError } from '../errors.js'

export interface ManifestOptions {
  /**
   * A file that records what was uploaded, one JSON line each; made where it is not there. What it has already is not
   * uploaded again, unless its content, kind, name, options, project or API is another.
   */
  manifest?: string | undefined
  /** Upload what the manifest has, too; default false. */
  force?: boolean | undefined
}

/** Throws ERR_USAGE for what makes no sense. */
export function checkManifest({ manifest, force }: ManifestOptions): void {
  if (manifest !== undefined && (typeof manifest !== 'string' || manifest === '')) {
    throw usageError('--manifest must be the path of a file', 'Name one, as in `--manifest uploads.jsonl`.')
  }
  mustBe('true or false', { force })
  if (force && manifest === undefined) {
    throw usageError('--force goes with --manifest', 'Leave it out: without a manifest, all is uploaded anyway.')
  }
}
