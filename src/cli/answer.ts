/** Standard output: the answer and nothing else. */
import { systemCode } from '../core/system-code.js'
import { UploadError } from '../errors.js'
import type { Output } from './io.js'

export interface Answer {
  write(text: string): void
  /** Resolves once all is written: to the error where it could not be, but null where the reader has just gone away. */
  written(): Promise<UploadError | null>
}

/** The reader has just gone away; Windows has a word of its own for it. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'EOF'])

export function createAnswer(stdout: Output): Answer {
  const writes: Promise<Error | null>[] = []
  stdout.on('error', () => {}) // each write reports its own
  return {
    write: (text) => {
      writes.push(new Promise((resolve) => stdout.write(text, (error) => resolve(error ?? null))))
    },
    written: async () => {
      const errors = (await Promise.all(writes)).filter((error) => error !== null)
      return errors.map(stdoutError).find((error) => error !== null) ?? null
    },
  }
}

export interface Lines {
  /** What is to be written for the source in that place; empty for nothing. */
  put(index: number, text: string): void
  /** Writes what is there, whatever is missing: nothing more will come. */
  rest(): void
}

/** Writes what comes in any order in that of the places, from 0, each as soon as all before it are there. */
export function inOrder(write: (text: string) => void): Lines {
  const early = new Map<number, string>()
  const state = { next: 0 }
  return {
    rest: () => {
      for (const [, text] of [...early].toSorted(([a], [b]) => a - b)) if (text !== '') write(text)
      early.clear()
    },
    put: (index, text) => {
      early.set(index, text)
      for (let line = early.get(state.next); line !== undefined; line = early.get(state.next)) {
        early.delete(state.next++)
        if (line !== '') write(line)
      }
    },
  }
}

/** What a write that failed means: nothing, where the reader has just gone away. */
export function stdoutError(error: Error): UploadError | null {
  const code = systemCode(error) || error.name
  if (gone.has(code)) return null
  return new UploadError('ERR_STDOUT', `standard output could not be written (${code})`)
}
