/**
 * The command on a real pseudo-terminal, judged by what stands on its screen.
 *
 * Scenes: every width · stdout apart from the terminal · standard input · Ctrl-C and its kin in each phase · failures ·
 * notes and retries beside the bar · honest figures · wait · several files · colours · terminals that cannot be drawn on ·
 * widths that change · keys pressed.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type SandboxOptions, startSandbox } from '../src/sandbox/index.js'
import { envOf } from './helpers/command.js'
import { pngBytes, tempFolder, testFile } from './helpers/files.js'
import { type Frame, type OnTerminal, onTerminal, type TerminalOptions } from './helpers/pty.js'
import { createReply, type FakeAnswers, fakeScenario, goodPut, json, uploadId } from './helpers/servers.js'
import { soonMs } from './helpers/soon.js'

const MiB = 1024 ** 2
/** Two scenes at a time: they wait more than they compute. */
const pairs = { concurrency: 2 }
const spinner = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]( |$)/
const bar = /[█░]/
const esc = '\u001b'
/** The second of three parts is on its way, or is there and not answered. */
const midway = /(3[3-9]|[4-6]\d) %/
const colour = new RegExp(`${esc}\\[[\\d;]*m`)
const sandboxNote = 'note: this is a sandbox: nothing reaches Scenario'

/** A folder with two files of 15 MiB, whose three parts are sent one after the other. */
async function folderOf(t: TestContext, name = 'hero.png'): Promise<string> {
  const folder = await tempFolder(t)
  const bytes = pngBytes(15 * MiB)
  await Promise.all([name, 'second.png'].map((each) => testFile(folder, each, bytes)))
  return folder
}

const threeParts = ['--parts', '3', '--concurrency', '1']

interface SandboxScene extends TerminalOptions {
  at?: SandboxOptions
  /** Default: three parts, one after the other. */
  parts?: readonly string[]
}

async function inSandbox(t: TestContext, args: readonly string[], options: SandboxScene) {
  const { at, parts = threeParts, ...terminal } = options
  const sandbox = await startSandbox({ validateMs: 50, importMs: 50, ...at })
  t.after(() => sandbox.close())
  const cwd = await folderOf(t)
  const shown = onTerminal(t, [...args, ...parts], {
    cwd,
    ...terminal,
    env: { ...envOf(sandbox), ...options.env },
  })
  return { shown, sandbox, cwd }
}

type Call = 'create' | 'put' | 'complete' | 'look'

interface StageOptions extends TerminalOptions {
  /** The call that is not answered before `release`, from this one on (counted from 1; default the first). */
  hold?: Call
  from?: number
  answers?: FakeAnswers
  /** Of the first file; default hero.png. */
  name?: string
}

/** An upload of three parts to servers that answer when told to. */
async function stage(t: TestContext, args: readonly string[], options: StageOptions = {}) {
  const { hold, from = 1, answers, name, ...terminal } = options
  const gate = { release: () => {} }
  const opened = new Promise<void>((resolve) => {
    gate.release = resolve
  })
  const when = (call: Call, nth: number, answer: () => void) =>
    hold === call && nth >= from ? void opened.then(answer) : answer()
  const server = await fakeScenario(t, {
    create: (response, { body }, nth) =>
      when('create', nth, () =>
        json(response, 200, createReply(server.bucketUrl, JSON.parse(body.toString()).parts ?? 0)),
      ),
    put: (response, received, nth) => when('put', nth, () => goodPut(response, received, nth)),
    complete: (response, _, nth) =>
      when('complete', nth, () => json(response, 200, { upload: { id: uploadId, status: 'validating' } })),
    // A look is always answered: with the end, or with the status as it is.
    look: (response) => {
      const end = hold === 'look' ? { status: 'validating' } : { status: 'imported', entityId: 'asset_test1' }
      json(response, 200, { upload: { id: uploadId, ...end } })
    },
    ...answers,
  })
  const cwd = terminal.cwd ?? (await folderOf(t, name))
  const env = { ...envOf(server), ...terminal.env }
  const shown = onTerminal(t, [...args, ...threeParts], { ...terminal, cwd, env })
  return { shown, server, release: gate.release, cwd }
}

/** What the terminal itself writes behind the drawing when Ctrl-C is pressed; where there is no room, the end of it. */
const echoed = /\^?C$/

/** Between the bars of single files and that of all of them; a frame may end with it, where the pseudo-terminal cut the picture. */
const states = /^\d+ (creating|checking|finishing|validating|failed|retry|retries)\b/
const isDrawn = (row: string) => spinner.test(row) || bar.test(row) || states.test(row)

