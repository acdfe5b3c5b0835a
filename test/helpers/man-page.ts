/** The manual page, made of the parser, the table of options, the table of errors, and what the README says. */
import { type OptionWords, readVocabulary } from '../../src/cli/completion/vocabulary.js'
import { examples } from '../../src/cli/help.js'
import { type OptionRow, optionTable } from '../../src/cli/options.js'
import { createProgram } from '../../src/cli/parse.js'
import { errorTable } from '../../src/errors.js'
import { environment, exitCodes } from './manual.js'

export function manPage(version: string): string {
  const { main, others } = readVocabulary()
  const usual = main.options
    .filter(({ names }) => names.includes('--help') || names.includes('--version'))
    .flatMap(usualEntry)
  const lines = [
    `.TH SCENARIO\\-UPLOAD 1 "" "scenario\\-upload ${version}" "User Commands"`,
    ...section('NAME', `scenario\\-upload \\- ${roff('upload files, models and links to Scenario')}`),
    ...section(
      'SYNOPSIS',
      ...synopses()
        .flatMap((line) => ['.P', bold(line)])
        .slice(1),
    ),
    ...section('DESCRIPTION', ...description.flatMap((text) => ['.P', roff(text)]).slice(1)),
    ...section('COMMANDS', ...others.flatMap(({ name, does }) => entry(bold(name), does))),
    ...section(
      'OPTIONS',
      ...groups().flatMap(([name, rows]) => [`.SS ${name}`, ...rows.flatMap(optionEntry)]),
      ...usual,
    ),
    ...section('EXIT STATUS', ...exitCodes.flatMap(({ exit, meaning }) => entry(bold(exit), meaning))),
    ...section(
      'ERRORS',
      roff('What happened is said on stderr, with a hint; with `--json` it stands in `error`.'),
      ...errors(),
    ),
    ...section('ENVIRONMENT', ...environment.flatMap(({ names, does }) => entry(names.map(bold).join(', '), does))),
    ...section('FILES', ...files.flatMap(([path, does]) => entry(`\\fI${literal(path)}\\fR`, does))),
    ...section('EXAMPLES', '.nf', ...examples.map(literal), '.fi'),
  ]
  return `${lines.join('\n')}\n`
}

function synopses(): string[] {
  const program = createProgram('', () => {})
  return [program, ...program.commands].map((command) => command.createHelp().commandUsage(command))
}

const description = [
  'Uploads what it is pointed at, waits for its import, and prints one id a line on standard output, in the order given.',
  'A source is the path of a file, `-` for standard input (with `--name`), the address of a file on the web, `hf:owner/name` or `civitai:…`. A file that is named like a command is `./status`; after `--` every word is a source.',
  'Whatever ends it, the same command goes on with the parts that are missing. Sizes are `8MiB`, `10MB` or plain bytes, durations `30s`, `10m` or `2h`.',
] as const

const files = [
  ['~/.local/state/scenario-upload', 'what is remembered of unfinished uploads, unless XDG_STATE_HOME is set'],
] as const

const section = (title: string, ...lines: string[]) => [`.SH ${title}`, ...lines]

const entry = (term: string, text: string) => ['.TP', term, roff(text)]

const usualEntry = ({ names, does }: OptionWords) => entry(bold(names.join(', ')), does)

function groups(): [string, OptionRow[]][] {
  const names = new Set(optionTable.map(({ group }) => group))
  return [...names].map((name) => [name, optionTable.filter(({ group }) => group === name)])
}

function optionEntry({ flags, does, on }: OptionRow): string[] {
  const others = on.filter((name) => name !== 'upload')
  return entry(bold(flags), others.length === 0 ? does : `${does} (also ${others.join(', ')})`)
}

const errors = () =>
  Object.entries(errorTable).flatMap(([code, { exitCode, meaning, hint }]) =>
    entry(`${bold(code)} (exit ${exitCode})`, `${meaning} ${hint}`),
  )

const bold = (text: string) => `\\fB${literal(text)}\\fR`

/** Prose: what stands between backticks is bold. */
const roff = (text: string) =>
  text
    .split('`')
    .map((piece, index) => (index % 2 === 1 ? bold(piece) : escaped(piece)))
    .join('')

/** As it is to be typed: a hyphen must not become a dash, nor an apostrophe a quotation mark. */
const literal = (text: string) => escaped(text).replaceAll('-', '\\-').replaceAll("'", '\\(aq')

const escaped = (text: string) =>
  text
    .replaceAll('\\', '\\e')
    .replace(/^[.']/, '\\&$&')
    .replaceAll(
      /[^\x20-\x7e]/gu,
      (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
