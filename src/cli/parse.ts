/** From the words on the line to a command to run; all that is wrong with them is a usage error. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { usageError } from '../errors.js'
import { refuseBareCommand } from './bare-command.js'
import { shells } from './completion/shells.js'
import { about, afterHelp } from './help.js'
import { type CommandName, type Flags, type OptionRow, optionTable } from './options.js'

/** A source as the library takes it. */
export type GivenSource = string | GivenByOption
type GivenByOption = { filesFrom: string } | { url: string } | { huggingface: string } | { civitai: string }

export type Parsed =
  | { run: 'print'; text: string }
  | { run: 'upload'; sources: GivenSource[]; flags: Flags }
  /** `status` without an id is about all that is unfinished here. */
  | { run: 'status' | 'wait' | 'forget'; id: string; flags: Flags }
  | { run: 'sandbox'; command: string[]; flags: Flags }
  | { run: 'doctor'; flags: Flags }
  /** Empty: none was named. */
  | { run: 'completion'; shell: string }

/** The command tree of commander's, whose actions only note what they were given. */
export function createProgram(
  version: string,
  note: (parsed: Parsed) => void,
  byOption: GivenByOption[] = [],
): Command {
  const program = new Command('scenario-upload')
    .description(about.upload)
    .usage('[options] <source...>')
    .argument('[source...]', 'what to upload')
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', afterHelp.upload)
    .exitOverride()
  for (const row of optionTable) program.addOption(optionOf(row, byOption))
  program.version(version, '-V, --version', 'print the version')
  program.action((sources: string[]) => {
    note({ run: 'upload', sources: [...sources, ...listsFirst(byOption)], flags: flagsFor('upload', program) })
  })
  for (const name of ['status', 'wait', 'forget'] as const) {
    subCommand(program, name)
      .usage(name === 'status' ? '[options] [uploadId]' : '[options] <uploadId>')
      .argument('[uploadId]', 'as a former upload printed it')
      .action((id?: string) => {
        // As of a variable that a script left empty: not the same as no word at all.
        if (id === '') throw notOneId(name)
        note({ run: name, id: id ?? '', flags: flagsFor(name, program) })
      })
  }
  subCommand(program, 'sandbox')
    .usage('[-- command...]')
    .addHelpText('after', afterHelp.sandbox)
    .action(() => note({ run: 'sandbox', command: [], flags: flagsFor('sandbox', program) }))
  subCommand(program, 'doctor')
    .usage('[options]')
    .action(() => note({ run: 'doctor', flags: flagsFor('doctor', program) }))
  subCommand(program, 'completion')
    .usage(`<${shells.join('|')}>`)
    .addArgument(new Argument('[shell]', 'the shell').choices(shells).argParser((shell: string) => shell))
    .action((shell = '') => {
      flagsFor('completion', program)
      note({ run: 'completion', shell })
    })
  return program
}

function subCommand(program: Command, name: Exclude<CommandName, 'upload'>): Command {
  const command = program
    .command(name)
    .description(about[name])
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
  // For its help only: the program above it has taken the options out of the line before.
  for (const row of rowsOf(name)) command.addOption(optionOf(row, []))
  return command
}

const rowsOf = (name: CommandName): OptionRow[] => optionTable.filter((row: OptionRow) => row.on.includes(name))

/** Whatever their order on the line. */
const listsFirst = (sources: readonly GivenByOption[]) => [
  ...sources.filter((source) => 'filesFrom' in source),
  ...sources.filter((source) => !('filesFrom' in source)),
]

function optionOf(row: OptionRow, byOption: GivenByOption[]): Option {
  const { flags, does, group, parse, source } = row
  const option = new Option(flags, does).helpGroup(`${group}:`)
  if (source !== undefined) return option.argParser((word: string) => void byOption.push(givenBy(source, word)))
  return parse ? option.argParser(parse) : option
}

function givenBy(source: NonNullable<OptionRow['source']>, word: string): GivenByOption {
  switch (source) {
    case 'filesFrom':
      return { filesFrom: word }
    case 'url':
      return { url: word }
    case 'huggingface':
      return { huggingface: word }
    case 'civitai':
      return { civitai: word }
  }
}

