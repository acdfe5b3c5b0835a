/** How a file is split: exactly as asked, within the storage's limits, or an error that says what would do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkSplit, type PartLimits, type Plan, partRange, planParts, type SplitRequest } from '../src/core/parts.js'
import { UploadError } from '../src/errors.js'

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4

/** The limits are written out again here: a slip in the source's own must not pass. */
const s3: PartLimits = { minPart: 5 * MiB, maxPart: 5 * GiB, maxParts: 10_000, maxSize: 5 * TiB }
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 100 * MiB }),
  fc.maxSafeInteger().map((n) => (Math.abs(n) % (5 * TiB)) + 1),
  // Around whole multiples of the smallest and the largest part, where the off-by-ones live.
  fc
    .tuple(
      fc.integer({ min: 1, max: 10_000 }),
      fc.constantFrom(5 * MiB, 8 * MiB, 5 * GiB),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([n, unit, more]) => Math.min(n * unit + more, 5 * TiB)),
)
const counts = fc.integer({ min: 1, max: 10_000 })

function sizesOf(plan: Plan): number[] {
  return Array.from({ length: plan.count }, (_, i) => partRange(plan, i + 1)).map(({ start, end }) => end - start)
}

/** What the storage checks at the very end, looked at part by part. */
function assertAccepted(plan: Plan, limits: PartLimits = s3): void {
  const ranges = Array.from({ length: plan.count }, (_, i) => partRange(plan, i + 1))
  const lengths = ranges.map(({ start, end }) => end - start)
  assert.equal(ranges[0]?.start, 0)
  assert.equal(ranges.at(-1)?.end, plan.size)
  assert.ok(ranges.every(({ number }, i) => number === i + 1))
  assert.ok(ranges.every(({ start }, i) => i === 0 || start === ranges[i - 1]?.end))
  assert.ok(lengths.slice(0, -1).every((length) => length >= limits.minPart && length === plan.partSize))
  assert.ok(lengths.every((length) => length >= 1 && length <= limits.maxPart))
  assert.ok(plan.count <= limits.maxParts)
}

function errorOf(run: () => unknown): UploadError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof UploadError, String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

const splits: [title: string, size: number, split: SplitRequest, lengths: number[]][] = [
  ['a small file is one part', 3, {}, [3]],
  ['a file of one byte', 1, {}, [1]],
  ['a whole multiple of 8 MiB has no small rest', 24 * MiB, {}, [8 * MiB, 8 * MiB, 8 * MiB]],
  ['one byte more is one part more', 16 * MiB + 1, {}, [8 * MiB, 8 * MiB, 1]],
  ['one byte less is the last part shorter', 16 * MiB - 1, {}, [8 * MiB, 8 * MiB - 1]],
  ['8.1 MiB in two parts is 5 and 3.1, not twice 4.05', 8_493_466, { parts: 2 }, [5 * MiB, 8_493_466 - 5 * MiB]],
  ['ten bytes in one part', 10, { parts: 1 }, [10]],
  ['an even split', 12 * MiB, { parts: 2 }, [6 * MiB, 6 * MiB]],
  ['an even split has its remainder last', 18 * MiB + 1, { parts: 3 }, [6 * MiB + 1, 6 * MiB + 1, 6 * MiB - 1]],
  ['just even enough', 10 * MiB, { parts: 2 }, [5 * MiB, 5 * MiB]],
  ['just not even enough', 10 * MiB - 2, { parts: 2 }, [5 * MiB, 5 * MiB - 2]],
  ['the rest may be a single byte', 10 * MiB + 1, { parts: 3 }, [5 * MiB, 5 * MiB, 1]],
  ['5 GiB in one part', 5 * GiB, { parts: 1 }, [5 * GiB]],
  ['parts of a size', 12 * MiB, { partSize: 5 * MiB }, [5 * MiB, 5 * MiB, 2 * MiB]],
  ['parts larger than the file', 12 * MiB, { partSize: 5 * GiB }, [12 * MiB]],
]

for (const [title, size, split, lengths] of splits) {
  test(`a split: ${title}`, () => assert.deepEqual(sizesOf(planParts(size, split)), lengths))
}

const plans: [title: string, size: number, split: SplitRequest, partSize: number, count: number][] = [
  ['8 MiB parts up to 8000 MiB', 8000 * MiB, {}, 8 * MiB, 1000],
  ['a larger file has larger parts, up to a whole MiB', 8000 * MiB + 1, {}, 9 * MiB, 889],
  ['5 TiB by default is 1024 parts of 5 GiB', 5 * TiB, {}, 5 * GiB, 1024],
  ['5 TiB in 10,000 parts', 5 * TiB, { parts: 10_000 }, 549_755_814, 10_000],
  ['5 TiB in as few parts as there can be', 5 * TiB, { parts: 1024 }, 5 * GiB, 1024],
  ['10,000 parts of a size', 50_000 * MiB, { partSize: 5 * MiB }, 5 * MiB, 10_000],
]

for (const [title, size, split, partSize, count] of plans) {
  test(`a plan: ${title}`, () => assert.deepEqual(planParts(size, split), { size, partSize, count }))
}

