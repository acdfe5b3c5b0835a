/** Several sources, some at a time, answered in the order given. */
import pLimit, { type LimitFunction } from 'p-limit'
import type { ErrorCode } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Source } from '../sources/source.js'
import type { Said, Settings } from './context.js'
import { type Entry, letGo, type ReadyEntry } from './entry.js'
import { blankResult, failedResult } from './result.js'
import { createRunning, notTried, type Running, type Turn } from './running.js'
import { lastWord } from './upload-one.js'

interface Batch extends Pick<Settings, 'jobs' | 'failFast'> {
  uploadOne: (source: Source, index: number, turn: Turn) => Promise<UploadResult>
  say: (said: Said, index: number) => void
}

/** For each file in flight, so many more may wait for their import: each of them holds a lock and asks for looks. */
const waitingPerPlace = 16

/**
 * A failure does not stop the others, unless that was asked for or it would be theirs too: refused credentials, or the
 * caller's abort. The first goes ahead until the server knows of it, so that a wrong key is refused once and not for each.
 */
export async function runBatch(entries: readonly Entry[], batch: Batch): Promise<UploadResult[]> {
  const { jobs, failFast } = batch
  const limits = { begun: pLimit(jobs * (1 + waitingPerPlace)), places: pLimit(jobs) }
  const running = createRunning(failFast)
  const ahead = entries.find(({ is }) => is === 'ready')
  const tell = (result: UploadResult, index: number): UploadResult => {
    if (result.error && (failFast || ends.has(result.error.code))) running.stop()
    batch.say(lastWord(result), index)
    return result
  }
  const begin = (entry: ReadyEntry, index: number): Promise<UploadResult> =>
    limits.begun(async () => {
      if (entry !== ahead) await running.anyKnown
      const run = { entry, index, batch, places: limits.places, running }
      return takeTurn(run, (result) => tell(result, index))
    })
  const results: (UploadResult | Promise<UploadResult>)[] = []
  // What is known to be wrong is said before anything is sent.
  const firstEnded = entries.find(hasEndedAll)
  for (const [index, entry] of entries.entries()) {
    if (entry.is !== 'refused') continue
    const isTold = entry === firstEnded || !hasEndedAll(entry)
    results[index] = tell(isTold ? refused(entry) : untried(entry), index)
  }
  for (const [index, entry] of entries.entries()) {
    if (entry.is === 'ready') results[index] = begin(entry, index)
    if (entry.is === 'repeated') results[index] = repeat(entry, results[entry.of]).then((result) => tell(result, index))
  }
  return Promise.all(results)
}

interface Run {
  entry: ReadyEntry
  index: number
  batch: Batch
  places: LimitFunction
  running: Running
}

/**
 * Holds a place until the server has all it needs, and answers when it has ended. That is told before the place is
 * another's: it may be the end of all.
 */
function takeTurn(
  { entry, index, batch, places, running }: Run,
  tell: (result: UploadResult) => UploadResult,
): Promise<UploadResult> {
  return new Promise((resolve, reject) => {
    void places(async () => {
      if (running.stopped()) return leave(entry).then(tell).then(resolve, reject)
      const { leave: end, ...turn } = running.enter(entry)
      return new Promise<void>((handedOver) => {
        batch
          .uploadOne(entry.source, index, { ...turn, handedOver })
          .then(tell)
          .finally(end)
          .then(resolve, reject)
          .finally(handedOver)
      })
    })
  })
}

function refused({ shown, type, error }: Extract<Entry, { is: 'refused' }>): UploadResult {
  return failedResult(blankResult(shown, type), error)
}

async function repeat(
  { shown, type }: Extract<Entry, { is: 'repeated' }>,
  first: UploadResult | Promise<UploadResult> | undefined,
): Promise<UploadResult> {
  return { ...((await first) ?? blankResult(shown, type)), source: shown }
}

/** What would end every other source in the same way, or was meant for all of them. */
const ends: ReadonlySet<ErrorCode> = new Set([
  'ERR_CREDENTIALS_REFUSED',
  'ERR_INTERRUPTED',
  'ERR_TERMINATED',
  'ERR_HANGUP',
  'ERR_LISTENER',
  'ERR_MANIFEST',
])

/** An interruption while the sources were looked at stands at each that was left. */
const hasEndedAll = (entry: Entry) => entry.is === 'refused' && ends.has(entry.error.code)

const untried = (entry: Entry) => failedResult(blankResult(entry.shown, entry.type), notTried(entry))

async function leave(entry: Entry): Promise<UploadResult> {
  await letGo(entry)
  return untried(entry)
}
