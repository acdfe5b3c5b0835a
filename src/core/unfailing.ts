/** Calls what callers give, whose failures are not to be thrown at whoever tells them something. */

/** What it answers is of interest only where it is a promise. */
export type Listener<Told> = (told: Told) => unknown

/** The listener, which never throws: `failed` gets that, and what the promises reject with that it answers. */
export function unfailing<Told>(
  listener: Listener<Told> | undefined,
  failed: (error: unknown) => void,
): (told: Told) => void {
  return (told) => {
    try {
      const answer = listener?.(told)
      if (isAwaitable(answer)) Promise.resolve(answer).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

const isAwaitable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value
