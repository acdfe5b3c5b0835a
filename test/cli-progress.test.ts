/** Progress as people see it: honest figures, a line that fits, and few lines in a log. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { barLine } from '../src/cli/render/bar-line.js'
import { fit } from '../src/cli/render/fit.js'
import { createPlainRenderer, type PlainOptions } from '../src/cli/render/plain.js'
import type { Renderer, Spoken } from '../src/cli/render/renderer.js'
import { percentOf, type Seen, shownBytes } from '../src/cli/render/shown.js'
import { planTotalLine, totalLine } from '../src/cli/render/words.js'
import { styleFor } from '../src/cli/style.js'
import { blankResult } from '../src/engine/result.js'
import { UploadError } from '../src/errors.js'
import type { Phase, UploadResult } from '../src/events.js'

/** What the engine may say of an upload: acknowledged bytes never shrink, those in flight come and go. */
const stories = fc
  .record({
    total: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5 * 1024 ** 4 })),
    steps: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 40,
    }),
  })
  .map(({ total, steps }): Seen[] => {
    const acknowledged = steps.map(([share]) => Math.floor(share * total)).sort((a, b) => a - b)
    return acknowledged.map((bytes, i) => ({
      bytes,
      inFlight: Math.round((total - bytes) * (steps[i]?.[1] ?? 0)),
      total,
    }))
  })

describe('the figure that is shown', () => {
  const rows: readonly [title: string, seen: Seen, before: number, shown: number][] = [
    ['is nothing at first', { bytes: 0, inFlight: 0, total: 1000 }, 0, 0],
    ['counts what is acknowledged', { bytes: 500, inFlight: 0, total: 1000 }, 0, 500],
    ['counts what is on its way too', { bytes: 500, inFlight: 100, total: 1000 }, 0, 600],
    ['does not jump back on a retry', { bytes: 500, inFlight: 0, total: 1000 }, 600, 600],
    ['is never all while anything is on its way', { bytes: 900, inFlight: 100, total: 1000 }, 0, 990],
    ['is all once all is acknowledged', { bytes: 1000, inFlight: 0, total: 1000 }, 990, 1000],
  ]
  for (const [title, seen, before, shown] of rows) it(title, () => assert.equal(shownBytes(seen, before), shown))

  it('is never 100 % before the storage has it all, and is then', () => {
    fc.assert(
      fc.property(stories, (story) => {
        story.reduce((before, seen) => {
          const shown = shownBytes(seen, before)
          assert.equal(percentOf(shown, seen.total) >= 100, seen.bytes >= seen.total, JSON.stringify({ seen, shown }))
          return shown
        }, 0)
      }),
    )
  })

  it('never goes back, and is never less than what is acknowledged, as far as it may be told', () => {
    fc.assert(
      fc.property(stories, (story) => {
        story.reduce((before, seen) => {
          const shown = shownBytes(seen, before)
          assert.ok(shown >= before, `${before} → ${shown}`)
          assert.ok(shown <= seen.total)
          assert.ok(shown >= Math.min(seen.bytes, Math.floor(seen.total * 0.99)))
          return shown
        }, 0)
      }),
    )
  })
})

const wide = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}]/u
const drawnOver = /[\p{Mn}\p{Me}\u200d]/u

/** What a terminal gives a text: two columns to what is wide, such as Chinese and most pictures, none to marks. */
const columnsOf = (text: string) =>
  [...text].reduce((sum, each) => sum + (drawnOver.test(each) ? 0 : wide.test(each) ? 2 : 1), 0)