/** At no moment a spinner beside a bar, nothing drawn but in the last rows, nor into a second row or up to the edge. */
function assertCalm({ frames }: OnTerminal, cols = 80, mostRows = 1): void {
  for (const frame of frames) {
    const drawn = frame.rows.flatMap((row, index) => (isDrawn(row) ? [index] : []))
    const picture = frame.rows.join('\n')
    const spins = drawn.some((index) => spinner.test(frame.rows[index] ?? ''))
    assert.ok(drawn.length <= (spins ? 1 : mostRows), `more is drawn than may be:\n${picture}`)
    const last = frame.rows.length - 1
    if (drawn.length > 0) assert.equal(drawn.at(-1), last, `something stands below what is drawn:\n${picture}`)
    for (const index of drawn) {
      assert.ok(last - index < mostRows, `what is drawn is left behind:\n${picture}`)
      assert.ok(!frame.wrapped.includes(index), `what is drawn wraps:\n${picture}`)
      const row = frame.rows[index]?.replace(echoed, '') ?? ''
      assert.ok(row.length < cols, `what is drawn reaches the edge:\n${picture}`)
    }
  }
}

/** The terminal is as it was found, and nothing that was drawn is left on it. */
function assertRestored(shown: OnTerminal): void {
  assert.ok(shown.cursorShown(), 'the cursor is hidden')
  assert.ok(shown.wraps(), 'lines do not wrap')
  assert.deepEqual(shown.frame().rows.filter(isDrawn), [])
}

/** What was drawn, one after the other: the words of the spinners, and `bar`. */
function drawnOf({ frames }: OnTerminal): string[] {
  const names = frames.flatMap(({ rows }) => rows.filter(isDrawn)).map(nameOf)
  return names.filter((name, index) => name !== names[index - 1])
}

const nameOf = (row: string) => (bar.test(row) ? 'bar' : row.replace(spinner, ''))

const cells = (row: string) => row.replaceAll(/[^█░]/g, '').length

/** The figures of the bar in the order in which they were seen. */
function percents({ frames }: OnTerminal): number[] {
  return frames
    .flatMap(({ rows }) => rows.filter((row) => bar.test(row)).flatMap((row) => /(\d+) %/.exec(row)?.[1] ?? []))
    .map(Number)
}

function assertNeverBack(figures: readonly number[]): void {
  assert.deepEqual(
    figures,
    figures.toSorted((a, b) => a - b),
  )
}

const matches = (lines: readonly string[], patterns: readonly (RegExp | string)[]) => {
  const all = lines.join('\n')
  assert.equal(lines.length, patterns.length, all)
  for (const [index, pattern] of patterns.entries()) {
    if (typeof pattern === 'string') assert.equal(lines[index], pattern, all)
    else assert.match(lines[index] ?? '', pattern, all)
  }
}

async function within<Value>(ms: number, promise: Promise<Value>, what: string): Promise<Value> {
  const timer = new AbortController()
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() =>
    assert.fail(`${what} takes more than ${ms} ms`),
  )
  late.catch(() => {})
  return Promise.race([promise, late]).finally(() => timer.abort())
}

const summary = /^✔ hero\.png: imported, 15\.7 MB in [\d.]+ m?s \([\d.]+ [kM]?B\/s\)/

