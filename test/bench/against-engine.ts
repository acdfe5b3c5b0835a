/** One file into a real S3: the command beside the tools that hold keys. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bin, cleanEnv, envOf } from '../helpers/command.js'
import { type Api, apiKey, startApi } from '../storage/api.js'
import { type Bucket, openBucket } from '../storage/bucket.js'
import { engineKey, missingEngine, startEngine } from '../storage/engine.js'
import { inFolder, randomFile } from './files.js'
import type { Command } from './measure.js'
import { type Runner, race, ratioOf, type Standing, spentBy } from './race.js'
import type { Outcome, Section, SectionOptions } from './section.js'

const partMiB = 16
const concurrency = 4

interface Stage {
  folder: string
  file: string
  sha256: string
  endpoint: string
  bucket: Bucket
  api: Api
}

interface Tool {
  name: string
  command(stage: Stage): Command | Promise<Command>
  /** Where it put the object. */
  key(stage: Stage): string
}

const ours = 'scenario-upload'

const tools: readonly Tool[] = [
  { name: ours, command: own, key: ({ api }) => api.uploads.at(-1)?.target.Key ?? '' },
  { name: 'aws s3 cp', command: aws, key: () => 'aws' },
  { name: 'rclone', command: rclone, key: () => 'rclone' },
  { name: 's3cmd', command: s3cmd, key: () => 's3cmd' },
]

export const againstEngine: Section = {
  name: 'engine',
  run: async (options) => {
    const missing = missingEngine() || missingTools()
    if (missing)
      return { tables: [{ title: `against a real S3: skipped, ${missing}`, columns: [], rows: [] }], figures: {} }
    const engine = await startEngine()
    try {
      const bucket = await openBucket(engine, engine.endpoint)
      const api = await startApi(bucket)
      const place = { bucket, api, endpoint: engine.endpoint }
      const outcome = await inFolder((folder) => onStage({ ...place, folder }, options))
      await api.close()
      return outcome
    } finally {
      await engine.stop()
    }
  },
}

function missingTools(): string | false {
  const missing = [awsPath, rclonePath, s3cmdPath].filter((path) => !existsSync(path))
  return missing.length > 0 && `without ${missing.join(', ')} (Debian: awscli, rclone, s3cmd)`
}

async function onStage(place: Omit<Stage, 'file' | 'sha256'>, { short, say }: SectionOptions): Promise<Outcome> {
  const [sizeMiB, rounds] = short ? [128, 3] : [512, 5]
  const file = join(place.folder, 'file.bin')
  const stage = { ...place, file, sha256: await randomFile(file, sizeMiB) }
  const runners = tools.map((tool) => runnerOf(tool, stage))
  const standings = await race(runners, rounds, (words) => say(`real S3: ${words}`))
  const [first, ...others] = standings
  if (!first) throw new Error('nobody ran')
  const title = `${sizeMiB} MiB in ${partMiB} MiB × ${concurrency} into a real S3, medians of ${rounds} rounds`
  return { tables: [tableOf(title, first, standings)], figures: figuresOf(sizeMiB, first, others) }
}

const runnerOf = (tool: Tool, stage: Stage): Runner => ({
  name: tool.name,
  command: () => tool.command(stage),
  check: async () => {
    const { sha256 } = await stage.bucket.read({ Bucket: stage.bucket.name, Key: tool.key(stage) })
    if (sha256 !== stage.sha256) throw new Error(`what ${tool.name} sent is not what it was given`)
  },
})

const tableOf = (title: string, first: Standing, standings: readonly Standing[]) => ({
  title,
  columns: ['', 'wall s', `${ours} ÷ it`, 'CPU s', 'peak MiB'],
  rows: standings.map((standing) => {
    const { wallMs, cpuMs, peakMiB } = spentBy(standing)
    const ratio = ratioOf(first, standing).wallMs.toFixed(2)
    return [standing.name, (wallMs / 1000).toFixed(2), ratio, (cpuMs / 1000).toFixed(2), peakMiB.toFixed(0)]
  }),
})

const figuresOf = (sizeMiB: number, first: Standing, others: readonly Standing[]) =>
  Object.fromEntries(
    others.map((other) => [
      `${sizeMiB} MiB into a real S3: wall, ${ours} ÷ ${other.name}`,
      ratioOf(first, other).wallMs,
    ]),
  )

function own({ api, folder, file }: Stage): Command {
  const split = ['--part-size', `${partMiB}MiB`, '--concurrency', String(concurrency)]
  const env = cleanEnv({ ...envOf({ apiUrl: api.url, credentials: apiKey }), XDG_STATE_HOME: join(folder, 'state') })
  return { file: process.execPath, args: [bin, '--kind', 'asset', ...split, file], env }
}

const awsPath = '/usr/bin/aws'
const rclonePath = '/usr/bin/rclone'
const s3cmdPath = '/usr/bin/s3cmd'

/** Nothing of this machine's own settings. */
const toolEnv = (folder: string) => ({
  ...{ PATH: process.env.PATH, HOME: folder },
  ...{ AWS_ACCESS_KEY_ID: engineKey.accessKeyId, AWS_SECRET_ACCESS_KEY: engineKey.secretAccessKey },
})

async function aws({ folder, file, endpoint, bucket }: Stage): Promise<Command> {
  const config = join(folder, 'aws.ini')
  const split = `multipart_threshold = ${partMiB}MB\n  multipart_chunksize = ${partMiB}MB`
  const manner = `${split}\n  max_concurrent_requests = ${concurrency}\n  addressing_style = path`
  await writeFile(config, `[default]\nregion = us-east-1\ns3 =\n  ${manner}\n`)
  const args = ['s3', 'cp', '--no-progress', '--endpoint-url', endpoint, file, `s3://${bucket.name}/aws`]
  return { file: awsPath, args, env: { ...toolEnv(folder), AWS_CONFIG_FILE: config } }
}

function rclone({ folder, file, endpoint, bucket }: Stage): Command {
  const where = ['--config', '/dev/null', '--s3-provider', 'Other', '--s3-endpoint', endpoint, '--s3-env-auth']
  const split = ['--s3-chunk-size', `${partMiB}Mi`, '--s3-upload-cutoff', `${partMiB}Mi`]
  const many = ['--ignore-times', '--s3-upload-concurrency', String(concurrency), '--s3-no-check-bucket']
  const args = ['copyto', ...where, ...split, ...many, file, `:s3:${bucket.name}/rclone`]
  return { file: rclonePath, args, env: toolEnv(folder) }
}

async function s3cmd({ folder, file, endpoint, bucket }: Stage): Promise<Command> {
  const { host } = new URL(endpoint)
  const config = join(folder, 's3cmd.ini')
  const { accessKeyId, secretAccessKey } = engineKey
  await writeFile(
    config,
    `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\nuse_https = False\n`,
  )
  const where = ['--config', config, '--host', host, '--host-bucket', host, '--no-progress']
  const args = ['put', ...where, `--multipart-chunk-size-mb=${partMiB}`, file, `s3://${bucket.name}/s3cmd`]
  return { file: s3cmdPath, args, env: toolEnv(folder) }
}