describe('a name that must fit', () => {
  const rows: readonly [name: string, columns: number, shown: string][] = [
    ['hero.png', 8, 'hero.png'],
    ['hero.png', 7, 'hero.p…'],
    ['hero.png', 1, '…'],
    ['hero.png', 0, ''],
    ['', 5, ''],
    ['英雄.png', 8, '英雄.png'],
    ['英雄.png', 7, '英雄.p…'],
    ['英雄.png', 4, '英…'],
    // A family of four is one picture, of eight columns where a terminal knows no families.
    ['a👨‍👩‍👧‍👦b.png', 9, 'a…'],
    ['a👨‍👩‍👧‍👦b.png', 10, 'a👨‍👩‍👧‍👦…'],
    // A letter and its accent, which take one column together.
    ['cafe\u0301s.png', 5, 'cafe\u0301…'],
    ['cafe\u0301s', 5, 'cafe\u0301s'],
    ['a – b “c”…', 10, 'a – b “c”…'],
    ['גיבור.png', 9, 'גיבור.png'],
    ['गौरव.png', 8, 'गौरव.png'],
  ]
  for (const [name, columns, shown] of rows) {
    it(`"${name}" in ${columns} columns is "${shown}"`, () => assert.equal(fit(name, columns), shown))
  }

  it('is cut with what the terminal can show', () => assert.equal(fit('hero.png', 7, '~'), 'hero.p~'))

  it('never takes more than its columns, and is a beginning of the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 60 }), (name, columns) => {
        const shown = fit(name, columns)
        assert.ok(columnsOf(shown) <= columns, shown)
        assert.ok(shown === name || name.startsWith(shown.replace(/…$/, '')))
      }),
    )
  })
})

