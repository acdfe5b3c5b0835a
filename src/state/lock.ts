/** One run at a time for each upload: a file that says who has it, and that a dead run does not keep. */
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readFile, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../core/system-code.js'
import { type Files, ownFiles } from './files.js'
import { isRunning, placeOfPids, startOf } from './process-mark.js'
import { temporarySuffix } from './write-file.js'

export interface Holder {
  pid: number
  /** ISO date. */
  since: string
  /** Where its pid means something. */
  place: string
  /** See `startOf`. */
  start: string
}

export interface Lock {
  release(): Promise<void>
}

export type Locking = { is: 'taken'; lock: Lock } | { is: 'held'; by: Holder }

/** A lock from elsewhere, where nobody can ask for its process, is dead once it was not touched for so long. */
const beatMs = 20_000
const silentMs = 6 * beatMs
/** A lock that is being written is empty for a moment, and a takeover takes one. */
const momentMs = 5000
const roundMs = 50
/** What is larger by far is no lock; and what is no file, as a pipe, might be read for ever. */
const mostBytes = 64 * 1024
const mostRounds = (3 * momentMs) / roundMs

/** Takes the lock at `path`, from a dead holder too. Throws what the file system has against it. */
export async function takeLock(path: string, files: Files = ownFiles): Promise<Locking> {
  const text = ownText()
  for (let round = 0; round < mostRounds; round++) {
    if (await wroteNew(path, text, files)) return { is: 'taken', lock: held(path, text, files) }
    const seen = await look(path)
    if (seen.is === 'alive') return { is: 'held', by: seen.holder }
    if (seen.is === 'dead' && (await tookOver(path, seen.text, text, files)))
      return { is: 'taken', lock: held(path, text, files) }
    await sleep(roundMs) // someone is about to take it, or just let go of it
  }
  throw Object.assign(new Error('the lock is neither taken nor free'), { code: 'EBUSY' })
}

/** Who has it now; null for nobody. */
export async function holderOf(path: string): Promise<Holder | null> {
  const seen = await look(path)
  return seen.is === 'alive' ? seen.holder : null
}

/** Unlike every other, so that two dead locks are never taken for one. */
function ownText(): string {
  const holder: Holder = {
    pid: process.pid,
    since: new Date().toISOString(),
    place: placeOfPids(),
    start: startOf(process.pid),
  }
  return JSON.stringify({ ...holder, nonce: randomBytes(8).toString('hex') })
}

async function wroteNew(path: string, text: string, files: Files): Promise<boolean> {
  try {
    const handle = await files.open(path, 'wx', 0o600)
    try {
      await handle.writeFile(text)
    } catch (error) {
      await rm(path, { force: true }) // one that could not be written must not stand there empty
      throw error
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** `unsure`: someone is writing it just now. */
type Seen = { is: 'gone' | 'unsure' } | { is: 'alive'; holder: Holder } | { is: 'dead'; text: string }

async function look(path: string): Promise<Seen> {
  try {
    const stats = await lstat(path)
    if (!stats.isFile() || stats.size > mostBytes) return { is: 'dead', text: 'no lock' }
    const text = await readFile(path, 'utf8')
    const holder = parseHolder(text)
    const age = Date.now() - stats.mtimeMs
    if (!holder) return Math.abs(age) < momentMs ? { is: 'unsure' } : { is: 'dead', text }
    return isAlive(holder, age) ? { is: 'alive', holder } : { is: 'dead', text }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { is: 'gone' }
    throw error
  }
}

/** Where the system does not say when a process began, its number may be another one's by now: then the beat counts too. */
function isAlive({ pid, place, start }: Holder, ageMs: number): boolean {
  const beats = Math.abs(ageMs) < silentMs
  if (place !== placeOfPids()) return beats
  return isRunning(pid) && (start === '' ? beats : startOf(pid) === start)
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, since, place, start } = JSON.parse(text)
    const known =
      Number.isSafeInteger(pid) && pid > 0 && [since, place, start].every((word) => typeof word === 'string')
    return known && !Number.isNaN(Date.parse(since)) ? { pid, since, place, start } : null
  } catch {
    return null // half written, or none of ours: its age decides
  }
}

/**
 * Of several runs that find the same dead lock, the one that makes the folder beside it may clear that away, after one
 * more look: by then another one may have done so. A folder that a killed run left there is cleared away by its age, and
 * so may be that of one that was only stopped for a while: so in the end the lock is made anew, which one alone can do.
 */
async function tookOver(path: string, dead: string, text: string, files: Files): Promise<boolean> {
  const turn = `${path}.turn`
  try {
    await mkdir(turn, { mode: 0o700 })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    const { mtimeMs } = await stat(turn).catch(() => ({ mtimeMs: Date.now() })) // gone: the next round sees why
    if (Math.abs(Date.now() - mtimeMs) > momentMs) await rmdir(turn).catch(() => {})
    return false
  }
  try {
    return (await isDead(path, dead)) && (await clearedAway(path, dead, files)) && (await wroteNew(path, text, files))
  } finally {
    await rmdir(turn).catch(() => {}) // cleared away by its age, if by nothing else
  }
}

async function isDead(path: string, dead: string): Promise<boolean> {
  const now = await look(path)
  return now.is === 'dead' && now.text === dead
}

/**
 * It is looked at once more where nobody else comes upon it: what turns out to be another one's is
 * put back, unless a third has taken the place by then.
 */
async function clearedAway(path: string, dead: string, files: Files): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}${temporarySuffix}`
  if (!(await moved(path, aside, files))) return false
  const isIt = await isDead(aside, dead).catch(() => false)
  if (!isIt) await wroteNew(path, await readFile(aside, 'utf8'), files)
  await rm(aside, { force: true })
  return isIt
}

/** False for what is no longer there. A folder is nobody's lock, and stays. */
async function moved(path: string, aside: string, files: Files): Promise<boolean> {
  try {
    if ((await lstat(path)).isDirectory()) throw Object.assign(new Error(`${path} is a folder`), { code: 'EISDIR' })
    await files.rename(path, aside)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

function held(path: string, text: string, files: Files): Lock {
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {}) // for those who look from elsewhere; here the process itself is asked for
  }, beatMs).unref()
  return {
    release: async () => {
      clearInterval(beat)
      const own = await readFile(path, 'utf8').catch(() => '')
      if (own === text) await files.unlink(path).catch(() => {}) // left behind, it is a dead one
    },
  }
}
