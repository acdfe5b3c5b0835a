/** The help: all of it fits where it is read, and the names of the commands are those that are hinted at. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { examples } from '../src/cli/help.js'
import { createProgram, parseLine } from '../src/cli/parse.js'
import { commandNames } from '../src/core/commands.js'
import { UploadError } from '../src/errors.js'

const textOf = (...words: string[]): string => {
  const parsed = parseLine([...words, '--help'], '0.0.0')
  return parsed.run === 'print' ? parsed.text : assert.fail()
}

describe('the help', () => {
  for (const name of ['', ...commandNames]) {
    it(`of ${name === '' ? 'the command' : name} is at most 80 columns wide`, () => {
      const lines = textOf(...(name === '' ? [] : [name])).split('\n')
      assert.deepEqual(
        lines.filter((line) => line.length > 80),
        [],
      )
    })
  }

  it('begins with what to upload, and has the rare options after the common ones', () => {
    const headings = textOf().match(/^\w[\w ]*(?=:$)/gm)
    const options = ['Source', 'Many files', 'Asset', 'Transfer', 'Wait', 'Output', 'Network', 'Other']
    assert.deepEqual(headings, ['Arguments', ...options, 'Commands', 'Sources', 'Examples'])
  })

  it('says of each command what it takes, as the command itself does', () => {
    const text = textOf()
    const { commands } = createProgram('', () => {})
    assert.deepEqual(
      commands.map((command) => command.name()),
      commandNames,
    )
    for (const command of commands)
      assert.ok(text.includes(`\n  ${command.name()} ${command.usage()} `), command.name())
  })

  it('has examples that are understood', () => {
    for (const line of examples) assert.equal(parseLine(line.split(' ').slice(1), '').run, 'upload')
  })
})

it('-v is told apart from what it may be meant for', () => {
  assert.throws(
    () => parseLine(['-v'], ''),
    (error: unknown) => error instanceof UploadError && /`-V`.*`--verbose`/.test(error.hint),
  )
})

describe('the name of a command', () => {
  for (const name of commandNames) {
    it(`is a value where an option asks for one: ${name}`, () => {
      for (const [option, key] of [
        ['--project', 'project'],
        ['-n', 'name'],
        ['--manifest', 'manifest'],
      ] as const) {
        const lines = [
          [option, name, 'hero.png'],
          ['hero.png', option, name],
          ['-q', option, name, 'hero.png', '--kind', 'image'],
        ]
        for (const words of lines) {
          const parsed = parseLine(words, '')
          assert.ok(parsed.run === 'upload', words.join(' '))
          assert.deepEqual([parsed.sources, parsed.flags[key]], [['hero.png'], name])
        }
      }
    })
  }

  const refused: readonly [words: string[], message: RegExp, hint: string][] = [
    [['sandbox', 'sh', '-c', 'true'], /stands after `--`/, 'Run `scenario-upload sandbox -- sh -c true`.'],
    [['sandbox', 'sh', '-c'], /stands after `--`/, 'Run `scenario-upload sandbox -- sh -c`.'],
    [['--project', 'sandbox', 'sandbox', 'sh'], /stands after `--`/, 'Run `scenario-upload sandbox -- sh`.'],
    [['-q', 'sandbox', 'sandbox'], /stands after `--`/, 'Run `scenario-upload sandbox -- sandbox`.'],
    [['sandbox', '--project', 'a'], /^--project does not go with sandbox$/, ''],
  ]
  for (const [words, message, hint] of refused) {
    it(`is the first word that is no option and no value of one: ${words.join(' ')}`, () => {
      assert.throws(
        () => parseLine(words, ''),
        (error: unknown) =>
          error instanceof UploadError && message.test(error.message) && (hint === '' || error.hint === hint),
      )
    })
  }
})
