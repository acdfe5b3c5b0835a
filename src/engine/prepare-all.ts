/** Makes every source ready before the first request, so that a usage error in any of them ends all. */
import pLimit from 'p-limit'
import { asUploadError, UploadError } from '../errors.js'
import type { UploadResult } from '../events.js'
import type { Reference } from '../sources/reference.js'
import type { Source } from '../sources/source.js'
import { createRequest } from './create.js'
import { type Entry, letGo } from './entry.js'
import { blankResult, failedResult, plannedResult } from './result.js'

interface Preparing {
  prepare: (reference: Reference, index: number) => Promise<Source>
  /** The same text for references to the same thing; null for what is always a thing of its own. */
  identity: (reference: Reference) => string | null
}

/** Files that are looked at side by side: enough to hide the time that a disk or a share takes to answer. */
const atOnce = 16

export async function prepareAll(references: readonly Reference[], preparing: Preparing): Promise<Entry[]> {
  const first = firstOfSame(references.map(preparing.identity))
  const looked = await lookAtAll(references, first, preparing)
  await endIfWrong(looked)
  const entries = references.map(({ type, shown }, at): Entry => {
    const own = looked[at]
    return own && own.is !== 'wrong' ? { type, shown, ...own } : { type, shown, is: 'repeated', of: first[at] ?? at }
  })
  return foldSame(entries)
}

/** Null for what repeats another. Standard input comes last: what is wrong with the others is said before it is read to its end. */
async function lookAtAll(references: readonly Reference[], first: readonly number[], { prepare }: Preparing) {
  const limit = pLimit(atOnce)
  const state = { goesOn: true }
  const look = async (reference: Reference, at: number): Promise<Looked | null> => {
    if (!state.goesOn || first[at] !== at) return null
    const looked = await attempt(() => prepare(reference, at))
    if (looked.is === 'wrong') state.goesOn = false
    return looked
  }
  const isStdin = ({ type }: Reference) => type === 'stdin'
  const early = await Promise.all(references.map((each, at) => (isStdin(each) ? null : limit(look, each, at))))
  return Promise.all(references.map((each, at) => (isStdin(each) ? look(each, at) : early[at])))
}

type Looked =
  | { is: 'ready'; source: Source }
  | { is: 'refused'; error: UploadError }
  | { is: 'wrong'; error: UploadError }

/** What the user asked wrongly (2) ends all; what a source has against it is its own. */
async function attempt(prepare: () => Promise<Source>): Promise<Looked> {
  try {
    return { is: 'ready', source: await prepare() }
  } catch (thrown) {
    const error = asUploadError(thrown)
    return { is: error.exitCode === 2 || error.code === 'ERR_BUG' ? 'wrong' : 'refused', error }
  }
}

/** Of all files that are to be sent. */
export function bytesOf(entries: readonly Entry[]): number {
  const sizes = entries.map((entry) =>
    entry.is === 'ready' && entry.source.flow === 'bytes' ? entry.source.plan.size : 0,
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The first of them in the order given is the one that is told: all before it were looked at. */
async function endIfWrong(looked: readonly (Looked | null | undefined)[]): Promise<void> {
  const wrong = looked.find((each) => each?.is === 'wrong')
  if (wrong?.is !== 'wrong') return
  await Promise.all(looked.map((each) => (each?.is === 'ready' ? letGo({ ...each.source, ...each }) : undefined)))
  throw wrong.error
}

/** For each place the first with the same text, which may be itself. */
function firstOfSame(texts: readonly (string | null)[]): number[] {
  const places = new Map<string, number>()
  return texts.map((text, at) => {
    if (text === null) return at
    const of = places.get(text) ?? at
    places.set(text, of)
    return of
  })
}

/** Two ways to the same thing, asked for in other words but to the same end, would be one upload that meets itself. */
function foldSame(entries: readonly Entry[]): Entry[] {
  const first = firstOfSame(entries.map((entry) => (entry.is === 'ready' ? sameAs(entry.source) : null)))
  return entries.map(({ type, shown, ...entry }, at) => {
    const of = first[entry.is === 'repeated' ? entry.of : at] ?? at
    return of === at ? { type, shown, ...entry } : { type, shown, is: 'repeated', of }
  })
}

function sameAs(source: Source): string | null {
  if (source.flow === 'remote') return JSON.stringify(createRequest(source))
  if (!source.origin) return null
  return JSON.stringify([source.origin.path, createRequest(source)])
}

/** What a run without requests answers. `isKnown`: the source would not be uploaded again. */
export async function planAll(
  entries: readonly Entry[],
  isKnown: (source: Source, index: number) => Promise<boolean> = async () => false,
): Promise<UploadResult[]> {
  const known = new Set<Entry>()
  try {
    for (const [index, entry] of entries.entries()) {
      if (entry.is === 'ready' && (await isKnown(entry.source, index))) known.add(entry)
    }
  } finally {
    await Promise.all(entries.map(letGo))
  }
  const planFor = (entry: Entry, first: Entry | undefined) =>
    planOf(entry, first, first !== undefined && known.has(first))
  return entries.map((entry) => planFor(entry, entry.is === 'repeated' ? entries[entry.of] : entry))
}

function planOf({ shown, type }: Entry, first: Entry | undefined, skipped: boolean): UploadResult {
  if (first?.is === 'ready') return { ...plannedResult(first.source), source: shown, ok: true, skipped }
  const error = first?.is === 'refused' ? first.error : new UploadError('ERR_BUG', 'a repeated source repeats nothing')
  return failedResult(blankResult(shown, type), error)
}
