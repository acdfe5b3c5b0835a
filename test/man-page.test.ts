/** The manual page: it has every word that the command takes, and the tools for manual pages have nothing against it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readVocabulary } from '../src/cli/completion/vocabulary.js'
import { errorTable } from '../src/errors.js'
import { readFiles } from './helpers/imports.js'
import { manPage } from './helpers/man-page.js'
import { environment, exitCodes } from './helpers/manual.js'
import { has, skipWithout } from './helpers/shells.js'

const root = new URL('..', import.meta.url)
const manifest: { version: string; man: string } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const path = fileURLToPath(new URL(manifest.man, root))
const page = readFileSync(path, 'utf8')

describe('the manual page', () => {
  it('stands in the package, as it is made of the tables', () => assert.equal(page, manPage(manifest.version)))

  it('has every command and every option', () => {
    const { main, others } = readVocabulary()
    const options = [main, ...others].flatMap((command) => command.options.flatMap(({ names }) => names))
    for (const name of options) assert.ok(page.includes(name.replaceAll('-', '\\-')), name)
    for (const { name } of others) assert.ok(page.includes(`\n\\fB${name}\\fR\n`), name)
  })

  it('has every exit code, error and variable', () => {
    for (const { exit } of exitCodes) assert.ok(page.includes(`\n\\fB${exit}\\fR\n`), exit)
    for (const code of Object.keys(errorTable)) assert.ok(page.includes(`\\fB${code}\\fR (exit `), code)
    for (const { names } of environment) for (const name of names) assert.ok(page.includes(`\\fB${name}\\fR`), name)
  })

  it('begins no line with a word that only looks like a request', () => {
    const requests = page.split('\n').filter((line) => /^[.']/.test(line))
    assert.deepEqual(
      requests.filter((line) => !/^\.(?:TH|SH|SS|TP|P|nf|fi)\b/.test(line)),
      [],
    )
  })

  it('is well formed to mandoc, but for the date that it leaves out', { skip: skipWithout('mandoc') }, () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', path], { encoding: 'utf8' })
    assert.deepEqual(
      stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date')),
      [],
    )
  })

  it('is shown by man without a warning', { skip: has('man') ? false : 'man is not installed here' }, () => {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' } } as const
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', path], options)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /-k, --kind <kind>/)
    assert.match(stdout, /civitai:…/)
  })
})

describe('what the README and the manual page say', () => {
  it('has each exit code that an error has, once', () => {
    const said = exitCodes.flatMap(({ codes }) => [...codes])
    const there = new Set([0, ...Object.values(errorTable).map(({ exitCode }) => exitCode)])
    assert.deepEqual(
      said,
      [...there].sort((a, b) => a - b),
    )
  })

  it('has each variable that the code names', () => {
    const names = /\b(?:SCENARIO|XDG|GITHUB|HTTPS|NO|FORCE|NODE_EXTRA)_[A-Z_]+\b/g
    const texts = Object.values(readFiles(fileURLToPath(new URL('src', root))))
    const there = new Set(texts.flatMap((text) => text.match(names) ?? []))
    const said = new Set<string>(environment.flatMap((row) => row.names))
    assert.deepEqual(
      [...there].filter((name) => !said.has(name)),
      [],
    )
  })
})
