/** What an id of the API looks like: safe in a path, in a terminal, in a file's name, and on a line of a CI runner's. */
export function isId(text: string): boolean {
  // Runners take a line that begins with two colons for a command, and ids are printed as they are.
  return /^(?!::)[A-Za-z0-9_.:-]{1,200}$/.test(text) && !/^\.+$/.test(text)
}

/** In words, for hints. */
export const idForm = 'letters, digits, and _ . : -'
