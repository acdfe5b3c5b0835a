/** What an id of the API looks like: safe in a path, in a terminal and in a file's name. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9_.:-]{1,200}$/.test(text) && !/^\.+$/.test(text)
}
