/** The command: argv in, exit code out. */
import { version } from '../wire/version.js'
import { type Io, processIo } from './io.js'

/** Resolves to the exit code once all is written; nothing is left running then. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  io.stderr.on('error', () => {}) // nobody reads the conversation: that is no reason to end it
  try {
    return isVersion(argv) ? await print(`${version}\n`, io) : await run(argv, io)
  } catch (thrown) {
    return fail(thrown, argv, io)
  }
}

/** The fast path: it needs no parser. */
const isVersion = ([word, ...rest]: readonly string[]) => rest.length === 0 && (word === '--version' || word === '-V')

async function run(argv: readonly string[], io: Io): Promise<number> {
  const { parseLine } = await import('./parse.js')
  const parsed = parseLine(argv, version)
  switch (parsed.run) {
    case 'print':
      return print(parsed.text, io)
    case 'upload': {
      const { runUpload } = await import('./commands/upload.js')
      return runUpload(parsed.sources, parsed.flags, io)
    }
    case 'status': {
      if (parsed.id === '') return (await import('./commands/unfinished.js')).runUnfinished(parsed.flags, io)
      return (await import('./commands/follow.js')).runFollow('status', parsed.id, parsed.flags, io)
    }
    case 'wait':
      return (await import('./commands/follow.js')).runFollow('wait', parsed.id, parsed.flags, io)
    case 'forget':
      return (await import('./commands/unfinished.js')).runForget(parsed.id, parsed.flags, io)
    case 'sandbox': {
      const { runSandbox } = await import('./commands/sandbox.js')
      return runSandbox(parsed.command, io)
    }
    case 'doctor':
      return (await import('./commands/doctor.js')).runDoctor(parsed.flags, io)
    case 'completion': {
      const { completionFor } = await import('./completion/script.js')
      return print(completionFor(parsed.shell, io.env), io)
    }
  }
}

/** Loads nothing, but where it fails. */
async function print(text: string, io: Io): Promise<number> {
  io.stdout.on('error', () => {}) // the write reports its own
  const error = await new Promise<Error | null>((resolve) => {
    io.stdout.write(text, (failure) => resolve(failure ?? null))
  })
  const meant = error === null ? null : (await import('./answer.js')).stdoutError(error)
  if (meant) throw meant
  return 0
}

/** What went wrong before a command had a voice of its own. */
async function fail(thrown: unknown, argv: readonly string[], io: Io): Promise<number> {
  const [{ asUploadError }, { createAnswer }, { conclude }, { chooseVoice, roughFlags }] = await Promise.all([
    import('../errors.js'),
    import('./answer.js'),
    import('./conclude.js'),
    import('./voice.js'),
  ])
  const flags = roughFlags(argv)
  const renderer = await chooseVoice(flags, io)
  const answer = createAnswer(io.stdout)
  const error = asUploadError(thrown)
  return (await conclude(io, { flags, renderer, answer, results: [], error, sandbox: false })).exitCode
}
