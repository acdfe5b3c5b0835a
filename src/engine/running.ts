/** Those of several sources that are under way, and how another one's end stops them. */
import { UploadError } from '../errors.js'
import type { Entry, ReadyEntry } from './entry.js'

export interface Turn {
  /** Aborted, with the error to end with, once another source has ended all. */
  signal: AbortSignal
  /** The server knows of it: it is no more among those that were never tried. */
  created: () => void
  /** The credentials are refused: none of the others would fare better. */
  refused: () => void
  /** The server has all it needs: another file may have this one's place. */
  handedOver: () => void
}

export interface Running {
  /** Resolves once the server knows of one, one has ended, or all are stopped. */
  anyKnown: Promise<void>
  stopped(): boolean
  stop(): void
  enter(entry: ReadyEntry): Omit<Turn, 'handedOver'> & { leave: () => void }
}

/** `all`: a stop ends those too that the server knows of, which could still end well. */
export function createRunning(all: boolean): Running {
  const runs = new Set<Run>()
  const state = { stopped: false, tell: () => {} }
  const anyKnown = new Promise<void>((resolve) => {
    state.tell = resolve
  })
  const stop = () => {
    state.stopped = true
    state.tell()
    for (const { entry, controller, known } of runs) {
      if (!known) controller.abort(notTried(entry))
      else if (all) controller.abort(stopped())
    }
  }
  return {
    anyKnown,
    stopped: () => state.stopped,
    stop,
    enter: (entry) => {
      const run: Run = { entry, controller: new AbortController(), known: false }
      runs.add(run)
      return {
        signal: run.controller.signal,
        refused: () => {
          // It ends by itself, with the refusal: stopped as the others are, it would hide why.
          runs.delete(run)
          stop()
        },
        created: () => {
          run.known = true
          state.tell()
        },
        leave: () => {
          state.tell()
          runs.delete(run)
        },
      }
    },
  }
}

interface Run {
  entry: ReadyEntry
  controller: AbortController
  /** To the server. */
  known: boolean
}

const stopped = () => new UploadError('ERR_STOPPED', 'stopped, since another source ended the run')

export const notTried = ({ shown }: Entry) => new UploadError('ERR_NOT_TRIED', `${shown} was not tried`)
