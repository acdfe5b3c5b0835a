/** One life of the process: every call of a port is a point at which it may be killed. */
import assert from 'node:assert/strict'

export interface Life {
  readonly dead: boolean
  /** Effects begun so far. */
  readonly steps: number
  /** To be awaited before and after each effect: never resolves for the dead. */
  step(): Promise<void>
  /** What this life may still do with a value: nothing once it is dead. */
  alive<Value>(work: Promise<Value>): Promise<Value>
  /** Resolves when it is killed. */
  killed: Promise<'killed'>
}

/** However bad the weather is, nobody needs so many effects to see that it is hopeless. */
const mostSteps = 5000

/** `killAt`: the step at which it dies; 0 for never. `onStep`: what happens around it meanwhile. */
export function createLife(killAt: number, onStep: () => void): Life {
  const state = { steps: 0, dead: false, tell: () => {} }
  const killed = new Promise<'killed'>((resolve) => {
    state.tell = () => resolve('killed')
  })
  const never = () => new Promise<never>(() => {})
  const step = async (): Promise<void> => {
    if (state.dead) return never()
    assert.ok(++state.steps < mostSteps, `more than ${mostSteps} effects`)
    if (state.steps === killAt) {
      state.dead = true
      state.tell()
      return never()
    }
    onStep()
  }
  return {
    get dead() {
      return state.dead
    },
    get steps() {
      return state.steps
    },
    step,
    alive: async (work) => {
      const end = await work.then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error
        },
      )
      return state.dead ? never() : end()
    },
    killed,
  }
}