describe('an upload', pairs, () => {
  const slow: SandboxOptions = { fault: () => ({ kind: 'delay', ms: 180 }), validateMs: 200, importMs: 50 }

  for (const cols of [120, 80, 40, 20]) {
    it(`at ${cols} columns shows a spinner, a bar, two spinners, and ends with the summary and the id`, async (t) => {
      const { shown, sandbox } = await inSandbox(t, ['hero.png'], { cols, at: slow })
      assert.equal(await shown.ended, 0)
      assertCalm(shown, cols)
      assertRestored(shown)
      const order = [/^creat/, /^bar$/, /^finish/, /^validat/]
      matches(
        drawnOf(shown).filter((name, index, all) => all.indexOf(name) === index),
        order,
      )
      matches(shown.frame().lines, [sandboxNote, summary, sandbox.uploads()[0]?.entityId ?? ''])
      assertNeverBack(percents(shown))
      const widths = shown.frames.flatMap(({ rows }) => rows.filter((row) => bar.test(row)).map(cells))
      assert.equal(new Set(widths).size, 1, `the bar's length changes: ${widths}`)
    })
  }

  it('of a file with a long name in wide letters keeps to one row', async (t) => {
    const name = `${'日本語の長い名前'.repeat(4)}🚀.png`
    const { shown } = await stage(t, [name], { cols: 50, name })
    assert.equal(await shown.ended, 0)
    assertCalm(shown, 50)
    assertRestored(shown)
    matches(shown.frame().lines, [/^✔ .*🚀\.png: imported, /, 'asset_test1'])
  })

  it('says the id on stdout alone, and all else on the terminal', async (t) => {
    const folder = await tempFolder(t)
    const stdout = join(folder, 'ids')
    const { shown, sandbox } = await inSandbox(t, ['hero.png'], { stdout })
    assert.equal(await shown.ended, 0)
    assert.equal(await readFile(stdout, 'utf8'), `${sandbox.uploads()[0]?.entityId}\n`)
    matches(shown.frame().lines, [sandboxNote, summary])
    assertCalm(shown)
    assertRestored(shown)
  })

  it('of standard input shows that it is being read, and how it ended', async (t) => {
    const folder = await tempFolder(t)
    const { path, write } = await pipeIn(folder)
    const { shown } = await stage(t, ['-', '--name', 'piped.png'], { stdin: path })
    const writer = await write()
    await writer.write(pngBytes(15 * MiB))
    await shown.until(({ rows }) => rows.some((row) => spinner.test(row) && row.includes('standard input')))
    await writer.close()
    assert.equal(await shown.ended, 0)
    matches(shown.frame().lines, [/^✔ .*imported, 15\.7 MB in /, 'asset_test1'])
    assertCalm(shown)
    assertRestored(shown)
  })

  it('of standard input says that it waits before the first byte has come', async (t) => {
    const folder = await tempFolder(t)
    const { path, write } = await pipeIn(folder)
    const { shown } = await stage(t, ['-', '--name', 'piped.png'], { stdin: path })
    const writer = await write()
    await shown.until(({ rows }) => rows.some((row) => row.includes('standard input')))
    await writer.close()
    assert.equal(await shown.ended, 3)
    assertRestored(shown)
  })
})

/** A pipe with a name: whoever reads it waits for what the test writes. */
async function pipeIn(folder: string) {
  const path = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', [path])
  return { path, write: () => open(path, 'w') }
}

describe('Ctrl-C', pairs, () => {
  const moments: [string, StageOptions, RegExp][] = [
    ['creating', { hold: 'create' }, /creating/],
    ['sending', { hold: 'put', from: 2 }, midway],
    ['finishing', { hold: 'complete' }, /finishing/],
    ['validating', { hold: 'look' }, /validating/],
  ]

  for (const [phase, options, sign] of moments) {
    it(`while ${phase} ends it soon, and leaves a clean screen`, async (t) => {
      const { shown } = await stage(t, ['hero.png'], options)
      await shown.until(sign)
      shown.press('\u0003')
      assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
      assertRestored(shown)
      matches(shown.frame().lines, [/^✖ .*interrupted/, /^ {2}→ ./])
      assertCalm(shown)
    })
  }

  for (const [phase, options, sign] of moments.slice(0, 2)) {
    it(`twice at once while ${phase} ends it too`, async (t) => {
      const { shown } = await stage(t, ['hero.png'], options)
      await shown.until(sign)
      shown.press('\u0003\u0003')
      assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
      assertRestored(shown)
    })
  }

  it('while validating names the upload, whose bytes need not be sent again', async (t) => {
    const { shown } = await stage(t, ['hero.png'], { hold: 'look' })
    await shown.until(/validating/)
    shown.press('\u0003')
    assert.equal(await shown.ended, 130)
    assert.match(shown.frame().lines.join('\n'), new RegExp(`scenario-upload wait ${uploadId}`))
  })

  it('while standard input is read from a pipe', async (t) => {
    const folder = await tempFolder(t)
    const { path, write } = await pipeIn(folder)
    const { shown } = await stage(t, ['-', '--name', 'piped.png'], { stdin: path })
    const writer = await write()
    t.after(() => writer.close())
    await writer.write(pngBytes(MiB))
    await shown.until(/standard input/)
    shown.press('\u0003')
    assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
    assertRestored(shown)
    matches(shown.frame().lines, [/^✖ .*interrupted/, /^ {2}→ ./])
  })

  it('while standard input is typed', async (t) => {
    const { shown } = await stage(t, ['-', '--name', 'typed.txt', '--kind', 'text'])
    shown.press('some words\r')
    await shown.until(/standard input/)
    shown.press('\u0003')
    assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
    assertRestored(shown)
    matches(shown.frame().lines.slice(-2), [/✖ .*interrupted/, /^ {2}→ ./])
  })

  it('while standard input is typed finds what was typed untouched', async (t) => {
    const { shown } = await stage(t, ['-', '--name', 'typed.txt', '--kind', 'text'])
    await shown.until(/standard input.*Ctrl-D/)
    shown.press('some words\r')
    await shown.until(({ rows }) => rows.includes('some words'))
    shown.press('\u0003')
    assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
    assertRestored(shown)
  })

  it('while several files are under way says of each how it ended, and leaves nothing of their bars', async (t) => {
    const { shown } = await stage(t, ['hero.png', 'second.png'], { hold: 'put', from: 3 })
    await shown.until(({ rows }) => rows.filter((row) => bar.test(row)).length === 3)
    shown.press('\u0003')
    assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
    assertRestored(shown)
    assertCalm(shown, 80, 4)
    const { lines } = shown.frame()
    assert.ok(
      lines.some((line) => /^✖ hero\.png: interrupted/.test(line)),
      lines.join('\n'),
    )
    assert.match(lines.at(-1) ?? '', /^total: 0 of 2 done, /)
  })

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`has a kin, ${signal}, that ends it with ${code}`, async (t) => {
      const { shown } = await stage(t, ['hero.png'], { hold: 'put', from: 2 })
      await shown.until(midway)
      shown.kill(signal)
      assert.equal(await within(soonMs, shown.ended, 'the end'), code)
      assertRestored(shown)
      matches(shown.frame().lines, [/^✖ hero\.png: /, /^ {2}→ ./])
    })
  }

  it('and other signals in the same moment leave nothing of the bar', async (t) => {
    const { shown } = await stage(t, ['hero.png'], { hold: 'put', from: 2 })
    await shown.until(midway)
    // While it stands still they arrive, and then it hears of them in one go.
    for (const signal of ['SIGSTOP', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) shown.kill(signal)
    const code = await within(soonMs, shown.ended, 'the end')
    assert.ok([129, 130, 143].includes(code), String(code))
    assertRestored(shown)
  })
})

