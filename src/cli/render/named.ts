/** Whether a sentence names what it is about, or only happens to hold the same letters. */

/** What may stand on either side of a name. */
const around = '[\\s"\'`:;,()]'
const special = /[\\^$.*+?()[\]{}|]/g

/** A name that could be any word counts at the beginning alone, where our own sentences have it. */
const isWord = (name: string) => /^[\p{L}\p{N}]+$/u.test(name)

export function isNamed(sentence: string, name: string): boolean {
  const before = isWord(name) ? '^' : `(?:^|${around})`
  return new RegExp(`${before}${name.replace(special, '\\$&')}(?:${around}|$)`).test(sentence)
}
