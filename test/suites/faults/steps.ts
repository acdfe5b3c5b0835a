/** The steps of an upload at which something can go wrong, and how often it does. */

/**
 * A part has three: `part head` is before anything of its body is read, `part body` when half of it is, `part answer`
 * when all of it is. The others are one short call each.
 */
export const steps = ['create', 'part head', 'part body', 'part answer', 'complete', 'poll'] as const
export type Step = (typeof steps)[number]

export const allTimes = ['once', 'thrice', 'for ever'] as const
export type Times = (typeof allTimes)[number]

export const countOf: Readonly<Record<Times, number>> = { once: 1, thrice: 3, 'for ever': Number.POSITIVE_INFINITY }

export const isPart = (step: Step) => step.startsWith('part')
