/** Starts a sandbox, and says in our words why it cannot be. */
import { tmpdir } from 'node:os'
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import type { Sandbox, SandboxOptions } from '../sandbox/index.js'

export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { startSandbox } = await import('../sandbox/index.js')
  return startSandbox(options).catch((error: unknown) => {
    throw new UploadError('ERR_SPOOL', `the sandbox could not be kept in ${tmpdir()} (${systemCode(error)})`, {
      hint: 'Set TMPDIR to a folder that can be written.',
      cause: error,
    })
  })
}