describe('a failure', pairs, () => {
  it('of the bucket leaves what happened and what to do', async (t) => {
    const { shown } = await inSandbox(t, ['hero.png'], {
      at: {
        fault: ({ call, partNumber }) =>
          call === 'put' && partNumber === 2
            ? { kind: 'reply', status: 403, body: '<Error><Code>AccessDenied</Code><Message>No</Message></Error>' }
            : { kind: 'delay', ms: 150 },
      },
    })
    assert.equal(await shown.ended, 6)
    matches(shown.frame().lines, [sandboxNote, /^✖ hero\.png: .*AccessDenied/, /^ {2}→ ./])
    assertCalm(shown)
    assertRestored(shown)
  })

  it('of the import too', async (t) => {
    const { shown } = await inSandbox(t, ['hero.png'], { cols: 40, at: { end: 'failed' } })
    assert.equal(await shown.ended, 1)
    matches(shown.frame().lines, [sandboxNote, /^✖ hero\.png: .*The file is corrupt/, /^ {2}→ ./])
    assertCalm(shown, 40)
    assertRestored(shown)
  })

  it('before anything was drawn writes no escape codes but colours', async (t) => {
    const { shown } = await stage(t, ['missing.png', '--color', 'never'])
    assert.equal(await shown.ended, 3)
    matches(shown.frame().lines, [/^✖ missing\.png: /, /^ {2}→ ./])
    assertRestored(shown)
  })
})

