/** What the help says beside the table of options. */
import type { CommandName } from './options.js'

export const about = {
  upload: 'Upload files, models and links to Scenario. The ids are printed on stdout, one a line.',
  status: 'Look once at an upload; without an id, list the unfinished uploads of this machine.',
  wait: 'Wait until an upload ends.',
  forget: 'Drop what this machine remembers of an unfinished upload.',
  sandbox: 'Keep a local stand-in of Scenario running, or run a command against one.',
  doctor: 'Look at what an upload needs, and say what to do about what is not well.',
  completion: 'Print what makes a shell complete the words of this command.',
} as const satisfies Record<CommandName, string>

/** In double quotes, which cmd.exe knows too. */
export const examples = [
  'scenario-upload hero.png --sandbox',
  'scenario-upload hero.png theme.mp3 castle.glb',
  'scenario-upload -r art --exclude "*.psd"',
  'scenario-upload hf:stabilityai/sdxl',
  'scenario-upload dataset.zip --kind model --until imported --json',
] as const

export const afterHelp = {
  upload: `
Sources:
  hero.png                     a file
  art                          a folder, with -r
  "art/**/*.png"               all files that match: quoted, so that the shell
                               leaves it alone
  -                            standard input, with --name
  https://…                    a web address: the server fetches it
  hf:owner/name                a Hugging Face model
  civitai:370194               a Civitai model

Examples:
${examples.map((line) => `  ${line}`).join('\n')}

Credentials: SCENARIO_SDK_API_KEY and SCENARIO_SDK_API_SECRET, in the
environment. Without an account, --sandbox shows what an upload is like.
If something does not work: scenario-upload doctor`,
  sandbox: `
Examples:
  scenario-upload sandbox -- scenario-upload hero.png
  scenario-upload sandbox      prints what to export in another terminal`,
} as const
