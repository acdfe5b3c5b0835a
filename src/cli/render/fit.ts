/** Keeps foreign text within a number of columns. */

/** Takes longer to make than most files of ours to load, and few names are too long. */
const graphemes: Intl.Segmenter[] = []

/** What is drawn over the character before it, or joins two. The selector of emoji is not among them: it may widen one. */
const widthless = /^(?!\ufe0f)[\p{Mn}\p{Me}\u200b-\u200d\u2060]$/u

/** Latin, Greek, Cyrillic and the scripts next to them, and the dashes and quotes that file names are fond of. */
const isNarrow = (code: number) => code < 0x1100 || (code >= 0x1e00 && code <= 0x2026) || code === 0xfe0f

/** At most two columns each: what is not surely narrow counts as wide, which is never too little. */
const widthOf = (character: string) => (widthless.test(character) ? 0 : isNarrow(character.codePointAt(0) ?? 0) ? 1 : 2)

/** The columns that a text takes, or fewer: a terminal that knows a family of emoji draws it as one. */
export const columnsOf = (text: string) => [...text].reduce((sum, character) => sum + widthOf(character), 0)

/** `text`, or as much of its beginning as fits, and `more`. Nothing that is drawn as one is cut in two. */
export function fit(text: string, columns: number, more = '…'): string {
  if (columnsOf(text) <= columns) return text
  const room = { left: columns - more.length }
  const kept: string[] = []
  graphemes[0] ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  for (const { segment } of graphemes[0].segment(text)) {
    room.left -= columnsOf(segment)
    if (room.left < 0) break
    kept.push(segment)
  }
  return columns < more.length ? '' : `${kept.join('')}${more}`
}