describe('what is said beside the bar', pairs, () => {
  it('stands above it, whole, while it goes on', async (t) => {
    const answers: FakeAnswers = {
      put: (response, received, nth) => {
        if (nth === 2) response.writeHead(503, { 'retry-after': '0' }).end()
        else if (nth === 3) response.writeHead(200, { etag: '"not-an-md5-1"' }).end()
        else setTimeout(() => goodPut(response, received, nth), 150)
      },
    }
    const { shown } = await stage(t, ['hero.png', '--verbose'], { answers })
    assert.equal(await shown.ended, 0)
    assertCalm(shown)
    assertRestored(shown)
    assertNeverBack(percents(shown))
    const { lines } = shown.frame()
    assert.equal(lines.filter((line) => /^· part [123] of 3 is in the storage$/.test(line)).length, 3)
    assert.equal(lines.filter((line) => /^· .*503/.test(line)).length, 1)
    assert.equal(lines.filter((line) => /^note: .*MD5/.test(line)).length, 1)
    assert.equal(lines.filter((line) => /^· verified: none/.test(line)).length, 1)
    // By whatever took the most time: on a busy machine that is not always the storage.
    assert.equal(lines.filter((line) => /^· limited by .+ \(\d+ % of the time/.test(line)).length, 1)
    assert.equal(lines.length, 9, lines.join('\n'))
  })

  it('is a count in the bar where nobody asked for more', async (t) => {
    const answers: FakeAnswers = {
      put: (response, received, nth) => {
        if (nth === 1) response.writeHead(503).end()
        else setTimeout(() => goodPut(response, received, nth), 150)
      },
    }
    const { shown } = await stage(t, ['hero.png'], { answers, cols: 120 })
    await shown.until(/1 retry/)
    assert.equal(await shown.ended, 0)
    assertCalm(shown, 120)
    matches(shown.frame().lines, [summary, 'asset_test1'])
  })
})

describe('the figures', pairs, () => {
  it('stay below 100 % until the last part is acknowledged', async (t) => {
    const { shown, server, release } = await stage(t, ['hero.png'], { hold: 'put', from: 3 })
    await shown.until(() => server.puts.length === 3)
    await sleep(400) // time enough for the bar to be wrong
    assert.doesNotMatch(shown.raw(), /100 %/)
    release()
    assert.equal(await shown.ended, 0)
    assertNeverBack(percents(shown))
  })

  it('do not go back when a part is sent again', async (t) => {
    const answers: FakeAnswers = {
      put: (response, received, nth) =>
        nth < 3 ? void response.writeHead(503).end() : goodPut(response, received, nth),
    }
    const { shown } = await stage(t, ['hero.png'], { answers })
    assert.equal(await shown.ended, 0)
    assertNeverBack(percents(shown))
  })

  it('sink while nothing moves', async (t) => {
    const { shown, server, release } = await stage(t, ['hero.png'], { hold: 'put', from: 2, cols: 120 })
    await shown.until(() => server.puts.length === 2)
    const before = shown.frames.length
    const seen = () => {
      const all = shown.frames.slice(before).flatMap(({ rows }) => rows.filter((row) => bar.test(row)))
      return all.filter((row) => percentIn(row) === percentIn(all.at(-1) ?? ''))
    }
    const speeds = () => [...new Set(seen().flatMap(speedIn))]
    await shown.until(() => speeds().length > 2)
    assert.deepEqual(
      speeds(),
      speeds().toSorted((a, b) => b - a),
    )
    for (const row of seen()) assert.doesNotMatch(row, /0:00 left/)
    release()
    assert.equal(await shown.ended, 0)
  })
})

const percentIn = (row: string) => /(\d+) %/.exec(row)?.[1]

/** Bytes a second; none where the row has no speed yet. */
function speedIn(row: string): number[] {
  const [, digits, unit = ''] = /([\d.]+) ([kM]?)B\/s/.exec(row) ?? []
  const factor = { '': 1, k: 1e3, M: 1e6 }[unit] ?? Number.NaN
  return digits === undefined ? [] : [Number(digits) * factor]
}

describe('wait', pairs, () => {
  it('shows a spinner until the upload has ended, then how, and the id', async (t) => {
    const server = await fakeScenario(t, {
      look: (response, _, nth) => {
        const end = nth < 2 ? { status: 'validating' } : { status: 'imported', entityId: 'asset_test1' }
        json(response, 200, { upload: { id: uploadId, ...end } })
      },
    })
    const shown = onTerminal(t, ['wait', uploadId], { env: envOf(server) })
    assert.equal(await shown.ended, 0)
    matches(drawnOf(shown), [/validating/])
    matches(shown.frame().lines, [/upload_test1.*imported/, 'asset_test1'])
    assertCalm(shown)
    assertRestored(shown)
  })

  it('ends with Ctrl-C, and says how to go on', async (t) => {
    const server = await fakeScenario(t, {
      look: (response) => json(response, 200, { upload: { id: uploadId, status: 'validating' } }),
    })
    const shown = onTerminal(t, ['wait', uploadId], { env: envOf(server) })
    await shown.until(({ rows }) => rows.some((row) => spinner.test(row)))
    shown.press('\u0003')
    assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
    matches(shown.frame().lines, [/^✖ .*interrupted/, /^ {2}→ ./])
    assertCalm(shown)
    assertRestored(shown)
  })
})

describe('several files', pairs, () => {
  const slowly: SandboxOptions = { fault: ({ call }) => (call === 'put' ? { kind: 'delay', ms: 400 } : undefined) }

  async function folderOfMany(t: TestContext, count: number, bytes = 1000) {
    const folder = await tempFolder(t)
    const names = Array.from({ length: count }, (_, index) => `${index}.png`)
    await Promise.all(names.map((name) => testFile(folder, name, pngBytes(bytes))))
    return { folder, names }
  }

  it('have a line each as they end, and one for all of them', async (t) => {
    const { folder, names } = await folderOfMany(t, 3, 15 * MiB)
    const { shown } = await inSandbox(t, names, { cwd: folder, at: slowly })
    assert.equal(await shown.ended, 0)
    const { lines } = shown.frame()
    for (const name of names) {
      assert.equal(lines.filter((line) => line.startsWith(`✔ ${name}: imported, 15.7 MB in `)).length, 1)
    }
    assert.equal(lines.filter((line) => /^asset_/.test(line)).length, 3)
    assert.match(lines.at(-1) ?? '', /^total: 3 of 3 done, 47\.2 MB in [\d.]+ s$/)
    assert.equal(lines.length, 8, lines.join('\n'))
    assertCalm(shown, 80, 5)
    assertRestored(shown)
    assertNeverBack(percentsOfAll(shown))
  })

  for (const [cols, rows] of [
    [80, 24],
    [40, 10],
    [20, 6],
    [80, 3],
  ] as const) {
    it(`fifty of them at ${cols} columns and ${rows} rows never take more than ${rows - 2} of these`, async (t) => {
      const { folder, names } = await folderOfMany(t, 50)
      const { shown } = await inSandbox(t, names, {
        ...{ cols, rows, cwd: folder, at: slowly },
        parts: ['--rpm', '1000'],
      })
      await shown.ended
      assertCalm(shown, cols, Math.max(1, rows - 2))
      assertRestored(shown)
      assert.equal(shown.frame().lines.filter((line) => line.startsWith('✔ ')).length, 50)
      assert.match(shown.frame().lines.at(-1) ?? '', /^total: 50 of 50 done, /)
    })
  }

  it('of which one fails end with what happened to each', async (t) => {
    const { shown } = await stage(t, ['missing.png', 'hero.png'])
    assert.equal(await shown.ended, 1)
    const { lines } = shown.frame()
    assert.match(lines[0] ?? '', /^✖ missing\.png: /)
    assert.match(lines[1] ?? '', /^ {2}→ ./)
    matches(lines.slice(2), [summary, 'asset_test1', /^total: 1 of 2 done, 1 failed, 15\.7 MB in /])
    assertCalm(shown, 80, 4)
    assertRestored(shown)
  })

  for (const cols of [120, 44]) {
    it(`leave nothing behind where the terminal becomes ${cols} columns wide in the middle`, async (t) => {
      const { shown, release } = await stage(t, ['hero.png', 'second.png'], { hold: 'put', from: 3 })
      const barsOf = ({ rows }: Frame) => rows.filter((row) => bar.test(row))
      await shown.until((frame) => barsOf(frame).length === 3)
      shown.resize(cols)
      await shown.until((frame) => barsOf(frame).length === 3 && barsOf(frame).every((row) => row.length < cols))
      await shown.until(({ wrapped }) => wrapped.length === 0)
      shown.resize(100)
      await shown.until((frame) => barsOf(frame).length === 3 && barsOf(frame).some((row) => row.length > 80))
      release()
      assert.equal(await shown.ended, 0)
      const { lines } = shown.frame()
      assert.deepEqual(lines.filter(isDrawn), [])
      assert.equal(lines.length, 5, lines.join('\n'))
      assertRestored(shown)
    })
  }
})

/** The figures of the last row alone, which is that of all files. */
function percentsOfAll({ frames }: OnTerminal): number[] {
  const rows = frames
    .map((frame) => frame.rows.at(-1) ?? '')
    .filter((row) => / of \d+ done$/.test(row) && bar.test(row))
  return rows.flatMap((row) => /(\d+) %/.exec(row)?.[1] ?? []).map(Number)
}

describe('colours', pairs, () => {
  const runs: [string, string[], Record<string, string>, boolean][] = [
    ['are on by themselves', [], {}, true],
    ['are off with NO_COLOR', [], { NO_COLOR: '1' }, false],
    ['are off with --color never', ['--color', 'never'], {}, false],
    ['are off with --color=never', ['--color=never'], {}, false],
    ['are off with --color never, whatever FORCE_COLOR says', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
    ['are on with --color always, whatever NO_COLOR says', ['--color', 'always'], { NO_COLOR: '1' }, true],
    ['are off with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
  ]

  for (const [name, args, env, expected] of runs) {
    it(name, async (t) => {
      const stdout = join(await tempFolder(t), 'ids')
      const { shown } = await stage(t, ['hero.png', ...args], { env, stdout })
      assert.equal(await shown.ended, 0)
      const drawn = shown.raw().slice(0, shown.raw().indexOf('✔'))
      const last = shown.raw().slice(shown.raw().indexOf('✔') - 8)
      assert.equal(colour.test(drawn), expected, JSON.stringify(drawn))
      assert.equal(colour.test(last), expected, JSON.stringify(last))
      // Also no word of Node's own about variables that contradict each other.
      matches(shown.frame().lines, [summary])
      assert.equal(await readFile(stdout, 'utf8'), 'asset_test1\n')
    })
  }
})

describe('a terminal that shows ASCII alone', pairs, () => {
  for (const [title, env] of [
    ['where the locale is another than UTF-8', { LANG: 'de_DE.ISO-8859-1' }],
    ['where LC_ALL overrides a UTF-8 one', { LANG: 'C.UTF-8', LC_ALL: 'C' }],
  ] as const) {
    it(title, async (t) => {
      const locale = { LC_ALL: undefined, LC_CTYPE: undefined, ...env }
      const { shown, release } = await stage(t, ['hero.png'], { hold: 'put', from: 2, env: locale })
      await shown.until(({ rows }) => rows.some((row) => /^#+-* +\d+ %/.test(row)))
      release()
      assert.equal(await shown.ended, 0)
      matches(shown.frame().lines, [/^v hero\.png: imported, 15\.7 MB in /, 'asset_test1'])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what is no letter of ASCII must not be there
      assert.doesNotMatch(shown.raw(), /[^\u0000-\u007f]/)
    })
  }

  it('gets its failures with an x', async (t) => {
    const { shown } = await stage(t, ['missing.png'], { env: { LC_ALL: 'POSIX' } })
    assert.equal(await shown.ended, 3)
    matches(shown.frame().lines, [/^x missing\.png: /, /^ {2}-> ./])
  })
})

describe('what cannot be drawn on', pairs, () => {
  const runs: [string, string[], StageOptions][] = [
    ['TERM=dumb', [], { env: { TERM: 'dumb' } }],
    ['TERM=dumb, whatever --progress says', ['--progress', 'bar'], { env: { TERM: 'dumb' } }],
    ['0 columns', [], { before: 'stty cols 0 &&' }],
    ['0 columns, whatever --progress says', ['--progress', 'bar'], { before: 'stty cols 0 &&' }],
    ['CI=true', [], { env: { CI: 'true' } }],
    ['--progress plain', ['--progress', 'plain'], {}],
  ]

  for (const [name, args, options] of runs) {
    it(`${name}: plain lines`, async (t) => {
      const { shown } = await stage(t, ['hero.png', '--color', 'never', ...args], options)
      assert.equal(await shown.ended, 0)
      const { lines } = shown.frame()
      assert.deepEqual(lines.filter(isDrawn), [])
      assert.ok(!shown.raw().includes(esc), JSON.stringify(shown.raw()))
      assert.ok(!shown.raw().replaceAll('\r\n', '').includes('\r'), JSON.stringify(shown.raw()))
      assert.ok(lines.length >= 6 && lines.length <= 12, lines.join('\n'))
      matches(lines.slice(0, 2), [/^creating/, /^sending.*15\.7 MB/])
      matches(lines.slice(-2), [summary, 'asset_test1'])
    })
  }

  for (const [name, args, CI] of [
    ['CI=true with --progress bar', ['--progress', 'bar'], 'true'],
    ['CI=false', [], 'false'],
    ['CI=0', [], '0'],
    ['an empty CI', [], ''],
  ] as const) {
    it(`${name} is not among them`, async (t) => {
      const { shown } = await stage(t, ['hero.png', ...args], { env: { CI } })
      assert.equal(await shown.ended, 0)
      matches(shown.frame().lines, [summary, 'asset_test1'])
      assertCalm(shown)
      assert.ok(drawnOf(shown).includes('bar'))
      assert.ok(drawnOf(shown).some((drawn) => drawn.startsWith('creating')))
    })
  }

  it('0 columns get no word while it waits', async (t) => {
    const waiting = { hold: 'complete', before: 'stty cols 0 &&' } as const
    const { shown, release } = await stage(t, ['hero.png', '--progress', 'bar'], waiting)
    await shown.until(/^finishing/m)
    const written = shown.raw()
    await sleep(500) // time enough for some frames
    assert.equal(shown.raw(), written)
    release()
    assert.equal(await shown.ended, 0)
  })
})

describe('a width that changes', pairs, () => {
  it('in the middle of the bar is kept to', async (t) => {
    const { shown, release } = await stage(t, ['hero.png'], { hold: 'put', from: 2, cols: 120 })
    const barOf = ({ rows }: Frame) => rows.filter((row) => bar.test(row)).at(-1) ?? ''
    await shown.until(midway)
    const wide = barOf(shown.frame()).length
    shown.resize(50)
    await shown.until((frame) => bar.test(barOf(frame)) && barOf(frame).length < 50)
    assert.deepEqual(shown.frame().wrapped, [])
    shown.resize(20)
    await shown.until((frame) => bar.test(barOf(frame)) && barOf(frame).length < 20)
    shown.resize(120)
    await shown.until((frame) => barOf(frame).length >= wide)
    release()
    assert.equal(await shown.ended, 0)
    matches(shown.frame().lines, [summary, 'asset_test1'])
    assertRestored(shown)
  })

  it('in the middle of a spinner is kept to', async (t) => {
    const { shown, release } = await stage(t, ['hero.png'], { hold: 'create' })
    await shown.until(/creating/)
    shown.resize(12)
    // A frame that was on its way as the width changed may stand wrapped above it.
    await shown.until(({ rows, wrapped }) => {
      const row = rows.at(-1) ?? ''
      return spinner.test(row) && row.length < 12 && !wrapped.includes(rows.length - 1)
    })
    shown.resize(80)
    await shown.until(/creating the upload/)
    release()
    assert.equal(await shown.ended, 0)
    matches(shown.frame().lines.slice(-2), [summary, 'asset_test1'])
    assert.ok(shown.cursorShown() && shown.wraps())
  })

  for (const [drawn, options, sign] of [
    ['spinner', { hold: 'create' }, /creating/],
    ['bar', { hold: 'put', from: 2 }, midway],
  ] as [string, StageOptions, RegExp][]) {
    it(`to none at all in the middle of a ${drawn} does not drive it mad`, async (t) => {
      const { path, write } = await pipeIn(await tempFolder(t))
      const before = `echo here; sh -c 'read go; stty cols 0 < /dev/tty; echo; echo gone' > /dev/tty < '${path}' &`
      const { shown } = await stage(t, ['hero.png'], { ...options, before })
      const writer = await write()
      await shown.until(sign)
      await writer.write('go\n')
      await writer.close()
      await shown.until(/gone/)
      await sleep(300) // time enough for some frames
      const written = shown.raw().length
      await sleep(300)
      assert.ok(shown.raw().length - written < 2000, 'it writes as fast as it can')
      shown.press('\u0003')
      assert.equal(await within(soonMs, shown.ended, 'the end'), 130)
      assert.equal(shown.frame().lines[0], 'here')
      assert.match(shown.frame().lines.join('\n'), /✖ .*interrupted/)
    })
  }
})

describe('keys pressed', pairs, () => {
  it('while the bar is drawn leave the last words below it', async (t) => {
    const { shown, release } = await stage(t, ['hero.png'], { hold: 'put', from: 2 })
    await shown.until(midway)
    for (const row of [1, 2]) {
      shown.press('\r')
      await shown.until(() => shown.cursorRow() === row)
    }
    release()
    assert.equal(await shown.ended, 0)
    matches(shown.frame().lines.slice(-2), [summary, 'asset_test1'])
    assert.ok(shown.cursorShown() && shown.wraps())
  })

  it('Ctrl-Z, gives the shell its terminal back, and `fg` goes on where it was', async (t) => {
    const shell = { before: 'set -m;', after: '; echo; echo stopped; read go; fg' }
    const { shown, release } = await stage(t, ['hero.png'], { hold: 'put', from: 2, ...shell })
    await shown.until(midway)
    shown.press('\u001a')
    await shown.until(/stopped/)
    assert.ok(shown.cursorShown(), 'the cursor is hidden')
    assert.ok(shown.wraps(), 'lines do not wrap')
    shown.press('\r')
    await shown.until(({ rows }) => bar.test(rows.at(-1) ?? ''))
    release()
    assert.equal(await shown.ended, 0)
    matches(shown.frame().lines.slice(-2), [summary, 'asset_test1'])
    assert.ok(shown.cursorShown() && shown.wraps())
  })
})
