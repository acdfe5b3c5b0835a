/** Uploads as they are told, moment by moment: what the screens in `test/golden` show. */
import type { Spoken } from '../../src/cli/render/renderer.js'
import { blankResult } from '../../src/engine/result.js'
import { UploadError } from '../../src/errors.js'
import type { Phase } from '../../src/events.js'

interface Step {
  /** How much later than the step before. */
  afterMs: number
  event: Spoken
}

export interface Moment {
  name: string
  steps: readonly Step[]
}

const MB = 1e6

/** What one file has to say. */
function file(index: number, source: string, total: number) {
  const about = { index, source }
  const at = (event: Spoken, afterMs = 0): Step => ({ afterMs, event })
  const result = {
    ...blankResult(source, 'file'),
    ok: true,
    status: 'imported',
    verified: 'md5' as const,
    bytes: total,
  }
  return {
    phase: (phase: Phase) => at({ event: 'phase', phase, uploadId: 'upload_1', fileName: source, total, ...about }),
    sent: (bytes: number, afterMs = 0) =>
      at(
        { event: 'progress', bytes: bytes - Math.min(bytes, MB), inFlight: Math.min(bytes, MB), total, ...about },
        afterMs,
      ),
    retry: () =>
      at({
        event: 'retry',
        what: 'part 1 of 9',
        attempt: 2,
        delayMs: 900,
        reason: 'the storage answered 503',
        ...about,
      }),
    note: (message: string) => at({ event: 'note', message, ...about }),
    done: (afterMs = 0) => at({ ...result, event: 'done', ...about }, afterMs),
    failed: () =>
      at({
        event: 'error',
        ...new UploadError('ERR_SERVER', 'the storage answered 503 (SlowDown)').toJSON(),
        ...about,
      }),
  }
}

const accepted = (sources: number, bytes: number): Step => ({
  afterMs: 0,
  event: { event: 'accepted', sources, bytes },
})

const seconds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

function one(): Moment[] {
  const hero = file(0, 'castle-with-a-long-name-of-its-own.glb', 100 * MB)
  return [
    { name: 'creating', steps: [accepted(1, 100 * MB), hero.phase('creating')] },
    {
      name: 'sending, after 10 seconds',
      steps: [hero.phase('sending'), hero.sent(0), ...seconds(10).map((second) => hero.sent(4 * MB * second, 1000))],
    },
    { name: 'with two retries', steps: [hero.retry(), hero.retry(), hero.sent(44 * MB, 1000)] },
    { name: 'finishing', steps: [hero.phase('finishing')] },
    { name: 'validating, and a note', steps: [hero.note('the storage encrypts'), hero.phase('validating')] },
    { name: 'done', steps: [hero.done(2000)] },
  ]
}

function three(): Moment[] {
  const [wide, family, rtl] = [
    file(0, '英雄の城🚀.png', 20 * MB),
    file(1, 'family-👨‍👩‍👧‍👦-cafe\u0301.png', 30 * MB),
    file(2, 'גיבור-על-\u202egnp.png', 50 * MB),
  ]
  return [
    { name: 'creating', steps: [accepted(3, 100 * MB), ...[wide, family, rtl].map((each) => each.phase('creating'))] },
    {
      name: 'sending, after 5 seconds',
      steps: [
        ...[wide, family, rtl].flatMap((each) => [each.phase('sending'), each.sent(0)]),
        ...seconds(5).flatMap((second) => [
          wide.sent(3 * MB * second, 1000),
          family.sent(2 * MB * second),
          rtl.sent(MB * second),
        ]),
      ],
    },
    {
      name: 'one validates, one was tried again',
      steps: [wide.sent(20 * MB, 1000), wide.phase('finishing'), wide.phase('validating'), family.retry()],
    },
    { name: 'one has failed, and one is done', steps: [family.failed(), wide.done(1000)] },
    {
      name: 'the last one validates',
      steps: [rtl.sent(50 * MB, 1000), rtl.phase('finishing'), rtl.phase('validating')],
    },
    { name: 'done', steps: [rtl.done(1000)] },
  ]
}

function fifty(): Moment[] {
  const all = Array.from({ length: 50 }, (_, index) => file(index, `texture-${index + 1}.png`, 10 * MB))
  const [ended, waiting, under] = [all.slice(0, 3), all.slice(3, 9), all.slice(9, 15)]
  const whole = (each: ReturnType<typeof file>) => [
    ...[each.phase('creating'), each.phase('sending'), each.sent(0), each.sent(10 * MB, 500)],
    ...[each.phase('finishing'), each.phase('validating')],
  ]
  return [
    {
      name: 'some have ended, some wait, six are sending',
      steps: [
        accepted(50, 500 * MB),
        ...[...ended, ...waiting].flatMap(whole),
        ...ended.map((each) => each.done()),
        ...under.flatMap((each) => [each.phase('creating'), each.phase('sending'), each.sent(0)]),
        ...under.map((each, index) => each.sent(index * MB + MB, 1000)),
      ],
    },
    {
      name: 'one of the six has ended, and another took its place',
      steps: [
        ...[under[1]?.sent(10 * MB, 1000), under[1]?.phase('finishing'), under[1]?.done()].filter(
          (step) => step !== undefined,
        ),
        ...[
          all[15]?.phase('creating'),
          all[15]?.phase('sending'),
          all[15]?.sent(0),
          all[15]?.sent(3 * MB, 1000),
        ].filter((step) => step !== undefined),
      ],
    },
  ]
}

export const stories = { one: one(), three: three(), fifty: fifty() } satisfies Record<string, Moment[]>

export const isStory = (name: string): name is keyof typeof stories => Object.hasOwn(stories, name)
