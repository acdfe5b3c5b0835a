/** What this machine remembers: modelled, or the real thing. What was saved outlives a kill, and nothing else does. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { laneOf, nameOf, requestDigest } from '../../../src/state/identity.js'
import { createMemory, emptyNotebook, type Memory, type Notebook, noResume } from '../../../src/state/memory.js'
import { parseRecord, type UploadRecord } from '../../../src/state/record.js'
import type { Life } from './life.js'
import type { Time } from './time.js'

export interface Keeping {
  memoryOf(life: Life): Memory
  kept(): UploadRecord[]
  /** After a kill: what the system does with a dead process. */
  bury(): void
}

type Saved = Map<string, { lane: string; record: UploadRecord }>

const copy = (record: UploadRecord): UploadRecord => structuredClone(record)

export function modelKeeping(): Keeping {
  const saved: Saved = new Map()
  return {
    memoryOf: (life) => modelMemory(saved, life),
    kept: () => [...saved.values()].map(({ record }) => record),
    bury: () => {},
  }
}

/** The process that was killed lives on here: its locks are what would tell a later run that it does. */
export function realKeeping(folder: string, time: Time): Keeping {
  const named = (end: string) => {
    const names = readdirSync(folder, { recursive: false }).map(String)
    return names.filter((name) => name.endsWith(end)).map((name) => join(folder, name))
  }
  return {
    memoryOf: (life) => realMemory(folder, life, time),
    kept: () => named('.json').flatMap((path) => recordsOf(readFileSync(path, 'utf8'))),
    bury: () => {
      for (const path of named('.lock')) rmSync(path)
    },
  }
}

function recordsOf(text: string): UploadRecord[] {
  const record = parseRecord(text)
  return typeof record === 'string' ? [] : [record]
}

/** A kill may come before each save, and between it and its answer. */
function modelMemory(saved: Saved, life: Life): Memory {
  return {
    ...noResume,
    open: async (identity) => {
      await life.step()
      if (!identity) return emptyNotebook
      const [name, lane] = [nameOf(identity), laneOf(identity)]
      const found = saved.get(name)?.record
      const record = found ? copy(found) : null
      const older = record ? [] : [...saved].filter(([, kept]) => kept.lane === lane)
      for (const [other] of older) saved.delete(other)
      const now = { record }
      const save = async (change: () => void) => {
        await life.step()
        change()
        if (now.record) saved.set(name, { lane, record: copy(now.record) })
        await life.step()
      }
      const notebook: Notebook = {
        ...{ record, changed: older.length > 0 ? 'its mtime moved' : null, keeps: true },
        begin: (page) =>
          save(() => {
            const { apiUrl, project, type, path, file, partSize } = identity
            const own = { apiUrl, project, type, path, file, partSize, requestSha256: requestDigest(identity) }
            const at = '2026-06-01T12:00:00.000Z'
            now.record = { ...page, ...own, parts: [], createdAt: at, updatedAt: at }
          }),
        add: (part) => save(() => now.record?.parts.push(part)),
        release: () => life.step(),
        forget: async () => {
          await life.step()
          if (saved.get(name)?.record.uploadId === now.record?.uploadId) saved.delete(name)
        },
      }
      return notebook
    },
  }
}

/** The real one, on a real folder, while the world's time stands still. */
function realMemory(folder: string, life: Life, time: Time): Memory {
  const real = createMemory(folder)
  const once = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    await life.step()
    const value = await life.alive(time.during(work()))
    await life.step()
    return value
  }
  return {
    ...noResume,
    open: async (identity, say) => {
      const notebook = await once(() => real.open(identity, say))
      return {
        ...{ record: notebook.record && copy(notebook.record), changed: notebook.changed, keeps: notebook.keeps },
        begin: (page) => once(() => notebook.begin(page)),
        add: (part) => once(() => notebook.add(part)),
        release: () => once(() => notebook.release()),
        forget: () => once(() => notebook.forget()),
      }
    },
  }
}
