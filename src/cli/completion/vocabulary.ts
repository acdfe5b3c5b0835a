/** All words that the command line can hold, read off the parser and the table of options. */
import type { Argument, Command, Option } from 'commander'
import { type OptionRow, optionTable } from '../options.js'
import { createProgram } from '../parse.js'

/** What follows an option, or stands on its own. */
export interface ValueWords {
  /** As the help calls it. */
  label: string
  takes: 'text' | 'choice' | 'file' | 'folder' | 'id'
  /** Of `choice`, where there may be other values too. */
  choices: readonly string[]
}

export interface OptionWords {
  /** With their dashes, the short one first. */
  names: readonly string[]
  does: string
  /** Null: it stands alone. */
  value: ValueWords | null
}

export interface CommandWords {
  name: string
  does: string
  options: readonly OptionWords[]
  /** What it is about; null: nothing but options, or what follows `--`. */
  about: ValueWords | null
}

export interface Vocabulary {
  /** The command that has no name. */
  main: CommandWords
  /** Those that do. */
  others: readonly CommandWords[]
}

export function readVocabulary(program: Command = createProgram('', () => {})): Vocabulary {
  return { main: commandWords(program), others: program.createHelp().visibleCommands(program).map(commandWords) }
}

function commandWords(command: Command): CommandWords {
  const [about] = command.registeredArguments
  return {
    name: command.name(),
    does: command.description(),
    options: command.createHelp().visibleOptions(command).map(optionWords),
    about: about === undefined ? null : aboutWords(about),
  }
}

function aboutWords(argument: Argument): ValueWords {
  const label = argument.name()
  if (argument.argChoices) return { label, takes: 'choice', choices: argument.argChoices }
  return { label, takes: label === 'uploadId' ? 'id' : 'file', choices: [] }
}

function optionWords({ flags, short, long, description, required }: Option): OptionWords {
  const names = [short, long].filter((name) => name !== undefined)
  return { names, does: description, value: required ? valueWords(flags) : null }
}

function valueWords(flags: string): ValueWords {
  const row: OptionRow | undefined = optionTable.find((each) => each.flags === flags)
  const choices = row?.choices ?? []
  const label = /<(.+)>/.exec(flags)?.[1] ?? ''
  return { label, takes: choices.length > 0 ? 'choice' : (row?.takes ?? 'text'), choices }
}

/** Every option once, whichever commands take it. */
export function allOptions({ main, others }: Vocabulary): OptionWords[] {
  const options = [main, ...others].flatMap((command) => command.options)
  return [...new Map(options.map((option) => [option.names.join(), option])).values()]
}

/** The names of all options that a value follows. */
export const namesWithValue = (vocabulary: Vocabulary): string[] =>
  allOptions(vocabulary).flatMap(({ names, value }) => (value ? names : []))
