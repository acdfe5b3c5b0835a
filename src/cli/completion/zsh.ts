/** Completion for zsh: to be sourced, or kept as `_scenario-upload` in a folder of `fpath`. */
import { type CommandWords, namesWithValue, type OptionWords, type ValueWords, type Vocabulary } from './vocabulary.js'

export const zshScript = (vocabulary: Vocabulary): string => `#compdef scenario-upload
# Completion of scenario-upload.

_scenario_upload_ids() {
  local line
  local -a ids
  for line in \${(f)"$(_call_program ids scenario-upload status 2>/dev/null </dev/null)"}; do
    ids+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${\${line#*$'\\t'}//$'\\t'/, }")
  done
  _describe -t ids 'unfinished upload' ids
}

_scenario_upload_first() {
  local -i missing=1
  local -a commands=(
${vocabulary.others.map(({ name, does }) => `    ${quoted(`${name}:${does}`)}`).join('\n')}
  )
  _describe -t commands command commands && missing=0
  _files && missing=0
  return missing
}

_scenario_upload() {
  local command=''
  local -i i
  for (( i = 2; i < CURRENT; i++ )); do
    case $words[i] in
      (--) _files; return ;;
      (${namesWithValue(vocabulary).join('|')}) (( i++ )) ;;
      (-?*) ;;
      (*) [[ -n $command ]] || command=$words[i] ;;
    esac
  done

  case $command in
${vocabulary.others.map((command) => `    (${command.name})\n${argumentsOf(command, ["'1: :'", ...aboutSpec(command)])}\n      ;;`).join('\n')}
    (*)
${argumentsOf(vocabulary.main, ["'1: :_scenario_upload_first'", "'*:source:_files'"])}
      ;;
  esac
}

if [[ $funcstack[1] == _scenario-upload ]]; then
  _scenario_upload "$@"
else
  compdef _scenario_upload scenario-upload
fi
`

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

const argumentsOf = ({ options }: CommandWords, rest: readonly string[]) =>
  ['      _arguments -s -S', ...options.flatMap(optionSpecs), ...rest].join(' \\\n        ')

const aboutSpec = ({ about }: CommandWords) => (about === null ? [] : [quoted(`2:${about.label}:${action(about)}`)])

/** An option with a value may come again, since many are repeatable; one without a value is offered once. */
function optionSpecs({ names, does, value }: OptionWords): string[] {
  const told = `[${does.replaceAll(/[[\]\\]/g, '\\$&')}]`
  const once = names.length > 1 ? `(${names.join(' ')})` : ''
  if (value === null) return names.map((name) => quoted(`${once}${name}${told}`))
  const what = `:${value.label.replaceAll(':', '\\:')}:${action(value)}`
  return names.map((name) => quoted(`*${name}${name.startsWith('--') ? '=' : '+'}${told}${what}`))
}

function action({ takes, choices }: ValueWords): string {
  const actions = {
    text: ' ',
    choice: `(${choices.join(' ')})`,
    file: '_files',
    folder: '_files -/',
    id: '_scenario_upload_ids',
  } as const satisfies Record<ValueWords['takes'], string>
  return actions[takes]
}
