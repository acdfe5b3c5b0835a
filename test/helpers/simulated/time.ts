/** Time that passes only where all wait for it, and then at once; a machine in it may sleep. */

export interface Time {
  /** Milliseconds that go on while the machine sleeps. */
  steady(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** The machine sleeps: every timer comes late. */
  jump(ms: number): void
  /** While something real is under way (a write to the disk), time stands still. */
  during<Value>(work: Promise<Value>): Promise<Value>
  /** Called at least once a second, but not asleep. */
  onBeat(beat: () => void): void
  /** Runs until `work` has ended; `check` is called before each step. Throws where nothing is left to wait for. */
  drive<Value>(work: Promise<Value>, check: () => void): Promise<Value>
  /** Until nothing real is under way. */
  settle(): Promise<void>
}

interface Sleeper {
  at: number
  wake: () => void
}

const beatMs = 1000
const immediate = () => new Promise<void>((resolve) => setImmediate(resolve))

export function createTime(): Time {
  const state = { now: 1_000_000, busy: 0, beat: () => {} }
  const sleepers = new Set<Sleeper>()

  const advance = (to: number) => {
    while (state.now + beatMs < to) {
      state.now += beatMs
      state.beat()
    }
    state.now = Math.max(state.now, to)
  }

  const next = (): Sleeper | undefined => {
    let least: Sleeper | undefined
    for (const sleeper of sleepers) if (!least || sleeper.at < least.at) least = sleeper
    return least
  }

  const tick = () => {
    const sleeper = next()
    if (!sleeper) throw new Error('it hangs: nothing is left to wait for')
    sleepers.delete(sleeper)
    advance(sleeper.at)
    sleeper.wake()
  }

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        at: state.now + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })

  return {
    steady: () => state.now,
    sleep,
    jump: (ms) => {
      state.now += ms
    },
    during: async (work) => {
      state.busy++
      return work.finally(() => {
        state.busy--
      })
    },
    onBeat: (beat) => {
      state.beat = beat
    },
    drive: async (work, check) => {
      const end = { come: false }
      const ended = work.finally(() => {
        end.come = true
      })
      ended.catch(() => {}) // thrown below
      for (;;) {
        // All that follows from the last waking comes first: there are only promises in between.
        await immediate()
        if (end.come) return ended
        check()
        if (state.busy === 0) tick()
      }
    },
    settle: async () => {
      while (state.busy > 0) await immediate()
    },
  }
}
