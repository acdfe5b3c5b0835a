/**
 * Completion in the real shells, where they are installed: what is typed is completed, and the command gets those words.
 *
 * Scenes: options · their values · commands · ids · files of odd names · what follows `--` · how each shell is set up.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { completionFor } from '../src/cli/completion/script.js'
import { type Shell, shells } from '../src/cli/completion/shells.js'
import { nameOf } from '../src/state/identity.js'
import { serializeRecord } from '../src/state/record.js'
import { tempFolder } from './helpers/files.js'
import { readme } from './helpers/readme.js'
import { type Desk, deskFor, skipWithout, type Typist, typist } from './helpers/shells.js'
import { identity, record } from './helpers/state.js'
import { stateFolder } from './helpers/state-folder.js'

const oddNames = [
  "it's one.png",
  'dollar $HOME.png',
  'und;a&b|c.png',
  'über [1] *.png',
  'co:lon=equals.png',
  'back\\slash.png',
]

/** A desk with files, and two uploads that are unfinished. */
async function stage(t: TestContext): Promise<Desk> {
  const home = await tempFolder(t)
  const state = stateFolder(home)
  await mkdir(state)
  for (const uploadId of ['upload_a:1', 'upload_b']) {
    const name = nameOf(identity({ path: `/home/ann/${uploadId}` }))
    await writeFile(
      join(state, `${name}.json`),
      serializeRecord(record({ uploadId, updatedAt: new Date().toISOString() })),
    )
  }
  const desk = await deskFor(t, home)
  await mkdir(join(desk.folder, 'state of art'))
  const names = [...oddNames, 'hero.png', 'stone.png', '--dash.png', join('state of art', 'inner one.png')]
  for (const name of names) await writeFile(join(desk.folder, name), '')
  return desk
}

const rows: readonly [what: string, typed: string, words: readonly string[]][] = [
  ['an option', '--ki', ['--kind']],
  ['the kinds', '--kind a', ['--kind', 'asset', 'audio', 'avatar']],
  ['the kinds after the short option', '-k im', ['-k', 'image']],
  ['the kinds after an equals sign', '--kind=im', ['--kind=image']],
  ['a way of progress', '--progress pl', ['--progress', 'plain']],
  ['the word that stands for a number', '-c au', ['-c', 'auto']],
  ['when there is colour', 'hero.png --color al', ['hero.png', '--color', 'always']],
  ['a state to wait for', 'wait --until v', ['wait', '--until', 'validated']],
  ['nothing for a word that only the user knows', '--project ', ['--project']],
  ['nothing where no kind begins so', '--kind hero', ['--kind', 'hero']],
  ['commands and files as the first word', 'st', ['state of art/', 'status', 'stone.png']],
  ['commands after options too', '--json sta', ['--json', 'state of art/', 'status']],
  ['no commands but files as the second word', 'hero.png st', ['hero.png', 'state of art/', 'stone.png']],
  ['no commands after standard input', '- stat', ['-', 'state of art/']],
  ['no commands but files after `--`', '-- st', ['--', 'state of art/', 'stone.png']],
  ['files like options after `--`', '-- --', ['--', '--dash.png']],
  ['files in a folder', 'state\\ of\\ art/', ['state of art/inner one.png']],
  ['only the options that a command takes', 'wait --ti', ['wait', '--timeout']],
  ['none that it does not', 'forget --ti', ['forget', '--ti']],
  ['the ids of unfinished uploads to wait for', 'wait ', ['wait', 'upload_a:1', 'upload_b']],
  ['the ids to forget', 'forget --json upload_a', ['forget', '--json', 'upload_a:1']],
  [
    'the ids after an option with a value',
    '--api-url http://localhost:1/v1 status ',
    ['--api-url', 'http://localhost:1/v1', 'status', 'upload_a:1', 'upload_b'],
  ],
  ['no second id', 'wait upload_b u', ['wait', 'upload_b', 'u']],
  ['the shells', 'completion ', ['completion', ...shells]],
  ['no files for `sandbox`', 'sandbox h', ['sandbox', 'h']],
  ...oddNames.map((name): [string, string, string[]] => [
    `the file ${name}`,
    `hero.png ${name.slice(0, 2)}`,
    ['hero.png', name],
  ]),
]