describe('the line with the bar', () => {
  const figures = fc.record({
    shown: fc.integer({ min: 0, max: 2 ** 42 }),
    total: fc.integer({ min: 0, max: 2 ** 42 }),
    rate: fc.option(fc.double({ min: 0, max: 1e10, noNaN: true }), { nil: undefined }),
    leftMs: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined }),
    retries: fc.integer({ min: 0, max: 10_000 }),
    name: fc.string({ unit: 'grapheme' }),
  })
  const made = figures.map((each) => ({ ...each, shown: Math.min(each.shown, each.total) }))

  it('is never wider than the terminal less one, however narrow that is', () => {
    fc.assert(
      fc.property(made, (each) => {
        for (let columns = 1; columns <= 200; columns++) {
          const line = barLine(each, columns)
          assert.ok(columnsOf(line) <= columns - 1, `${columns}: ${line}`)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('always says how much, where there is room for it', () => {
    fc.assert(
      fc.property(made, fc.integer({ min: 8, max: 200 }), (each, columns) => {
        assert.match(barLine(each, columns), new RegExp(`${percentOf(each.shown, each.total)} %`))
      }),
    )
  })

  it('has a bar that is as full as the figure says', () => {
    const line = barLine(
      { shown: 500, total: 1000, rate: undefined, leftMs: undefined, retries: 0, name: 'hero.png' },
      80,
    )
    const full = [...line].filter((character) => character === '█').length
    const empty = [...line].filter((character) => character === '░').length
    assert.ok(full > 4 && Math.abs(full - empty) <= 1, line)
    assert.doesNotMatch(
      barLine({ shown: 999, total: 1000, rate: undefined, leftMs: undefined, retries: 0, name: 'hero.png' }, 80),
      /100 %/,
    )
  })

  it('at 80 columns says how much, how fast, how long and how many retries', () => {
    const line = barLine({ shown: 25e6, total: 100e6, rate: 5e6, leftMs: 15_000, retries: 2, name: 'hero.png' }, 80)
    for (const words of [/ 25 %/, /5\.0 MB\/s/, /0:15 left/, /25\.0 MB of 100 MB/, /2 retries/, /█░/]) {
      assert.match(line, words)
    }
  })

  it('says nothing of a speed that it does not know, or of retries that there were none', () => {
    const line = barLine(
      { shown: 25e6, total: 100e6, rate: undefined, leftMs: undefined, retries: 0, name: 'hero.png' },
      80,
    )
    assert.doesNotMatch(line, /left|\/s|retr|NaN|undefined|Infinity/)
    assert.doesNotMatch(
      barLine({ shown: 1, total: 10, rate: 0, leftMs: undefined, retries: 0, name: 'hero.png' }, 80),
      /left|NaN|Infinity/,
    )
  })

  it('leaves out what matters least first', () => {
    const narrow = barLine({ shown: 25e6, total: 100e6, rate: 5e6, leftMs: 15_000, retries: 2, name: 'hero.png' }, 40)
    assert.match(narrow, /25 %/)
    assert.doesNotMatch(narrow, /retries/)
  })
})

interface Log {
  renderer: Renderer
  lines: () => string[]
  text: () => string
  /** Lets the clock run. */
  pass: (ms: number) => void
}

function log(t: TestContext, options: Partial<PlainOptions> = {}): Log {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const state = { now: 0 }
  const written: string[] = []
  const stderr = {
    write: (text: string) => {
      written.push(text)
      return true
    },
    on: () => {},
  }
  const renderer = createPlainRenderer(stderr, {
    progress: true,
    verbose: false,
    style: styleFor(false),
    now: () => state.now,
    ...options,
  })
  t.after(() => renderer.stop())
  return {
    renderer,
    text: () => written.join(''),
    lines: () => written.join('').split('\n').slice(0, -1),
    pass: (ms) => {
      state.now += ms
      t.mock.timers.tick(ms)
    },
  }
}

const about = { index: 0, source: 'hero.png' }
const total = 100_000_000
const phase = (name: Phase) => ({
  event: 'phase' as const,
  phase: name,
  uploadId: 'upload_1',
  fileName: 'hero.png',
  total,
  ...about,
})
const progress = (bytes: number, inFlight = 0) => ({ event: 'progress' as const, bytes, inFlight, total, ...about })
const done = {
  event: 'done' as const,
  type: 'file' as const,
  ok: true,
  uploadId: 'upload_1',
  entityId: 'asset_1',
  kind: 'image',
  status: 'imported',
  fileName: 'hero.png',
  contentType: 'image/png',
  bytes: total,
  parts: 12,
  resumedParts: 0,
  retries: 0,
  durationMs: 1000,
  verified: 'md5' as const,
  skipped: false,
  ...about,
}

/** A whole upload, with this many milliseconds for its bytes and for its validation. */
function upload({ renderer, pass }: Log, sendMs: number, validateMs: number): void {
  renderer.hear(phase('creating'))
  renderer.hear(phase('sending'))
  renderer.hear(progress(0))
  for (let percent = 1; percent <= 100; percent++) {
    pass(sendMs / 100)
    renderer.hear(progress((total * percent) / 100))
  }
  renderer.hear(phase('finishing'))
  renderer.hear(phase('validating'))
  pass(validateMs)
  renderer.hear(done)
}

describe('plain lines', () => {
  it('tell the whole story of a short upload: its phases, its quarters, its end', (t) => {
    const short = log(t)
    upload(short, 2000, 1000)
    const lines = short.lines()
    assert.deepEqual(lines.slice(0, -1), [
      'creating the upload: hero.png',
      'sending 100 MB',
      'sent 25 % of 100 MB',
      'sent 50 % of 100 MB',
      'sent 75 % of 100 MB',
      'finishing',
      'validating',
    ])
    assert.match(lines.at(-1) ?? '', /✔ hero\.png: imported, 100 MB in 2 s \(50\.0 MB\/s\), MD5 verified/)
  })

  const durations: readonly [sendMs: number, validateMs: number][] = [
    [1000, 1000],
    [299_000, 500],
    [500, 299_000],
    [150_000, 149_000],
    [240_000, 59_000],
  ]
  for (const [sendMs, validateMs] of durations) {
    it(`are at most 12 for a file that takes ${sendMs / 1000} s and then ${validateMs / 1000} s`, (t) => {
      const one = log(t)
      upload(one, sendMs, validateMs)
      assert.ok(one.lines().length <= 12, one.text())
    })
  }

  it('have no escape codes and no carriage returns', (t) => {
    const one = log(t, { verbose: true })
    one.renderer.hear({ ...phase('creating'), source: 'a\u001b[2J\rb' })
    one.renderer.hear({ event: 'retry', what: 'create', attempt: 2, delayMs: 1, reason: '\u001b[1mx\r\ny', ...about })
    one.renderer.hear({ event: 'note', message: 'a\rb\u001b[0m', ...about })
    one.renderer.hear({ event: 'detail', message: 'a\rb\nc', ...about })
    one.renderer.hear({ ...done, source: 'x\u001b]0;t\u0007' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(one.text(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    assert.equal(one.lines().length, 5)
  })

  it('never begin with foreign text', (t) => {
    const one = log(t, { verbose: true })
    const foreign = '::error::x'
    one.renderer.hear({ ...phase('creating'), source: foreign })
    one.renderer.hear({ ...phase('sending'), source: foreign })
    one.renderer.hear({ event: 'note', message: foreign, ...about })
    one.renderer.hear({ event: 'detail', message: foreign, ...about })
    one.renderer.hear({ event: 'retry', what: 'create', attempt: 2, delayMs: 1, reason: foreign, ...about })
    one.renderer.hear({ ...done, source: foreign, status: foreign })
    one.renderer.hear({
      event: 'error',
      code: 'ERR_BUG',
      message: foreign,
      hint: foreign,
      exitCode: 70,
      retryable: false,
      requestId: foreign,
      ...about,
      source: foreign,
    })
    for (const line of one.lines()) assert.doesNotMatch(line, /^\s*(::|:\s?:error)/, line)
  })

  it('give a sign of life after a minute of silence, and again after the next', (t) => {
    const one = log(t)
    one.renderer.hear(phase('creating'))
    one.renderer.hear(phase('validating'))
    one.pass(59_000)
    assert.equal(one.lines().length, 2)
    one.pass(1000)
    assert.match(one.lines()[2] ?? '', /^still validating/)
    one.pass(60_000)
    assert.equal(one.lines().length, 4)
  })

  it('give none where something was said within the silence', async (t) => {
    // By the real clock: the timers of tests know no refresh.
    const written: string[] = []
    const stderr = { write: (text: string) => written.push(text) > 0, on: () => {} }
    const style = styleFor(false)
    const renderer = createPlainRenderer(stderr, { progress: true, verbose: false, style, silenceMs: 600 })
    t.after(() => renderer.stop())
    renderer.hear(phase('creating'))
    await sleep(400)
    renderer.hear(phase('sending'))
    await sleep(400)
    assert.equal(written.length, 2, written.join(''))
    await sleep(400)
    assert.deepEqual(written.slice(2), ['still sending: 0 % of 100 MB\n'])
  })

  it('tell in the sign of life how much was sent, and how many retries there were', (t) => {
    const one = log(t)
    one.renderer.hear(phase('creating'))
    one.renderer.hear(phase('sending'))
    one.renderer.hear(progress(20_000_000, 4_000_000))
    one.renderer.hear({ event: 'retry', what: 'part 1 of 2', attempt: 2, delayMs: 1000, reason: 'x', ...about })
    one.pass(60_000)
    assert.equal(one.lines().at(-1), 'still sending: 24 % of 100 MB, 1 retry')
  })

  it('give no sign of life once all is over', (t) => {
    const one = log(t)
    upload(one, 1000, 1000)
    const { length } = one.lines()
    one.pass(600_000)
    assert.equal(one.lines().length, length)
    one.renderer.stop()
    one.pass(600_000)
    assert.equal(one.lines().length, length)
  })

  it('say a quarter once, though a retry takes bytes back', (t) => {
    const one = log(t)
    one.renderer.hear(phase('creating'))
    one.renderer.hear(phase('sending'))
    for (const [bytes, inFlight] of [
      [0, 30],
      [0, 5],
      [0, 30],
      [10, 45],
      [10, 0],
      [55, 0],
    ] as const) {
      one.renderer.hear(progress(bytes * 1e6, inFlight * 1e6))
    }
    assert.deepEqual(one.lines().slice(2), ['sent 25 % of 100 MB', 'sent 50 % of 100 MB'])
  })

  const anew =
    'the part URLs expired, and the API gave no fresh ones: a new upload begins, and all bytes are sent again'

  it('are at most 12 where the upload begins anew three times: each mark and each phase is said once', (t) => {
    const one = log(t)
    for (const reached of [30, 55, 80]) {
      one.renderer.hear(phase('creating'))
      one.renderer.hear(phase('sending'))
      for (let percent = 0; percent <= reached; percent++) one.renderer.hear(progress(percent * 1e6))
      one.renderer.hear({ event: 'note', message: anew, ...about })
    }
    upload(one, 2000, 1000)
    const lines = one.lines()
    assert.ok(lines.length <= 12, one.text())
    for (const start of ['creating', 'sending', 'sent 25 %', 'sent 50 %', 'sent 75 %', 'finishing', 'validating']) {
      assert.equal(lines.filter((line) => line.startsWith(start)).length, 1, `${start}: ${one.text()}`)
    }
    assert.equal(lines[3], `note: ${anew}`)
    assert.match(lines.at(-1) ?? '', /^✔ hero\.png: imported/)
  })

  it('say each mark that was not said yet where an upload that went on begins anew', (t) => {
    const one = log(t)
    one.renderer.hear(phase('sending'))
    one.renderer.hear(progress(60e6))
    upload(one, 2000, 1000)
    for (const mark of [25, 50, 75]) {
      assert.equal(one.lines().filter((line) => line.startsWith(`sent ${mark} %`)).length, 1, one.text())
    }
  })

  it('of an upload that goes on begin at what is there, and tell the rate of new bytes alone', (t) => {
    const one = log(t)
    const { renderer, pass } = one
    renderer.hear(phase('creating'))
    renderer.hear(phase('sending'))
    renderer.hear(progress(60e6))
    for (const bytes of [70e6, 80e6, 90e6, 100e6]) {
      pass(1000)
      renderer.hear(progress(bytes))
    }
    renderer.hear(phase('finishing'))
    renderer.hear(done)
    assert.deepEqual(one.lines().slice(2, -1), ['sent 75 % of 100 MB', 'finishing'])
    assert.match(one.lines().at(-1) ?? '', /40\.0 MB in 4 s \(10\.0 MB\/s\) beside the 60\.0 MB that were there/)
  })

  const request = { event: 'request', method: 'PUT', url: 'https://b/k?…', status: 200, durationMs: 12 } as const

  it('tell no request where nobody asked for them', (t) => {
    const calm = log(t, { verbose: true })
    calm.renderer.hear({ ...request, ...about })
    assert.deepEqual(calm.lines(), [])
  })

  it('tell each request, its URL as it is, where that was asked for', (t) => {
    const curious = log(t, { debug: true })
    curious.renderer.hear({ ...request, ...about })
    curious.renderer.hear({ ...request, status: null, ...about })
    assert.deepEqual(curious.lines(), [
      '· PUT https://b/k?…: 200 after 12 ms',
      '· PUT https://b/k?…: no answer after 12 ms',
    ])
  })

  it('say nothing of 100 % before the last part is acknowledged', (t) => {
    const one = log(t)
    one.renderer.hear(phase('creating'))
    one.renderer.hear(phase('sending'))
    one.renderer.hear(progress(0, total))
    assert.doesNotMatch(one.text(), /100 %/)
  })

  it('without progress are notes and endings alone', (t) => {
    const quietly = log(t, { progress: false })
    upload(quietly, 1000, 1000)
    quietly.pass(120_000)
    quietly.renderer.hear({ event: 'note', message: 'by the way', ...about })
    assert.deepEqual(
      quietly.lines().map((line) => line.slice(0, 6)),
      ['✔ hero', 'note: '],
    )
  })

  it('tell of standard input that is being read: once, and in the sign of life', (t) => {
    const one = log(t)
    for (const bytes of [1e6, 2e6, 3e6]) one.renderer.hear({ event: 'spooled', bytes, ...about })
    one.pass(60_000)
    assert.deepEqual(one.lines(), ['reading standard input', 'still reading standard input: 3.0 MB'])
  })
})

/** A folder of files, each with its own way, that are under way side by side. */
interface Batch extends Log {
  hear: (index: number, ...events: OneOf[]) => void
}

type OneOf =
  | { phase: Phase }
  | { bytes: number; inFlight?: number }
  | { retry: true }
  | { done: true; skipped?: boolean }
  | { failed: string }

const each = 10_000_000

function batch(t: TestContext, sources: number, options: Partial<PlainOptions> = {}): Batch {
  const one = log(t, options)
  one.renderer.hear({ event: 'accepted', sources, bytes: sources * each })
  const hear: Batch['hear'] = (index, ...events) => {
    for (const event of events) one.renderer.hear(eventOf(index, event))
  }
  return { ...one, hear }
}

function eventOf(index: number, event: OneOf): Spoken {
  const which = { index, source: `${index}.png` }
  const file = { uploadId: `upload_${index}`, fileName: `${index}.png`, total: each }
  if ('phase' in event) return { event: 'phase', phase: event.phase, ...file, ...which }
  if ('bytes' in event) return { event: 'progress', inFlight: 0, total: each, ...event, ...which }
  if ('retry' in event) return { event: 'retry', what: 'part 1 of 2', attempt: 2, delayMs: 1, reason: 'x', ...which }
  if ('done' in event) return { ...done, bytes: each, skipped: event.skipped ?? false, ...which }
  return { event: 'error', ...new UploadError('ERR_SERVER', event.failed).toJSON(), ...which }
}

const sent: OneOf[] = [{ phase: 'sending' }, { bytes: 0 }, { bytes: each }, { phase: 'finishing' }]
const whole: OneOf[] = [{ phase: 'creating' }, ...sent, { phase: 'validating' }, { done: true }]

describe('plain lines of several files', () => {
  it('are one as each ends, and a few of all of them: 200 files make a log of 203 lines', (t) => {
    const { hear, lines, pass } = batch(t, 200)
    for (let index = 0; index < 200; index++) {
      hear(index, ...whole)
      pass(200)
    }
    const ends = lines().filter((line) => line.startsWith('✔'))
    assert.equal(ends.length, 200)
    assert.deepEqual(
      lines().filter((line) => !line.startsWith('✔')),
      [
        'sent 25 % of 2.0 GB (49 of 200 done)',
        'sent 50 % of 2.0 GB (99 of 200 done)',
        'sent 75 % of 2.0 GB (149 of 200 done)',
      ],
    )
  })

  it('that come interleaved keep the figures of each apart', (t) => {
    const { hear, lines, pass } = batch(t, 2)
    hear(0, { phase: 'creating' }, { phase: 'sending' }, { bytes: 0 })
    pass(1000)
    hear(1, { phase: 'creating' }, { phase: 'sending' }, { bytes: 0 }, { bytes: 2e6 })
    pass(1000)
    hear(0, { bytes: each }, { phase: 'finishing' })
    hear(1, { bytes: each }, { phase: 'finishing' }, { done: true })
    hear(0, { done: true })
    assert.deepEqual(
      lines().filter((line) => line.startsWith('✔')),
      [
        '✔ 1.png: imported, 10.0 MB in 1 s (10.0 MB/s), MD5 verified',
        '✔ 0.png: imported, 10.0 MB in 2 s (5.0 MB/s), MD5 verified',
      ],
    )
  })

  it('say a failure at once, with its hint, and its file where the sentence has no name', (t) => {
    const { hear, lines } = batch(t, 3)
    hear(0, { phase: 'creating' })
    hear(1, { phase: 'creating' }, { failed: 'the server is down' })
    assert.match(lines().join('\n'), /^✖ 1\.png: the server is down\n {2}→ \S.*$/)
  })

  it('give a sign of life after a minute of silence that says how many of how many', (t) => {
    const { hear, lines, pass } = batch(t, 20)
    for (const index of [0, 1, 2]) hear(index, ...sent, { phase: 'validating' })
    hear(3, { phase: 'creating' }, { failed: 'x' })
    hear(4, { phase: 'creating' }, { phase: 'sending' }, { bytes: 0 }, { bytes: 1e6, inFlight: 1e6 }, { retry: true })
    pass(60_000)
    assert.equal(
      lines().at(-1),
      'still at it: 0 of 20 done, 1 sending, 3 validating, 1 failed, 1 retry, 16 % of 190 MB sent',
    )
  })

  it('fall silent once all have ended', (t) => {
    const { hear, lines, pass } = batch(t, 2)
    hear(0, ...whole)
    hear(1, ...whole)
    const { length } = lines()
    pass(600_000)
    assert.equal(lines().length, length)
  })

  it('without progress are the endings alone', (t) => {
    const { hear, lines } = batch(t, 2, { progress: false })
    hear(0, ...whole)
    hear(1, ...whole)
    assert.deepEqual(
      lines().map((line) => line.slice(0, 7)),
      ['✔ 0.png', '✔ 1.png'],
    )
  })

  it('name the file in all that is said of one', (t) => {
    const { renderer, hear, lines } = batch(t, 2, { verbose: true })
    hear(1, { phase: 'creating' }, { retry: true })
    for (const event of ['note', 'detail'] as const)
      renderer.hear({ event, message: 'so it is', index: 1, source: '1.png' })
    assert.deepEqual(lines(), ['· 1.png: part 1 of 2: x; try 2 in 1 ms', 'note: 1.png: so it is', '· 1.png: so it is'])
  })

  it('say of one that the manifest knew that it was uploaded already', (t) => {
    const { hear, lines } = batch(t, 2)
    hear(0, { done: true, skipped: true })
    assert.match(lines()[0] ?? '', /^✔ 0\.png: already uploaded, /)
  })
})

describe('the last line of several files', () => {
  const blank = { ...blankResult('x', 'file'), bytes: each }
  const good = (n: number): UploadResult => ({ ...blank, ok: true, uploadId: `upload_${n}` })
  const bad = { ...blank, error: new UploadError('ERR_SERVER', 'x') }
  const untried = { ...blank, error: new UploadError('ERR_NOT_TRIED', 'x') }

  const rows: readonly [results: UploadResult[], line: string][] = [
    [[good(1), good(2)], 'total: 2 of 2 done, 20.0 MB in 1 min 5 s'],
    [[good(1), good(1)], 'total: 2 of 2 done, 10.0 MB in 1 min 5 s'],
    [[good(1), bad, bad, untried], 'total: 1 of 4 done, 2 failed, 1 not tried, 10.0 MB in 1 min 5 s'],
    [[good(1), { ...good(2), skipped: true }], 'total: 2 of 2 done (1 already uploaded), 10.0 MB in 1 min 5 s'],
    [[bad, bad], 'total: 0 of 2 done, 2 failed, in 1 min 5 s'],
  ]
  for (const [results, line] of rows) it(line, () => assert.equal(totalLine(results, 65_000), line))
})

describe('the last line of a plan of several files', () => {
  const planned = (source: string, bytes: number | null = 10_000_000, skipped = false): UploadResult => ({
    ...{ ...blankResult(source, 'file'), ok: true, kind: 'image', bytes, skipped },
  })
  const missing = { ...blankResult('x', 'file'), error: new UploadError('ERR_FILE_MISSING', 'x') }

  const rows: readonly [what: string, results: UploadResult[], line: string][] = [
    ['adds all files up', [planned('a'), planned('b', 2000), planned('c')], '3 would be uploaded, 20.0 MB'],
    [
      'counts a file that is given twice once',
      [planned('a'), planned('b'), planned('./a')],
      '2 would be uploaded, 20.0 MB',
    ],
    [
      'counts what the manifest has apart, once too',
      [planned('a'), planned('b', 10, true), planned('b', 10, true)],
      '1 would be uploaded, 1 already uploaded, 10.0 MB',
    ],
    [
      'has no size where nothing is sent',
      [planned('a', 10, true), planned('b', 10, true)],
      '0 would be uploaded, 2 already uploaded',
    ],
    [
      'counts what the server fetches, whose size nobody knows',
      [planned('a'), planned('b', null)],
      '2 would be uploaded, 10.0 MB',
    ],
    ['counts what cannot be uploaded', [planned('a'), missing, missing], '1 would be uploaded, 2 failed, 10.0 MB'],
  ]
  for (const [what, results, line] of rows) it(what, () => assert.equal(planTotalLine(results), `total: ${line}`))
})

describe('a slow link', () => {
  const slow = 'slow link: 50.0 kB/s; it goes on, and Ctrl-C keeps what was sent'

  function trickle({ renderer, pass }: Log, rate: number, seconds: number): void {
    renderer.hear(phase('creating'))
    renderer.hear(phase('sending'))
    for (let second = 0; second <= seconds; second++) {
      renderer.hear(progress(0, second * rate))
      pass(1000)
    }
  }

  it('is told once, after 20 seconds', (t) => {
    const one = log(t)
    trickle(one, 50_000, 19)
    assert.equal(one.lines().filter((line) => line.startsWith('slow')).length, 0)
    trickle(one, 50_000, 60)
    assert.deepEqual(
      one.lines().filter((line) => line.startsWith('slow')),
      [slow],
    )
  })

  it('is not one whose rate was asked for', (t) => {
    const one = log(t, { limited: true })
    trickle(one, 50_000, 60)
    assert.doesNotMatch(one.text(), /slow/)
  })

  it('is not one that is fast enough', (t) => {
    const one = log(t)
    trickle(one, 150_000, 60)
    assert.doesNotMatch(one.text(), /slow/)
  })

  it('is none of many small files, each of which takes no time', (t) => {
    const { hear, lines, pass } = batch(t, 100)
    for (let index = 0; index < 100; index++) {
      hear(index, { phase: 'creating' }, { phase: 'sending' }, { bytes: 0 }, { bytes: 50_000 })
      pass(1000)
      hear(index, { phase: 'finishing' }, { done: true })
    }
    assert.doesNotMatch(lines().join('\n'), /slow/)
  })
})
