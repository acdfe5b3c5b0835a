/** `completion`: which shell is meant, and that each script has every word that the parser knows. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Command, Option } from 'commander'
import { bashScript } from '../src/cli/completion/bash.js'
import { fishScript } from '../src/cli/completion/fish.js'
import { completionFor } from '../src/cli/completion/script.js'
import { shellNamed, shells } from '../src/cli/completion/shells.js'
import { readVocabulary } from '../src/cli/completion/vocabulary.js'
import { zshScript } from '../src/cli/completion/zsh.js'
import { optionTable } from '../src/cli/options.js'
import { createProgram } from '../src/cli/parse.js'
import { kinds } from '../src/core/kinds.js'
import { UploadError } from '../src/errors.js'
import { run } from './helpers/command.js'

describe('the shell', () => {
  const refused: readonly [title: string, word: string, shell: string | undefined, hint: string][] = [
    ['that is misspelt', 'bahs', undefined, 'Run `scenario-upload completion bash`.'],
    ['in capitals', 'ZSH', undefined, 'Run `scenario-upload completion zsh`.'],
    [
      'that is not named, where the user is in one',
      '',
      '/usr/local/bin/fish',
      'Run `scenario-upload completion fish`.',
    ],
    [
      'that is not named, where the user is in another one',
      '',
      '/bin/tcsh',
      'Run one of `scenario-upload completion bash`, `scenario-upload completion zsh`, `scenario-upload completion fish`.',
    ],
    ['that nobody knows', 'powershell', '/bin/zsh', 'Run `scenario-upload completion zsh`.'],
  ]
  for (const [title, word, SHELL, hint] of refused) {
    it(`${title} is a usage error with the command to run`, () => {
      assert.throws(
        () => shellNamed(word, { SHELL }),
        (error) => error instanceof UploadError && error.code === 'ERR_USAGE' && error.hint === hint,
      )
    })
  }

  it('that is named counts, whatever shell the user is in', () => {
    assert.equal(shellNamed('zsh', { SHELL: '/bin/bash' }), 'zsh')
  })
})

describe('the script', () => {
  for (const shell of shells) {
    it(`for ${shell} has every option, command and choice`, () => {
      const script = completionFor(shell, {})
      const long = shell === 'fish' ? (name: string) => ` -l ${name.slice(2)} ` : (name: string) => name
      const options = optionTable.map(({ flags }) => long(new Option(flags).long ?? ''))
      const words = ['status', 'wait', 'forget', 'sandbox', 'completion', ...shells, ...kinds]
      for (const word of [...options, ...words]) assert.ok(script.includes(word), `${word} is missing`)
    })

    it(`for ${shell} is printed without credentials, and a wrong name with nothing on stdout`, async () => {
      const good = await run(['completion', shell])
      assert.deepEqual([good.code, good.stderr, good.stdout], [0, '', completionFor(shell, {})])
      for (const args of [['completion'], ['completion', `${shell}x`], ['completion', shell, shell]]) {
        const bad = await run(args)
        assert.deepEqual([bad.code, bad.stdout], [2, ''])
        assert.match(bad.stderr, /✖ .+\n {2}→ .*`scenario-upload completion/)
      }
    })
  }

  it('has what is added to the parser later, and quotes what is said of it', () => {
    const program = createProgram('', () => {})
    program.addOption(new Option('--odd', "it's [odd]: a\\b"))
    program.addCommand(new Command('later').description("it's later").addOption(new Option('--much')))
    const vocabulary = readVocabulary(program)
    assert.match(bashScript(vocabulary), /later\) _scenario_upload_offer --much /)
    assert.match(zshScript(vocabulary), /'later:it'\\''s later'/)
    assert.ok(zshScript(vocabulary).includes("'--odd[it'\\''s \\[odd\\]: a\\\\b]'"))
    assert.match(fishScript(vocabulary), /-a later -d 'it\\'s later'/)
    assert.ok(fishScript(vocabulary).includes("-l odd -d 'it\\'s [odd]: a\\\\b'"))
  })

  it('asks for files and folders where an option takes one', () => {
    const value = (takes: 'file' | 'folder') => ({
      names: ['--at'],
      does: 'it',
      value: { label: 'at', takes, choices: [] },
    })
    const vocabulary = (takes: 'file' | 'folder') => ({
      main: { name: 'x', does: 'x', options: [value(takes)], about: null },
      others: [{ name: 'y', does: 'y', options: [], about: null }],
    })
    assert.match(bashScript(vocabulary('file')), /--at\) return ;;/)
    assert.match(bashScript(vocabulary('folder')), /--at\) compopt -o dirnames/)
    assert.match(zshScript(vocabulary('file')), /'\*--at=\[it\]:at:_files'/)
    assert.match(zshScript(vocabulary('folder')), /'\*--at=\[it\]:at:_files -\/'/)
    assert.match(fishScript(vocabulary('file')), /-l at -r -F -d/)
    assert.match(fishScript(vocabulary('folder')), /-l at -x -a '\(__fish_complete_directories\)' -d/)
  })
})
