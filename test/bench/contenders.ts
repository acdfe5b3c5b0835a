/** Who sends the load: each as the command line of a process of its own. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bin, cleanEnv, envOf } from '../helpers/command.js'
import type { Command } from './measure.js'
import { credentials, type Stage } from './stage.js'

export interface Contender {
  name: string
  command(stage: Stage): Command | Promise<Command>
}

const clientOf = (name: string) => fileURLToPath(new URL(`clients/${name}.js`, import.meta.url))

/** What the others are held against. */
export const reference = 'curl --parallel'

export const contenders: readonly Contender[] = [
  { name: reference, command: curl },
  { name: 'node:https', command: (stage) => client(stage, 'https') },
  { name: 'got', command: (stage) => client(stage, 'got') },
  { name: 'the library, no verification', command: (stage) => client(stage, 'library', 'trust') },
  { name: 'the library', command: (stage) => client(stage, 'library', 'verify') },
  { name: 'scenario-upload --no-verify', command: (stage) => ours(stage, '--no-verify') },
  { name: 'scenario-upload', command: (stage) => ours(stage) },
]

/** It cannot send a range of a file, so that it gets each part as a file of its own. */
async function curl({ load, parts, caFile, plan }: Stage): Promise<Command> {
  const lines = parts.map(({ url, alone }) => `url = "${url}"\nupload-file = "${alone}"\noutput = "/dev/null"\n`)
  const config = `${plan}.curl`
  await writeFile(config, lines.join(''))
  const manner = ['--no-progress-meter', '--fail', '--http1.1', '--header', 'Expect:', '--cacert', caFile]
  const many = ['--parallel', '--parallel-immediate', '--parallel-max', String(load.concurrency)]
  return { file: 'curl', args: [...manner, ...many, '--config', config] }
}

/** With so many parts at once. */
export const curlWith = (concurrency: number): Contender => ({
  name: `${reference}-max ${concurrency}`,
  command: (stage) => curl({ ...stage, load: { ...stage.load, concurrency } }),
})

export const oursWith = (concurrency: string): Contender => ({
  name: `scenario-upload --concurrency ${concurrency}`,
  command: (stage) => ours(stage, '--concurrency', concurrency),
})

const client = ({ plan, caFile }: Stage, name: string, ...words: string[]): Command => ({
  file: process.execPath,
  args: [clientOf(name), plan, ...words],
  env: cleanEnv({ NODE_EXTRA_CA_CERTS: caFile, XDG_STATE_HOME: join(plan, '..', 'state') }),
})

function ours({ load, plan, caFile, apiUrl, files }: Stage, ...words: string[]): Command {
  const split = load.partOption ? ['--part-size', load.partOption] : []
  const options = ['--kind', 'asset', '--rpm', '10000', '--concurrency', String(load.concurrency), ...split, ...words]
  return {
    file: process.execPath,
    args: [bin, ...options, ...files],
    env: cleanEnv({
      ...envOf({ apiUrl, credentials }),
      ...{ NODE_EXTRA_CA_CERTS: caFile, XDG_STATE_HOME: join(plan, '..', 'state') },
    }),
  }
}
