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
  const controllers = { unknown: new Map<ReadyEntry, AbortController>(), known: new Map<ReadyEntry, AbortController>() }
  const state = { stopped: false, tell: () => {} }
  const anyKnown = new Promise<void>((resolve) => {
    state.tell = resolve
  })
  const stop = () => {
    state.stopped = true
    state.tell()
    for (const [entry, controller] of controllers.unknown) controller.abort(notTried(entry))
    if (all) for (const controller of controllers.known.values()) controller.abort(stopped())
  }
  return {
    anyKnown,
    stopped: () => state.stopped,
    stop,
    enter: (entry: ReadyEntry) => {
      const controller = new AbortController()
      controllers.unknown.set(entry, controller)
      return {
        signal: controller.signal,
        refused: () => {
          // It ends by itself, with the refusal: stopped as the others are, it would hide why.
          controllers.unknown.delete(entry)
          controllers.known.delete(entry)
          stop()
        },
        created: () => {
          if (controllers.unknown.delete(entry)) controllers.known.set(entry, controller)
          state.tell()
        },
        leave: () => {
          state.tell()
          controllers.unknown.delete(entry)
          controllers.known.delete(entry)
        },
      }
    },
  }
}

const stopped = () => new UploadError('ERR_STOPPED', 'stopped, since another source ended the run')

export const notTried = ({ shown }: Entry) => new UploadError('ERR_NOT_TRIED', `${shown} was not tried`)
