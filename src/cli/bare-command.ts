/** A command for the sandbox without the `--` before it. */
import { Command, Option } from 'commander'
import { usageError } from '../errors.js'
import { optionTable } from './options.js'

/** Its options would be taken for ours. */
export function refuseBareCommand(words: readonly string[]): void {
  const at = words.findIndex((word, index) => word === 'sandbox' && operandsOf(words.slice(0, index + 1))[0] === word)
  // One more word, for an option at the end that lacks its value.
  if (at < 0 || operandsOf([...words, '']).filter((word) => word !== '').length < 2) return
  throw usageError(
    'the command of sandbox stands after `--`',
    `Run \`scenario-upload sandbox -- ${words.slice(at + 1).join(' ')}\`.`,
  )
}

/** The words that are no option and no value of one, whatever the values are worth; none after an unknown option. */
function operandsOf(words: readonly string[]): string[] {
  const program = new Command()
  for (const { flags } of optionTable) program.addOption(new Option(flags))
  return program.parseOptions([...words]).operands
}
