/** Completion for fish. */

import type { CommandWords, OptionWords, ValueWords, Vocabulary } from './vocabulary.js'
import { allOptions, namesWithValue } from './vocabulary.js'

export const fishScript = (vocabulary: Vocabulary): string => `# Completion of scenario-upload.

# What the line is about so far: a command, "source", "first" where nothing is named yet, or "files" after --;
# then the words that follow the command.
function __scenario_upload_line
    set -l words (commandline -opc)
    set -l about first
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --
                echo files
                return
            case ${namesWithValue(vocabulary).join(' ')}
                set -e words[1]
            case '-*'
                test $words[1] = - -a "$about" = first; and set about source
            case ${vocabulary.others.map(({ name }) => name).join(' ')}
                test "$about" = first; and set about $words[1]; or set -a about $words[1]
            case '*'
                test "$about" = first; and set about source; or set -a about $words[1]
        end
        set -e words[1]
    end
    printf '%s\\n' $about
end

function __scenario_upload_on
    set -l about (__scenario_upload_line)
    contains -- $about[1] $argv
end

# The command, and the one word that it takes is still to come.
function __scenario_upload_bare
    set -l about (__scenario_upload_line)
    test (count $about) -eq 1; and contains -- $about[1] $argv
end

# fish tells an id from its description by the tab between them.
function __scenario_upload_ids
    scenario-upload status 2>/dev/null </dev/null | string replace -r '\\t([^\\t]*)\\t([^\\t]*).*' '\\t$1, $2'
end

${[...commandLines(vocabulary), ...optionLines(vocabulary)].join('\n')}
`

const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

function commandLines({ others }: Vocabulary): string[] {
  return others.flatMap(({ name, does, about }) => [
    complete('first', `-a ${name} -d ${quoted(does)}`),
    complete(name, '-f'),
    ...(about === null ? [] : [complete(name, valueWords(about), 'bare')]),
  ])
}

const optionLines = (vocabulary: Vocabulary): string[] =>
  allOptions(vocabulary).map((option) => complete(commandsWith(option, vocabulary), optionWords(option)))

const complete = (commands: string, words: string, condition: 'on' | 'bare' = 'on') =>
  `complete -c scenario-upload -n '__scenario_upload_${condition} ${commands}' ${words}`

function commandsWith(option: OptionWords, { main, others }: Vocabulary): string {
  const takes = ({ options }: CommandWords) => options.some(({ names }) => names.join() === option.names.join())
  return [...(takes(main) ? ['first', 'source'] : []), ...others.filter(takes).map(({ name }) => name)].join(' ')
}

function optionWords({ names, does, value }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  return [...flags, ...(value === null ? [] : [valueWords(value)]), '-d', quoted(does)].join(' ')
}

/**
 * Without a description of its own, fish would say of each choice what it says of the option. It reads these words as
 * it reads a line that is typed: a `|` in a label would be a pipe.
 */
function valueWords({ label, takes, choices }: ValueWords): string {
  const words = {
    text: '-x',
    choice: `-x -a '${choices.map((choice) => `${choice}\\t${label.replaceAll(/[^\w-]/g, '\\$&')}`).join(' ')}'`,
    file: '-r -F',
    folder: "-x -a '(__fish_complete_directories)'",
    id: "-x -a '(__scenario_upload_ids)'",
  } as const satisfies Record<ValueWords['takes'], string>
  return words[takes]
}