/** A folder may come with a slash at its end or without, and the completions in any order. */
const alike = (words: readonly string[]) => words.map((word) => word.replace(/\/$/, '')).sort()

const bashCompletion = '/usr/share/bash-completion/bash_completion'
const skipWithoutIt = skipWithout('bash') || (existsSync(bashCompletion) ? false : skipWithout('bash-completion'))

const ways = [
  { title: 'bash', shell: 'bash', before: '', skip: skipWithout('bash') },
  { title: 'bash with bash-completion', shell: 'bash', before: `. ${bashCompletion}\n`, skip: skipWithoutIt },
  {
    title: 'bash that cuts no words at = and :',
    shell: 'bash',
    before: "COMP_WORDBREAKS=$' \\t\\n'\n",
    skip: skipWithout('bash'),
  },
  { title: 'zsh', shell: 'zsh', before: '', skip: skipWithout('zsh') },
] as const

for (const { title, shell, before, skip } of ways) {
  it(`in ${title} it completes`, { skip }, async (t) => {
    const { enter } = await typist(t, shell, await stage(t), `${before}${completionFor(shell, {})}`)
    for (const [what, typed, words] of rows) {
      await t.test(what, async () => assert.deepEqual(alike(await enter(typed)), alike(words), typed))
    }
  })
}

describe('in fish it completes', { skip: skipWithout('fish') }, () => {
  /** Each completion of the last word of what is typed, and what is said of it. */
  function offered(typed: string, { folder, env }: Desk): [word: string, told: string][] {
    const script = `${completionFor('fish', {})}\ncomplete -C "scenario-upload $TYPED"`
    const options = { cwd: folder, env: { ...env, TYPED: typed }, encoding: 'utf8' } as const
    const ran = spawnSync('fish', ['--no-config', '-c', script], options)
    assert.equal(ran.stderr, '')
    const lines = ran.stdout.split('\n').filter((line) => line !== '')
    return lines.map((line) => [line.split('\t')[0] ?? '', line.split('\t')[1] ?? ''])
  }

  it('what is typed', async (t) => {
    const desk = await stage(t)
    for (const [what, typed, words] of rows) {
      const said = typed.split(/(?<!\\) /)
      await t.test(what, () => {
        const found = offered(typed, desk).map(([word]) => word)
        const all = [...said.slice(0, -1), ...(found.length > 0 ? found : said.slice(-1))]
        assert.deepEqual(alike(all.filter((word) => word !== '')), alike(words), typed)
      })
    }
  })

  it('files of odd names, as they are typed', async (t) => {
    const { enter } = await typist(t, 'fish', await stage(t), completionFor('fish', {}))
    for (const name of oddNames) assert.deepEqual(await enter(`hero.png ${name.slice(0, 2)}`), ['hero.png', name])
  })

  it('with what each option does, and each command, and each upload', async (t) => {
    const desk = await stage(t)
    assert.deepEqual(offered('--parts', desk), [['--parts', 'exactly this many parts']])
    assert.deepEqual(offered('--until v', desk), [['validated', 'state']])
    assert.deepEqual(offered('--concurrency ', desk), [['auto', 'n|auto']])
    assert.deepEqual(offered('wai', desk), [['wait', 'Wait until an upload ends.']])
    assert.deepEqual(offered('wait upload_b', desk), [['upload_b', 'hero.png, 2 of 3 parts, 12.6 MB of 21.0 MB']])
  })
})

