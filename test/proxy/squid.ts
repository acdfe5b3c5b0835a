/** The squid of this suite: whether this machine has it, and one of its own for each scene. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../helpers/files.js'
import { linesOf } from '../helpers/scene.js'

const script = fileURLToPath(new URL('squid.sh', import.meta.url))

const has = (program: string, ...words: string[]) => spawnSync(program, words).status === 0

/** Why the suite is to be skipped, for node:test's `skip`; false where it runs, or has to. */
export function missingSquid(): string | false {
  if (process.env.REQUIRE_PROXY === '1') return false
  if (!has('openssl', 'version')) return 'there is no openssl here'
  return has('bash', script, 'installed')
    ? false
    : 'squid is not installed; to install it: bash test/proxy/squid.sh install'
}

export interface Squid {
  url: string
  /** `api.scenario.test:443 200`: each tunnel, ended for good, in the order of their ends. */
  stop(): Promise<string[]>
}

/** `user`: `name:password`, of the only one who may pass; default: everybody may. */
export async function startSquid(t: TestContext, user?: string): Promise<Squid> {
  const folder = await tempFolder(t)
  const child = spawn('bash', [script, 'run', folder, ...(user === undefined ? [] : [user])])
  const complaint = text(child.stderr)
  const ended = once(child, 'exit')
  const end = async () => {
    child.stdin.end()
    await ended
  }
  t.after(end)
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  if (typeof url !== 'string') throw new Error(`squid did not start: ${await complaint}`)
  const stop = async () => {
    await end()
    return linesOf(readFileSync(join(folder, 'access.log'), 'utf8')).flatMap(
      (line) => /^CONNECT (.+)/.exec(line)?.[1] ?? [],
    )
  }
  return { url, stop }
}
