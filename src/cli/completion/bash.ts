/** Completion for bash 3.2 and later, with bash-completion or without. */

import type { CommandWords, OptionWords, ValueWords, Vocabulary } from './vocabulary.js'
import { allOptions, namesWithValue } from './vocabulary.js'

export const bashScript = (vocabulary: Vocabulary): string => `# shellcheck shell=bash
# Completion of scenario-upload. Where COMPREPLY stays empty, bash completes the names of files by itself.

# Offers those of the words that go on from what is typed, without what bash has cut off of it; and no files.
_scenario_upload_offer() {
  local whole word
  compopt +o default +o bashdefault 2>/dev/null
  for word in "$@"; do
    whole=$prefix$word
    [[ $whole != "$cur"* ]] || COMPREPLY+=("\${whole#"$lead"}")
  done
}

_scenario_upload_ids() {
  local id rest
  _scenario_upload_offer
  while IFS=$'\\t' read -r id rest; do
    _scenario_upload_offer "$id"
  done < <(scenario-upload status 2>/dev/null </dev/null)
}

_scenario_upload() {
  local command='' cur fragment glued='' i lead mark='^[=:]+$' option='' prefix='' rest=0 word
  local -a words=()
  COMPREPLY=()

  # Bash cuts words at = and :, and here they are put together again.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#words[@]} -gt 0 && ($glued || $word =~ $mark) ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word =~ $mark ]]; then glued=yes; else glued=''; fi
  done

  for ((i = 0; i < \${#words[@]} - 1; i++)); do
    case \${words[i]} in
      --) return ;;
      ${namesWithValue(vocabulary).join(' | ')})
        ((++i < \${#words[@]} - 1)) || option=\${words[i - 1]}
        ;;
      -?*) ;;
      *) if [[ $command ]]; then ((++rest)); else command=\${words[i]}; fi ;;
    esac
  done

  cur=\${words[\${#words[@]} - 1]}
  fragment=\${COMP_WORDS[COMP_CWORD]}
  [[ ! $fragment =~ $mark ]] || fragment=''
  lead=\${cur%"$fragment"}
  if [[ ! $option && $cur == --*=* ]]; then
    option=\${cur%%=*}
    prefix=$option=
  fi

  case $option in
    '') ;;
${allOptions(vocabulary).flatMap(valueCase).join('\n')}
    *) _scenario_upload_offer ;;
  esac
  [[ ! $option ]] || return

  if [[ $cur == -* ]]; then
    case $command in
${vocabulary.others.map((command) => `      ${command.name}) ${optionsLine(command)} ;;`).join('\n')}
      *) ${optionsLine(vocabulary.main)} ;;
    esac
    return
  fi

  case $command in
    '')
      _scenario_upload_offer ${vocabulary.others.map(({ name }) => name).join(' ')}
      compopt -o bashdefault -o default -o filenames 2>/dev/null
      [[ \${#COMPREPLY[@]} -gt 0 ]] || return
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
      ;;
${vocabulary.others.map((command) => `    ${command.name}) ${aboutLine(command)} ;;`).join('\n')}
  esac
}

complete -o bashdefault -o default -F _scenario_upload scenario-upload
`

const offer = (words: readonly string[]) => `_scenario_upload_offer ${words.join(' ')}`

const optionsLine = ({ options }: CommandWords) => offer(options.flatMap(({ names }) => names))

/** An option of which nothing is known to offer is left to the case of the rest. */
function valueCase({ names, value }: OptionWords): string[] {
  return value === null || value.takes === 'text' ? [] : [`    ${names.join(' | ')}) ${valueLine(value)} ;;`]
}

function valueLine({ takes, choices }: ValueWords): string {
  if (takes === 'choice') return offer(choices)
  if (takes === 'id') return '_scenario_upload_ids'
  return takes === 'folder' ? 'compopt -o dirnames +o default +o bashdefault 2>/dev/null' : 'return'
}

const aboutLine = ({ about }: CommandWords) =>
  about === null ? '_scenario_upload_offer' : `if ((rest)); then _scenario_upload_offer; else ${valueLine(about)}; fi`
