/** Looks at an upload that another command began: `status` once, `wait` until it ends. */
import { asUploadError, type UploadError } from '../../errors.js'
import type { UploadEvent, UploadResult } from '../../index.js'
import { createAnswer } from '../answer.js'
import { conclude } from '../conclude.js'
import { lineOf } from '../conclusion.js'
import type { Io } from '../io.js'
import type { Flags } from '../options.js'
import { connectionFrom, scenario, stateFolder } from '../place.js'
import { statusLine } from '../render/words.js'
import { interruption } from '../signals.js'
import { chooseVoice } from '../voice.js'

export async function runFollow(how: 'status' | 'wait', id: string, flags: Flags, io: Io): Promise<number> {
  const { signal, clearing, release } = interruption(io)
  const renderer = await chooseVoice(flags, io)
  clearing(() => renderer.stop())
  const answer = createAnswer(io.stdout)
  const about = { index: 0, source: id }
  const seen = { sandbox: false }
  const onEvent = (event: UploadEvent) => {
    if (event.event === 'note' && event.sandbox) seen.sandbox = true
    renderer.hear(event)
  }
  try {
    const { forgetUpload, getUpload, waitForUpload } = await import('../../index.js')
    const connection = { ...connectionFrom(flags, scenario, io.env), signal, onEvent }
    const { until, timeout, retryFor, stallTimeout } = flags
    const folder = stateFolder(io.env)
    const patient = { ...connection, retryFor, stallTimeout }
    const ended = await settled(
      how === 'status'
        ? getUpload(id, patient)
        : waitForUpload(id, { ...patient, until, timeout, stateFolder: folder }),
    )
    renderer.stop()
    for (const result of ended.results) {
      const { error, ...known } = result
      if (error) renderer.hear({ event: 'error', ...error.toJSON(), ...about })
      // For people, the line says more; `status` is no end.
      else if (how === 'wait' && flags.progress === 'json') renderer.hear({ event: 'done', ...known, ...about })
      else renderer.say(statusLine(result))
      if (!flags.json) answer.write(lineOf(result))
    }
    const { exitCode, written } = await conclude(io, { ...ended, flags, renderer, answer, sandbox: seen.sandbox })
    const over = written && ended.results.some(({ status, entityId }) => status === 'failed' || entityId !== null)
    // What has ended is unfinished no more. Whether it was ever kept here is another matter.
    if (over) await forgetUpload(id, { stateFolder: folder }).catch(() => {})
    return exitCode
  } finally {
    release()
    renderer.stop()
  }
}

/** An error that knows how far the upload came stands in the results, any other one before them. */
async function settled(look: Promise<UploadResult>): Promise<{ results: UploadResult[]; error: UploadError | null }> {
  try {
    return { results: [await look], error: null }
  } catch (thrown) {
    const error = asUploadError(thrown)
    return error.result ? { results: [error.result], error: null } : { results: [], error }
  }
}
