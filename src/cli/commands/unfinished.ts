/** What this machine began and did not finish: `status` without an id lists it, `forget` drops one of it. */
import { formatBytes, formatDuration } from '../../core/units.js'
import { usageError } from '../../errors.js'
import type { UnfinishedUpload } from '../../index.js'
import { createAnswer } from '../answer.js'
import { conclude } from '../conclude.js'
import type { Io } from '../io.js'
import type { Flags } from '../options.js'
import { stateFolder } from '../place.js'
import { safeText } from '../safe-text.js'
import { chooseVoice } from '../voice.js'

const onlyForOne = ['apiUrl', 'project', 'retryFor', 'stallTimeout'] as const satisfies readonly (keyof Flags)[]

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

export async function runUnfinished(flags: Flags, io: Io): Promise<number> {
  const stray = onlyForOne.find((name) => flags[name] !== undefined)
  if (stray)
    throw usageError(
      'status without an id asks no server',
      `Leave \`${flagOf(stray)}\` out, or give the id of an upload.`,
    )
  const { listUnfinished } = await import('../../index.js')
  const unfinished = await listUnfinished({ stateFolder: stateFolder(io.env) })
  const renderer = await chooseVoice(flags, io)
  const answer = createAnswer(io.stdout)
  if (!flags.json) answer.write(unfinished.map((each) => `${lineOf(each)}\n`).join(''))
  if (unfinished.length === 0) renderer.say('no unfinished uploads here')
  const nothing = { results: [], error: null, sandbox: false }
  return (await conclude(io, { ...nothing, unfinished, flags, renderer, answer })).exitCode
}

export async function runForget(id: string, flags: Flags, io: Io): Promise<number> {
  const { forgetUpload } = await import('../../index.js')
  await forgetUpload(id, { stateFolder: stateFolder(io.env) })
  const renderer = await chooseVoice(flags, io)
  renderer.say(`${id} is forgotten here; what the server has of it stays there`)
  const nothing = { results: [], error: null, sandbox: false }
  return (await conclude(io, { ...nothing, flags, renderer, answer: createAnswer(io.stdout) })).exitCode
}

/** Columns with tabs between them, the id first. */
function lineOf(upload: UnfinishedUpload, now: number = Date.now()): string {
  const { uploadId, source, updatedAt, pid, command } = upload
  const age = `${formatDuration(Math.max(0, now - Date.parse(updatedAt)))} ago`
  const state = pid === null ? age : `under way (process ${pid})`
  return [uploadId, source, howMuch(upload), state, command].map(safeText).join('\t')
}

function howMuch({ bytes, bytesSent, parts, partsSent }: UnfinishedUpload): string {
  if (bytes === null || bytesSent === null) return 'fetched by the server'
  return `${partsSent} of ${parts} parts, ${formatBytes(bytesSent)} of ${formatBytes(bytes)}`
}
