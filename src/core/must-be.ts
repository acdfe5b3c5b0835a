/** For callers whose compiler does not look: what an option must be, told before anything is done with it. */

export function nameOfType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
