/** Where a command uploads to: Scenario, or a sandbox of its own. */
import { isAbsolute, join } from 'node:path'
import { proxySettings } from '../core/proxy.js'
import { usageError } from '../errors.js'
import type { ConnectionOptions } from '../index.js'
import type { Environment } from './io.js'
import type { Flags } from './options.js'

export interface Place {
  /** Undefined: what the line and the environment say. */
  connection: Pick<ConnectionOptions, 'apiUrl' | 'credentials'> | undefined
  close(): Promise<void>
  /** For a process that ends on the spot: leaves nothing behind, and waits for nothing. */
  abandon(): void
}

export const scenario: Place = { connection: undefined, close: async () => {}, abandon: () => {} }

/** A sandbox is started only where something will be sent to it. */
export async function place(flags: Flags, needed: boolean): Promise<Place> {
  if (!flags.sandbox) return scenario
  if (flags.apiUrl !== undefined)
    throw usageError('--sandbox and --api-url cannot go together', 'Leave one of the two out.')
  if (!needed || flags.dryRun) return scenario
  const { openSandbox } = await import('./open-sandbox.js')
  const { apiUrl, credentials, close, abandon } = await openSandbox()
  return { connection: { apiUrl, credentials }, close, abandon }
}

/** Empty variables count as unset. The credentials themselves are the library's to find. */
export function connectionFrom(flags: Flags, where: Place, env: Environment): ConnectionOptions {
  const project = flags.project ?? (env.SCENARIO_PROJECT_ID || undefined)
  if (where.connection) return { ...where.connection, project }
  return { apiUrl: flags.apiUrl ?? (env.SCENARIO_BASE_URL || undefined), project, proxy: proxySettings(env) }
}

/** `XDG_STATE_HOME` counts only where it is an absolute path, as its standard asks; undefined: the library's default. */
export function stateFolder({ XDG_STATE_HOME: home }: Environment): string | undefined {
  return home !== undefined && isAbsolute(home) ? join(home, 'scenario-upload') : undefined
}
