/** What "at once" is, in milliseconds, on a machine that is busy with other tests: what is not at once takes far longer. */
export const soonMs = 5000
