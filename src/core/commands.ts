/** The commands that have a name: the parser takes them, and a path that is not there may be meant as one. */
export const commandNames = ['status', 'wait', 'forget', 'sandbox', 'doctor', 'completion'] as const