const refusals: [title: string, size: number, split: SplitRequest, code: string, message: RegExp, hint: RegExp][] = [
  ['too many parts', 12 * MiB, { parts: 4 }, 'ERR_PARTS', /at most 3 parts, not 4.*5MiB/, /--parts 3` or fewer/],
  ['any split of a small file', 100, { parts: 2 }, 'ERR_PARTS', /at most 1 part, not 2/, /--parts 1`, or/],
  ['a last part of no bytes', 10 * MiB, { parts: 3 }, 'ERR_PARTS', /at most 2 parts, not 3/, /--parts 2`/],
  ['a part over 5 GiB', 5 * GiB + 1, { parts: 1 }, 'ERR_PARTS', /at least 2 parts, not 1.*5GiB/, /--parts 2` or more/],
  ['5 TiB in too few', 5 * TiB, { parts: 1023 }, 'ERR_PARTS', /at least 1024 parts/, /--parts 1024`/],
  [
    'over 10,000 parts of a size',
    100_000 * MiB + 1,
    { partSize: 5 * MiB },
    'ERR_PARTS',
    /more than 10000 .*smallest part size for it is 10485761 bytes/,
    /--part-size 11MiB` or more/,
  ],
  ['a file over 5 TiB', 5 * TiB + 1, {}, 'ERR_FILE_TOO_LARGE', /5497558138881 bytes.*5TiB/, /Split/],
  ['an empty file', 0, {}, 'ERR_FILE_EMPTY', /no bytes/, /./],
  ['a bad option before a bad file', 0, { parts: 0 }, 'ERR_USAGE', /--parts/, /./],
]

for (const [title, size, split, code, message, hint] of refusals) {
  test(`refused: ${title}`, () => {
    const error = errorOf(() => planParts(size, split))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.match(error.hint, hint)
  })
}

const badOptions: [split: SplitRequest, message: RegExp][] = [
  [{ parts: 0 }, /--parts takes a whole number from 1 to 10000, not 0/],
  [{ parts: -1 }, /not -1/],
  [{ parts: 1.5 }, /not 1.5/],
  [{ parts: Number.NaN }, /not NaN/],
  [{ parts: 10_001 }, /not 10001/],
  [{ partSize: 5 * MiB - 1 }, /--part-size takes 5MiB to 5GiB, not 5242879/],
  [{ partSize: 5 * GiB + 1 }, /5MiB to 5GiB/],
  [{ partSize: 6 * MiB + 0.5 }, /5MiB to 5GiB/],
  [{ parts: 2, partSize: 8 * MiB }, /cannot be given together/],
]

for (const [split, message] of badOptions) {
  test(`an option of its own that is wrong: ${JSON.stringify(split)}`, () => {
    const error = errorOf(() => checkSplit(split))
    assert.equal(error.code, 'ERR_USAGE')
    assert.match(error.message, message)
  })
}

test('options that are right, at both ends of their range', () => {
  for (const split of [{}, { parts: 1 }, { parts: 10_000 }, { partSize: 5 * MiB }, { partSize: 5 * GiB }])
    checkSplit(split)
})

test('there is no part before the first or after the last', () => {
  for (const number of [0, 3, 1.5]) assert.throws(() => partRange(planParts(16 * MiB), number), RangeError)
})

test('any file in any number of parts: exactly that many, all acceptable, wherever that can be', () => {
  fc.assert(
    fc.property(sizes, counts, (size, parts) => {
      const possible = (parts - 1) * s3.minPart < size && size <= parts * s3.maxPart
      if (!possible) return errorOf(() => planParts(size, { parts })).code === 'ERR_PARTS'
      const plan = planParts(size, { parts })
      assertAccepted(plan)
      return plan.count === parts
    }),
    { numRuns: 500 },
  )
})

test('the number of parts that an error names can be had', () => {
  fc.assert(
    fc.property(sizes, counts, (size, parts) => {
      const possible = (parts - 1) * s3.minPart < size && size <= parts * s3.maxPart
      fc.pre(!possible)
      const named = Number(/at (?:most|least) (\d+) part/.exec(errorOf(() => planParts(size, { parts })).message)?.[1])
      assert.equal(planParts(size, { parts: named }).count, named)
    }),
  )
})

test('any file in parts of any size: all acceptable, wherever 10,000 are enough', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 5 * MiB, max: 5 * GiB }), (size, partSize) => {
      if (Math.ceil(size / partSize) > s3.maxParts) {
        const error = errorOf(() => planParts(size, { partSize }))
        const smallest = Number(/is (\d+) bytes$/.exec(error.message)?.[1])
        assert.ok(planParts(size, { partSize: smallest }).count <= s3.maxParts)
        assert.ok(Math.ceil(size / (smallest - 1)) > s3.maxParts)
        return
      }
      assertAccepted(planParts(size, { partSize }))
    }),
    { numRuns: 300 },
  )
})

test('any file by default: all acceptable, and about a thousand parts at most', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const plan = planParts(size)
      assertAccepted(plan)
      assert.ok(plan.count <= 1024)
    }),
    { numRuns: 500 },
  )
})

test('every size in every number of parts, under small limits', () => {
  const small: PartLimits = { minPart: 25, maxPart: 100, maxParts: 20, maxSize: 1000 }
  for (let size = 1; size <= small.maxSize; size++) {
    for (let parts = 1; parts <= small.maxParts; parts++) {
      if ((parts - 1) * small.minPart < size && size <= parts * small.maxPart) {
        const plan = planParts(size, { parts }, small)
        assert.equal(plan.count, parts)
        assertAccepted(plan, small)
      } else {
        assert.equal(errorOf(() => planParts(size, { parts }, small)).code, 'ERR_PARTS')
      }
    }
  }
})
