/** What GitHub Actions is told: annotations, the table of a step's summary, the ids as an output. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { annotationsOf } from '../src/cli/github/annotations.js'
import { appendLines } from '../src/cli/github/append.js'
import { githubOutput, outputText } from '../src/cli/github/output.js'
import { checkOutputName } from '../src/cli/github/output-name.js'
import { addSummary, summaryText } from '../src/cli/github/summary.js'
import { isNamed } from '../src/cli/render/named.js'
import { safeText } from '../src/cli/safe-text.js'
import { blankResult, failedResult } from '../src/engine/result.js'
import { UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'
import { tempFolder } from './helpers/files.js'
import { outputsIn } from './helpers/workflow.js'

const good = (source = 'hero.png', entityId: string | null = 'asset_1'): UploadResult => ({
  ...blankResult(source, 'file'),
  ...{ ok: true, uploadId: 'upload_1', entityId, status: 'imported', bytes: 4_200_000, durationMs: 1300 },
})
const bad = (source: string, message = 'the file is empty') =>
  failedResult(blankResult(source, 'file'), new UploadError('ERR_FILE_EMPTY', message))

describe('an annotation', () => {
  const one = (message: string, about = '', hint = 'Do it.') =>
    annotationsOf([{ error: new UploadError('ERR_NETWORK', message, { hint, requestId: 'r1' }), about }])

  it('names the error, says what happened to what, and what to do', () => {
    assert.deepEqual(one('it broke', 'hero.png'), [
      '::error title=scenario-upload%3A ERR_NETWORK::hero.png: it broke [request r1] → Do it.',
    ])
  })

  it('names the source once', () => {
    assert.match(one('hero.png broke', 'hero.png')[0] ?? '', /::hero\.png broke \[/)
  })

  it('does not name once more what the sentence begins with, whatever it is called', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'a.*+?^$\\[](){}|-/') }))
    fc.assert(fc.property(text, (name) => assert.ok(isNamed(`${name}: no such file`, name))))
  })

  const named: readonly [message: string, about: string][] = [
    ['hero.png: no such file', 'hero.png'],
    ['the art of my hero (1).png, and no more', 'my hero (1).png'],
    ['art/hero.png changed', 'art/hero.png'],
    ['it is about "a+b.png"', 'a+b.png'],
    ['it is about a.png: a.png', 'a.png'],
    ['in is empty', 'in'],
    ['in', 'in'],
  ]
  for (const [message, about] of named) {
    it(`does not name ${about} once more: ${message}`, () =>
      assert.ok(one(message, about)[0]?.includes(`::${message} [`)))
  }

  const unnamed: readonly [message: string, about: string][] = [
    ['the quota of the team is used up', 'e'],
    ['the quota of the team is used up', 'th'],
    ['the quota of the team is used up', 'team'],
    ['the answer was no (400)', '400'],
    ['old-hero.png is empty', 'hero.png'],
    ['art/hero.png is empty', 'hero.png'],
    ['hero.png.gone is empty', 'hero.png'],
    ['aXpng is empty', 'a.png'],
  ]
  for (const [message, about] of unnamed) {
    it(`names ${about} beside what only sounds like it: ${message}`, () =>
      assert.ok(one(message, about)[0]?.includes(`::${about}: ${message} [`)))
  }

  it('escapes the percent sign, by which a line break would be written', () => {
    assert.match(one('100%0A::error::x')[0] ?? '', /::100%250A::error::x \[/)
  })

  it('is one line and one command, whatever is in it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n::error::x', '\r\n::debug::', '%0A', '::'))
    fc.assert(
      fc.property(text, text, text, (message, about, hint) => {
        const [line = '', ...others] = one(message, about, hint)
        assert.deepEqual(others, [])
        assert.match(line, /^::error title=scenario-upload%3A ERR_NETWORK::[^\r\n]*$/u)
        assert.doesNotMatch(line, /%(?!25|3A)/)
      }),
    )
  })

  it('stands for each of ten failures; of more, the tenth says how many are left', () => {
    const failures = (n: number) =>
      annotationsOf(
        Array.from({ length: n }, (_, i) => ({ error: new UploadError('ERR_NETWORK', `no ${i}`), about: '' })),
      )
    assert.equal(failures(10).length, 10)
    assert.match(failures(10)[9] ?? '', /::no 9 /)
    assert.equal(failures(11).length, 10)
    assert.match(failures(11)[8] ?? '', /::no 8 /)
    assert.equal(failures(11)[9], '::error title=scenario-upload::2 more failed; the log names them all')
  })
})

describe('the step summary', () => {
  const page = (results: UploadResult[], room = 1024 ** 2, sandbox = false) =>
    summaryText({ results, sandbox }, room).split('\n')
  const rowOf = (result: UploadResult) => page([result])[5]

  it('has a row a source, in the order given, and the total', () => {
    const untried = failedResult(blankResult('c.png', 'file'), new UploadError('ERR_NOT_TRIED', 'c.png was not tried'))
    assert.deepEqual(
      page([good(), bad('b.png'), untried, { ...good('d', null), uploadId: 'upload_2', status: null, bytes: null }]),
      [
        '',
        '### scenario-upload',
        '',
        '| source | result | id | size | duration |',
        '| --- | --- | --- | ---: | ---: |',
        '| `hero.png` | ✔ `imported` | `asset_1` | 4.2 MB | 1.3 s |',
        '| `b.png` | ✖ `the file is empty` |  |  |  |',
        '| `c.png` | not tried |  |  |  |',
        '| `d` | ✔ `handed over` | `upload_2` |  | 1.3 s |',
        '',
        'total: 2 of 4 done, 1 failed, 1 not tried, 4.2 MB',
        '',
      ],
    )
  })

  it('says where it was a sandbox', () => {
    assert.equal(page([good()], 1024 ** 2, true)[1], '### scenario-upload (sandbox: nothing reached Scenario)')
  })

  const names: readonly [title: string, name: string, cell: string][] = [
    ['pipes', 'a|b', '`a\\|b`'],
    ['a backslash before a pipe', 'a\\|b', '`a\\ \\|b`'],
    ['backticks', 'a`b``c', '```a`b``c```'],
    ['a backtick at its end', 'a`', '`` a` ``'],
    ['HTML', '<img src=x onerror=y>', '`<img src=x onerror=y>`'],
    ['line breaks', 'a\n| b |\r\nc', '`a�\\| b \\|��c`'],
    ['a mention', '@octocat', '`@octocat`'],
    ['a link', '[a](https://a.example)', '`[a](https://a.example)`'],
    ['blanks at its ends', ' a ', '`  a  `'],
    ['a command of the runner', '::error::x', '`: :error::x`'],
  ]
  for (const [title, name, cell] of names) {
    it(`shows as text: ${title}`, () => {
      const row = `| ${cell} | ✔ \`imported\` | \`asset_1\` | 4.2 MB | 1.3 s |`
      assert.equal(rowOf(good(name)), row)
    })
  }

  it('holds foreign text in one code span of its cell, whatever it is', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('`', '|', '\\', ' ', '\n', 'a', '<', '@') }))
    fc.assert(
      fc.property(text, (name) => {
        fc.pre(name.trim() !== '')
        // Cells end at a pipe with no backslash before it, as the grammar of tables has it.
        const cells = rowOf(good(name))?.split(/(?<!\\)\|/) ?? []
        assert.equal(cells.length, 7, name)
        const [, fence = '', shown = ''] = /^ (?:(`+)(.*)\1)? $/s.exec(cells[1] ?? '') ?? assert.fail(cells[1])
        const text = shown.replaceAll('\\|', '|')
        assert.ok(!text.split(/[^`]+/).includes(fence), 'the span ends early')
        // A blank at both ends is the fence's own.
        const padded = /^ .* $/s.test(text)
        assert.equal(padded ? text.slice(1, -1) : text, safeText(name).replaceAll('\\|', '\\ |'))
      }),
    )
  })

  it('is cut to what GitHub takes, with the sources that failed first, and says so', () => {
    const results = [...Array.from({ length: 20_000 }, (_, i) => good(`é${i}.png`)), bad('last.png')]
    const text = summaryText({ results, sandbox: false }, 1024 ** 2)
    const lines = text.split('\n')
    assert.ok(Buffer.byteLength(text) <= 1024 ** 2)
    assert.ok(Buffer.byteLength(text) > 1024 ** 2 - 200, 'room is left over')
    assert.match(lines[5] ?? '', /last\.png/)
    assert.match(lines[6] ?? '', /é0\.png/)
    const rows = lines.filter((line) => line.startsWith('| `')).length
    const cut = `The table is cut: it has ${rows} of 20001 sources, those that failed first.`
    assert.deepEqual(lines.slice(-4), ['total: 20000 of 20001 done, 1 failed, 4.2 MB', '', cut, ''])
  })

  it('is nothing where there is not even room for the total', () => {
    assert.equal(summaryText({ results: [good()], sandbox: false }, 100), '')
  })

  const env = (path: string) => ({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path })

  it('leaves room for what the step has said before, and keeps that', async (t) => {
    const path = join(await tempFolder(t), 'summary')
    await writeFile(path, `${'x'.repeat(1024 ** 2 - 150)}`)
    const summary = { results: [good(), good('b.png')], sandbox: false }
    assert.match((await addSummary(summary, env(path))) ?? '', /^the step summary is full/)
    await writeFile(path, 'before')
    assert.equal(await addSummary(summary, env(path)), null)
    assert.match(await readFile(path, 'utf8'), /^before\n\n### scenario-upload\n/)
  })
})

describe('the output of a step', () => {
  for (const name of ['ids', '_', 'A-b_9']) it(`may be called ${name}`, () => assert.equal(checkOutputName(name), name))
  for (const name of ['', '9', '-a', 'a b', 'a=b', 'a<<b', 'a\nb', 'é', 'a.b']) {
    it(`may not be called ${JSON.stringify(name)}`, () =>
      assert.throws(() => checkOutputName(name), { code: 'ERR_USAGE', exitCode: 2 }))
  }

  it('of one source is one line', () => assert.equal(outputText('id', [good()]), 'id=asset_1\n'))

  it('of one source that failed is empty', () => assert.equal(outputText('id', [bad('b')]), 'id=\n'))

  it('of several is one id a line, as on stdout, up to a line that can be no id', () => {
    const results = [good(), bad('b'), good('c', null)]
    assert.equal(
      outputText('ids', results, () => 'a-b-c-d-e'),
      'ids<<end/a-b-c-d-e\nasset_1\nupload_1\nend/a-b-c-d-e\n',
    )
    const [first, second] = [outputText('ids', results), outputText('ids', results)]
    assert.notEqual(first, second)
    assert.deepEqual(outputsIn(first), { ids: 'asset_1\nupload_1' })
  })

  it('of several that failed is empty', () => {
    assert.deepEqual(outputsIn(outputText('ids', [bad('a'), bad('b')])), { ids: '' })
  })

  it('is nothing where nothing was asked for', async () => {
    assert.equal(await githubOutput({}, {})([good()]), null)
  })

  for (const env of [{}, { GITHUB_OUTPUT: '' }]) {
    it(`is a usage error without its file: ${JSON.stringify(env)}`, () =>
      assert.throws(() => githubOutput({ githubOutput: 'ids' }, env), { code: 'ERR_USAGE', exitCode: 2 }))
  }

  it('begins a line of its own', async (t) => {
    const path = join(await tempFolder(t), 'output')
    await appendLines(path, 'a=1\n')
    await appendLines(path, 'b=2')
    await appendLines(path, 'c=3\n')
    assert.equal(await readFile(path, 'utf8'), 'a=1\nb=2\nc=3\n')
  })
})
