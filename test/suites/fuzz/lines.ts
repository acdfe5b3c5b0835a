/** Lines as people, scripts and slips of the hand write them, and options as a caller without a compiler gives them. */
import fc from 'fast-check'
import { optionTable } from '../../../src/cli/options.js'

const flags = optionTable
  .flatMap(({ flags: words }) => words.replace(/<.*>/, '').split(/[ ,]+/))
  .filter((word) => word !== '')
const commands = ['status', 'wait', 'forget', 'sandbox', 'doctor', 'completion', 'help', 'upload']
const values = [
  ...[
    '10m',
    '30s',
    '0',
    '-1',
    '1e9',
    '8MiB',
    '5GiB',
    '1.5k',
    'NaN',
    'Infinity',
    '',
    ' ',
    'imported',
    'validated',
    'image',
    'json',
  ],
  ...[
    'hf:owner/name',
    'https://a.test/a.png?token=1',
    'civitai:1',
    '-',
    'upload_1',
    'proj_1',
    '__proto__',
    'constructor',
    'C:\\a.png',
  ],
]
const awkward = [
  '--',
  '---',
  '-',
  '-x',
  '--=',
  '--parts=',
  '-nq',
  '-c4',
  '--no-',
  '--no-no-wait',
  '--__proto__',
  '--constructor=1',
  '=',
]
const long = ['x', '-', 'é', '--kind=', 'hf:', 'https://', '1', '../'].map((piece) => piece.repeat(3000))

const word = fc.oneof(
  { arbitrary: fc.constantFrom(...flags, '--help', '-h', '--version', '-V'), weight: 6 },
  { arbitrary: fc.constantFrom(...values), weight: 6 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(...flags), fc.constantFrom(...values))
      .map(([flag, value]) => `${flag}=${value}`),
    weight: 3,
  },
  { arbitrary: fc.constantFrom(...awkward, ...commands), weight: 3 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 12 }), weight: 2 },
  {
    arbitrary: fc
      .constantFrom(...flags)
      .chain((flag) => fc.nat(flag.length).map((at) => flag.slice(0, at) + flag.slice(at + 1))),
    weight: 1,
  },
  { arbitrary: fc.constantFrom(...long), weight: 1 },
)

export const line: fc.Arbitrary<string[]> = fc.oneof(
  fc.array(word, { maxLength: 8 }),
  fc.tuple(fc.constantFrom(...commands), fc.array(word, { maxLength: 4 })).map(([command, rest]) => [command, ...rest]),
)

const source = fc.tuple(
  fc.constantFrom(
    ...[
      '',
      'hf:',
      'HF:',
      'civitai:',
      'https://',
      'http://',
      'huggingface.co/',
      'civitai.com/models/',
      'file://',
      'data:',
      '~/',
      './',
    ],
  ),
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.webUrl().map((url) => url.slice(8)),
    fc.constantFrom(...values, ...long),
  ),
)

/** A source as a text, or as an object that may be none. */
export const sourceInput = (anything: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: source.map((pieces) => pieces.join('')), weight: 4 },
    {
      arbitrary: fc.dictionary(
        fc.constantFrom('file', 'stdin', 'url', 'huggingface', 'civitai', '__proto__', 'other'),
        fc.oneof(
          source.map((pieces) => pieces.join('')),
          fc.constant(true),
          anything,
        ),
        { maxKeys: 2 },
      ),
      weight: 2,
    },
    anything,
  )

const names = [
  ...[
    'concurrency',
    'limitRate',
    'verify',
    'wait',
    'until',
    'timeout',
    'retryFor',
    'stallTimeout',
    'resume',
    'collection',
    'parent',
  ],
  ...['hide', 'name', 'contentType', 'kind', 'parts', 'partSize', '__proto__', 'constructor'],
]
const rightValues: unknown[] = [
  1,
  4,
  65,
  0,
  'imported',
  'validated',
  'id_1',
  ['id_1', 'id_2'],
  'image',
  'model',
  true,
  false,
  8 * 1024 ** 2,
  'a.png',
  'image/png',
]
const oddValues: unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  1.5,
  '4',
  '',
  null,
  [],
  {},
  [1],
  [null],
  Symbol.iterator,
  10n,
  () => 1,
]

export const options = (anything: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(
      { arbitrary: fc.constantFrom(...rightValues), weight: 4 },
      { arbitrary: fc.constantFrom(...oddValues), weight: 2 },
      anything,
    ),
    { maxKeys: 4 },
  )
