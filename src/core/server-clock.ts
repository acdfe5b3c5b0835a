/** What time it is where the URLs were signed: this machine's clock may be wrong, or be set in the middle. */

export interface ServerClock {
  /** Takes in the `Date` header of an answer that has just come. */
  heard(date: string | undefined): void
  /** Milliseconds since 1970. This machine's own idea at the start, until a server has said better. */
  now(): number
}

/** `steady` never jumps; `wall` is asked once. */
export function createServerClock(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
): ServerClock {
  const anchor = { server: wall(), steady: steady() }
  return {
    heard: (date) => {
      const server = Date.parse(date ?? '')
      if (!Number.isNaN(server)) Object.assign(anchor, { server, steady: steady() })
    },
    now: () => anchor.server + steady() - anchor.steady,
  }
}
