/** What to do about a path that is not there: often it was never meant as a path. */
import { commandNames } from '../core/commands.js'
import { slipsBetween } from '../core/suggest.js'

const others: readonly { like: RegExp; hint: string }[] = [
  { like: /^help$/i, hint: 'Run `scenario-upload --help`.' },
  { like: /^version$/i, hint: 'Run `scenario-upload --version`.' },
  { like: /^upload$/i, hint: 'Leave the word out: without a command, `scenario-upload hero.png` uploads.' },
  { like: /^upload_\w+$/, hint: 'If it is the id of an upload, run `scenario-upload status <uploadId>`.' },
  { like: /^'.*'$/s, hint: 'Use double quotes: to cmd.exe, single ones are a part of the name.' },
  {
    like: /\uFFFD/,
    hint: 'Rename the file: where \uFFFD stands, its name is not valid UTF-8, and such a name cannot be opened.',
  },
  { like: /^~[\\/]/, hint: 'Write the folder out: `~` is known to shells alone, and outside of quotes.' },
  {
    like: /^(?:www\.|[\w.-]+\.(?:com|org|net|io|ai|co)\/)/i,
    hint: 'If it is a web address, write it with `https://`; if it is a file, check the path.',
  },
  {
    // One that ends as files do is a file's.
    like: /^\w[\w.-]*\/(?!.*\.[a-z]\w{1,10}$)\w[\w.-]*$/i,
    hint: 'If it is a model on Hugging Face, write `hf:` before it; if it is a file, check the path.',
  },
]

/** Undefined: nothing is known but that it is not there. */
export function missingHint(shown: string): string | undefined {
  const command = commandNames.find((name) => slipsBetween(shown.toLowerCase(), name) <= 1)
  const hint = `Did you mean \`scenario-upload ${command}\`?`
  return command === undefined ? others.find(({ like }) => like.test(shown))?.hint : hint
}
