/** `doctor`: what an upload would need, a line each on stdout, with the action to take for what is not well. */
import { asUploadError, type UploadError } from '../../errors.js'
import type { Check, DiagnoseOptions, UploadEvent } from '../../index.js'
import { createAnswer } from '../answer.js'
import { conclude } from '../conclude.js'
import { discretionIn } from '../discreet.js'
import type { Io } from '../io.js'
import type { Flags } from '../options.js'
import { connectionFrom, scenario, stateFolder } from '../place.js'
import { checkLines } from '../render/check-lines.js'
import { interruption } from '../signals.js'
import { styleFor } from '../style.js'
import { terminalCheck } from '../terminal-check.js'
import { chooseVoice, colorsOn, glyphsFor } from '../voice.js'

export async function runDoctor(flags: Flags, io: Io): Promise<number> {
  const { signal, clearing, release } = interruption(io)
  const renderer = await chooseVoice(flags, io)
  clearing(() => renderer.stop())
  const answer = createAnswer(io.stdout)
  const style = styleFor(colorsOn(io.stdout, flags.color, io.env), glyphsFor(io.stdout, io))
  const checks: Check[] = []
  const seen = { sandbox: false }
  const { fields } = discretionIn(io.env)
  const onCheck = (found: Check) => {
    const check = fields(found)
    checks.push(check)
    if (!flags.json && !(flags.quiet && check.ok)) answer.write(checkLines(check, style))
  }
  const onEvent = (event: UploadEvent) => {
    if (event.event === 'note' && event.sandbox) seen.sandbox = true
    renderer.hear(event)
  }
  try {
    const connection = connectionFrom(flags, scenario, io.env)
    const own = { stateFolder: stateFolder(io.env), environment: io.env, signal, onEvent, onCheck }
    const { error, told } = await examined({ ...connection, ...own })
    if (told) onCheck(terminalCheck(flags, io))
    const ended = { results: [], error, told: told && !flags.json && flags.progress !== 'json' }
    return (await conclude(io, { ...ended, checks, sandbox: seen.sandbox, flags, renderer, answer })).exitCode
  } finally {
    release()
    renderer.stop()
  }
}

interface Examined {
  error: UploadError | null
  /** It is the error of a check, whose line has said it all. */
  told: boolean
}

async function examined(options: DiagnoseOptions): Promise<Examined> {
  const { diagnose } = await import('../../index.js')
  try {
    return { error: (await diagnose(options)).error, told: true }
  } catch (thrown) {
    return { error: asUploadError(thrown), told: false }
  }
}
