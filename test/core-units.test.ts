/** Sizes, durations and counts as people write and read them, and the word that was meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { suggest } from '../src/core/suggest.js'
import {
  exactSize,
  formatBytes,
  formatClock,
  formatDuration,
  formatRate,
  parseCount,
  parseDuration,
  parseSize,
} from '../src/core/units.js'
import { UploadError } from '../src/errors.js'

function refuses(run: () => unknown, ...words: (string | RegExp)[]): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof UploadError, String(error))
    assert.equal(error.code, 'ERR_USAGE')
    for (const word of words)
      assert.match(`${error.message} ${error.hint}`, word instanceof RegExp ? word : literal(word))
    return true
  })
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}

const sizes: [text: string, bytes: number][] = [
  ['0', 0],
  ['123', 123],
  ['512B', 512],
  ['64KiB', 65_536],
  ['8MiB', 8_388_608],
  ['8mib', 8_388_608],
  ['8 MiB', 8_388_608],
  [' 8MiB ', 8_388_608],
  ['1.5GiB', 1_610_612_736],
  ['5TiB', 5_497_558_138_880],
  ['64kB', 64_000],
  ['64KB', 64_000],
  ['10MB', 10_000_000],
  ['1GB', 1_000_000_000],
  ['2TB', 2_000_000_000_000],
  ['1.001MB', 1_001_000],
  ['1.1MiB', 1_153_434],
]

for (const [text, bytes] of sizes) {
  test(`the size "${text}" is ${bytes} bytes`, () => assert.equal(parseSize(text, '--part-size'), bytes))
}

const notSizes = [
  '',
  ' ',
  'abc',
  '-1',
  '-1MiB',
  '1.5',
  '1.5B',
  'NaN',
  'Infinity',
  '1e3',
  '0x10',
  '8MiBs',
  '8  MiB',
  '1,5MB',
]
for (const text of [...notSizes, '.5MB', '5.MB', 'MiB', '9007199254740992', '9000TiB']) {
  test(`"${text}" is no size, and the error says which option and what was given`, () =>
    refuses(() => parseSize(text, '--part-size'), '--part-size', `not "${text}"`, '8MiB'))
}

for (const [text, ...choice] of [
  ['8M', '8MiB', '8MB'],
  ['64k', '64KiB', '64KB'],
  ['1.5g', '1.5GiB', '1.5GB'],
  ['1T', '1TiB', '1TB'],
] as const) {
  test(`"${text}" is ambiguous, and the error names both readings`, () =>
    refuses(() => parseSize(text, '--limit-rate'), '--limit-rate', `"${text}"`, 'ambiguous', ...choice))
}

test('plain bytes are read as they are', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (n) => parseSize(String(n), '-') === n))
})

test('an exact size is read back to the byte', () => {
  const wholes = fc
    .tuple(fc.nat(5000), fc.constantFrom(1, 1024 ** 2, 1024 ** 3, 1024 ** 4))
    .map(([n, unit]) => n * unit)
  fc.assert(fc.property(fc.oneof(fc.maxSafeNat(), wholes), (n) => parseSize(exactSize(n), '-') === n))
})

for (const [bytes, text] of [
  [0, '0'],
  [5_242_879, '5242879'],
  [5_242_880, '5MiB'],
  [5_368_709_120, '5GiB'],
  [5_497_558_138_880, '5TiB'],
] as const) {
  test(`${bytes} bytes to the byte: ${text}`, () => assert.equal(exactSize(bytes), text))
}

const durations: [text: string, ms: number][] = [
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['1.5s', 1500],
  ['10m', 600_000],
  ['10min', 600_000],
  ['2h', 7_200_000],
  ['1.5h', 5_400_000],
  ['1d', 86_400_000],
  ['1m30s', 90_000],
  ['2h 3min', 7_380_000],
  ['1d2h3m4s5ms', 93_784_005],
  [' 30s ', 30_000],
  ['0.4ms', 0],
]

for (const [text, ms] of durations) {
  test(`the duration "${text}" is ${ms} ms`, () => assert.equal(parseDuration(text, '--timeout'), ms))
}

for (const text of [
  '',
  ' ',
  '30',
  '0',
  '-1s',
  '1s1m',
  '1m1m',
  's',
  '1y',
  '1.s',
  'NaNs',
  'Infinity',
  '1e3s',
  '9999999999999d',
  '10M',
]) {
  test(`"${text}" is no duration, and the error names the units`, () =>
    refuses(() => parseDuration(text, '--timeout'), '--timeout', `not "${text}"`, 'ms, s, m, h, d'))
}

test('a count within its range', () => {
  for (const [text, count] of [
    ['1', 1],
    ['10', 10],
    [' 7 ', 7],
    ['007', 7],
  ] as const) {
    assert.equal(parseCount(text, { min: 1, max: 10, name: '--jobs' }), count)
  }
  assert.equal(parseCount('123456', { min: 0, name: '--rpm' }), 123_456)
})

for (const text of ['0', '11', '-1', '1.5', '', 'two', '1e1', 'NaN', 'Infinity']) {
  test(`"${text}" is no count from 1 to 10`, () =>
    refuses(() => parseCount(text, { min: 1, max: 10, name: '--jobs' }), '--jobs', 'from 1 to 10', `not "${text}"`))
}

test('a count that is refused is shown one that would do', () => {
  refuses(
    () => parseCount('0', { min: 1, max: 10, name: '--jobs' }),
    'Give a whole number from 1 to 10, such as `--jobs 1`.',
  )
})

test('a count with no upper end is still one that can be counted to', () => {
  refuses(() => parseCount('9007199254740993', { min: 1, name: '--rpm' }), '--rpm', 'at least 1')
})

const shownBytes: [bytes: number, text: string][] = [
  [0, '0 B'],
  [512, '512 B'],
  [999, '999 B'],
  [999.7, '1.0 kB'],
  [1000, '1.0 kB'],
  [4_200_000, '4.2 MB'],
  [99_940, '99.9 kB'],
  [99_960, '100 kB'],
  [123_400_000, '123 MB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [5_368_709_120, '5.4 GB'],
  [5_497_558_138_880, '5.5 TB'],
  [2e15, '2000 TB'],
]

for (const [bytes, text] of shownBytes) {
  test(`${bytes} bytes are shown as ${text}`, () => assert.equal(formatBytes(bytes), text))
}

test('a rate is bytes a second', () => {
  assert.equal(formatRate(12_300_000), '12.3 MB/s')
  assert.equal(formatRate(0.4), '0 B/s')
})

const shownDurations: [ms: number, text: string][] = [
  [0, '0 ms'],
  [40, '40 ms'],
  [3100, '3.1 s'],
  [30_000, '30 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min'],
  [60_000, '1 min'],
  [65_000, '1 min 5 s'],
  [900_000, '15 min'],
  [3_599_400, '59 min 59 s'],
  [3_599_500, '1 h'],
  [7_380_000, '2 h 3 min'],
  [90_000_000, '25 h'],
]

for (const [ms, text] of shownDurations) {
  test(`${ms} ms are shown as ${text}`, () => assert.equal(formatDuration(ms), text))
}

test('a duration as it is shown can be given back', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), (ms) => {
      const shown = formatDuration(ms)
      return formatDuration(parseDuration(shown, '-')) === shown
    }),
  )
})

const clocks: [ms: number, text: string][] = [
  [0, '0:00'],
  [7000, '0:07'],
  [7999, '0:07'],
  [723_000, '12:03'],
  [3_599_999, '59:59'],
  [3_723_000, '1:02:03'],
  [360_000_000, '100:00:00'],
]

for (const [ms, text] of clocks) {
  test(`a clock after ${ms} ms stands at ${text}`, () => assert.equal(formatClock(ms), text))
}

const options = ['3d', 'asset', 'audio', 'avatar', 'image', 'model', 'text', 'video']
const meant: [word: string, meant: string | undefined][] = [
  ['imgae', 'image'],
  ['imag', 'image'],
  ['images', 'image'],
  ['IMAGE', 'image'],
  ['vidoe', 'video'],
  ['vid', 'video'],
  ['txt', 'text'],
  ['2d', '3d'],
  ['avatars', 'avatar'],
  ['zz', undefined],
  ['png', undefined],
  ['mesh', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
]

for (const [word, candidate] of meant) {
  test(`who writes "${word.slice(0, 10)}" ${candidate ? `means ${candidate}` : 'is not second-guessed'}`, () =>
    assert.equal(suggest(word, options), candidate))
}

test('the nearest word is suggested, the first of several that are equally near, and in long words more slips are forgiven', () => {
  assert.equal(suggest('--part', ['--port', '--parts']), '--port')
  assert.equal(suggest('--parst', ['--port', '--parts']), '--parts')
  assert.equal(suggest('--colection-ids', ['--concurrency', '--collection']), '--collection')
})

test('every word means itself', () => {
  fc.assert(fc.property(fc.constantFrom(...options), (word) => suggest(word, options) === word))
})