/** The options that were given, each of which must be one that the command takes. */
function flagsFor(name: CommandName, program: Command): Flags {
  const taken = new Set(rowsOf(name).map(({ flags }) => new Option(flags).attributeName()))
  const given = program.options.filter((option) => program.getOptionValueSource(option.attributeName()) === 'cli')
  const stray = given.find((option) => !taken.has(option.attributeName()))
  if (stray) {
    const hint = `Leave \`${stray.long}\` out; \`scenario-upload ${name} --help\` shows what goes with it.`
    throw usageError(`${stray.long} does not go with ${name}`, hint)
  }
  return program.opts<Flags>()
}

/** What follows `--` is never an option or the name of a command. */
export function parseLine(argv: readonly string[], version: string): Parsed {
  const cut = argv.indexOf('--')
  const [head, tail] = cut < 0 ? [argv, []] : [argv.slice(0, cut), argv.slice(cut + 1)]
  refuseBareCommand(head)
  const noted: Parsed[] = []
  const printed: string[] = []
  const byOption: GivenByOption[] = []
  const program = createProgram(version, (parsed) => noted.push(parsed), byOption)
  const quiet = { writeOut: (text: string) => printed.push(text), writeErr: () => {} }
  for (const command of [program, ...program.commands]) command.configureOutput(quiet)
  try {
    program.parse(head, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return afterExit(error, printed)
    throw error
  }
  const [parsed] = noted
  if (!parsed) throw usageError('nothing to do', 'Run `scenario-upload --help`.')
  return withTail(parsed, tail, byOption.length)
}

function withTail(parsed: Parsed, tail: string[], byOption: number): Parsed {
  switch (parsed.run) {
    case 'print':
      return parsed
    case 'completion':
      return { ...parsed, shell: [parsed.shell, ...tail].filter((word) => word !== '').join(' ') }
    case 'sandbox':
      return { ...parsed, command: tail }
    case 'doctor':
      if (tail.length > 0) throw usageError('doctor takes no words', 'Run `scenario-upload doctor`.')
      return parsed
    case 'status':
    case 'wait':
    case 'forget':
      return { ...parsed, id: onlyId(parsed, tail) }
    case 'upload': {
      const positionals = parsed.sources.length - byOption
      return { ...parsed, sources: parsed.sources.toSpliced(positionals, 0, ...tail) }
    }
  }
}

function onlyId({ run, id }: { run: string; id: string }, tail: readonly string[]): string {
  const words = id === '' ? tail : [id, ...tail]
  const [only = ''] = words
  if (words.length === 0 && run === 'status') return only
  if (words.length === 1 && only !== '') return only
  throw notOneId(run)
}

const notOneId = (run: string) =>
  usageError(`${run} takes the id of one upload`, `Run \`scenario-upload ${run} <uploadId>\`.`)

/** Help and version are no errors; all else that commander says is a usage error, with its own suggestion as the hint. */
function afterExit(error: CommanderError, printed: string[]): Parsed {
  if (error.exitCode === 0) return { run: 'print', text: printed.join('') }
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const meant = /Did you mean (?:one of )?(.*?)\?/.exec(rest.join(' '))?.[1]?.split(', ')
  throw usageError(
    message.replaceAll("'", '`'),
    meant === undefined
      ? wayOut(error.code, message)
      : `Did you mean ${meant.map((word) => `\`${word}\``).join(' or ')}?`,
  )
}

/** What to do about a line that commander does not understand, where it knows no better word itself. */
function wayOut(code: string, message: string): string {
  const [, quoted = ''] = /'(.*?)'/.exec(message) ?? []
  if (code === 'commander.optionMissingArgument') return `Give it a value: \`${quoted.split(', ').at(-1)}\`.`
  if (code === 'commander.excessArguments') return `Run \`scenario-upload ${quoted} --help\`.`
  if (code !== 'commander.unknownOption') return 'Run `scenario-upload --help` for the options.'
  if (quoted === '-v') return 'Did you mean `-V`, for the version, or `--verbose`?'
  return `Run \`scenario-upload --help\` for the options; if it is a file, write \`scenario-upload -- ${quoted}\`.`
}
