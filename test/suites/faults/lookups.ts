/** Lets a cell's own names fail to be looked up: the resolver is the one thing that no server of ours can be. */
import { AsyncLocalStorage } from 'node:async_hooks'
import dns from 'node:dns'
import { mock } from 'node:test'

/** The only name that is looked up here, since the tool sends nothing in the clear to any other. */
export const lookedUpHost = 'localhost'

const cells = new AsyncLocalStorage<() => boolean>()

/** Runs what looks names up; `fails` is asked each time. */
export const withLookups = <Result>(fails: () => boolean, run: () => Promise<Result>): Promise<Result> =>
  cells.run(fails, run)

const usual = dns.lookup

mock.method(dns, 'lookup', (...args: unknown[]) => {
  const [hostname] = args
  const callback = args.at(-1)
  if (hostname !== lookedUpHost || !cells.getStore()?.() || typeof callback !== 'function') {
    return Reflect.apply(usual, dns, args)
  }
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
  queueMicrotask(() => callback(error))
})