it('zsh says what each option does, and each upload is', { skip: skipWithout('zsh') }, async (t) => {
  const { list } = await typist(t, 'zsh', await stage(t), completionFor('zsh', {}))
  await list('--par', /--parts .*exactly this many parts/)
  await list('st', /status .*Look once at an upload/)
  await list('wait upload_', /upload_b .*hero\.png, 2 of 3 parts/)
})

it('bash lists by the Tab key, and answers whoever calls the function', { skip: skipWithout('bash') }, async (t) => {
  const desk = await stage(t)
  const { list } = await typist(t, 'bash', desk, completionFor('bash', {}))
  await list('--ki', /--kind /)
  await list('--kind a\t', /asset\s+audio\s+avatar/)
  const call = `complete -p scenario-upload; _scenario_upload; printf "%s\\n" "\${COMPREPLY[@]}"`
  const script = `${completionFor('bash', {})}\nCOMP_WORDS=(scenario-upload --kind a); COMP_CWORD=2\n${call}`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: desk.env })
  assert.equal(stderr, '')
  const registered = 'complete -o bashdefault -o default -F _scenario_upload scenario-upload'
  assert.deepEqual(stdout.trimEnd().split('\n'), [registered, 'asset', 'audio', 'avatar'])
})

describe('it is set up', () => {
  /** A folder of the user's own, with what the command prints for this shell. */
  async function keep({ home }: Desk, shell: Shell, ...path: string[]): Promise<void> {
    await mkdir(join(home, ...path.slice(0, -1)), { recursive: true })
    await writeFile(join(home, ...path), completionFor(shell, {}))
  }

  const completes = async ({ enter }: Typist) => assert.deepEqual(await enter('--kind im'), ['--kind', 'image'])

  /** The line that the README gives for this shell. */
  const line = (shell: Shell) => new RegExp(`^\\| ${shell} \\| \`([^\`]+)\``, 'm').exec(readme())?.[1] ?? ''

  it('in bash by one line', { skip: skipWithout('bash') }, async (t) => {
    await completes(await typist(t, 'bash', await stage(t), line('bash')))
  })

  it('in bash by a file that bash-completion finds by itself', { skip: skipWithoutIt }, async (t) => {
    const desk = await stage(t)
    await keep(desk, 'bash', '.local/share/bash-completion/completions', 'scenario-upload')
    await completes(await typist(t, 'bash', desk, `. ${bashCompletion}`))
  })

  it('in zsh by one line', { skip: skipWithout('zsh') }, async (t) => {
    await completes(await typist(t, 'zsh', await stage(t), line('zsh')))
  })

  it('in zsh by a file in `fpath`', { skip: skipWithout('zsh') }, async (t) => {
    const desk = await stage(t)
    await keep(desk, 'zsh', 'functions', '_scenario-upload')
    await completes(await typist(t, 'zsh', desk, 'fpath=(~/functions $fpath); compinit -u -D'))
  })

  it('in fish by one line, which writes a file that it finds by itself', { skip: skipWithout('fish') }, async (t) => {
    const desk = await stage(t)
    await mkdir(join(desk.home, '.config', 'fish', 'completions'), { recursive: true })
    await completes(await typist(t, 'fish', desk, `${line('fish')}\nset fish_complete_path ~/.config/fish/completions`))
  })
})

describe('the script', () => {
  const checks = [
    ['bash', 'shellcheck'],
    ['bash', 'bash', '-n'],
    ['zsh', 'zsh', '-n'],
    ['fish', 'fish', '-n'],
  ] as const
  for (const [shell, program, ...args] of checks) {
    it(`for ${shell} has nothing that ${program} complains of`, { skip: skipWithout(program) }, async (t) => {
      const path = join(await tempFolder(t), 'script')
      await writeFile(path, completionFor(shell, {}))
      const { status, stdout, stderr } = spawnSync(program, [...args, path], { encoding: 'utf8' })
      assert.deepEqual([status, stdout, stderr], [0, '', ''])
    })
  }
})
