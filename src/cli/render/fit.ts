/** Keeps foreign text within a number of columns. */

/** At most two columns each: everything beyond Latin, Greek and Cyrillic counts as wide, which is never too little. */
const widthOf = (character: string) => ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2)

/** `text`, or as much of its beginning as fits, and an ellipsis. */
export function fit(text: string, columns: number): string {
  const characters = [...text]
  const widths = characters.map(widthOf)
  if (widths.reduce((sum, width) => sum + width, 0) <= columns) return text
  const room = { left: columns - 1 }
  const kept = characters.filter((_, index) => {
    room.left -= widths[index] ?? 0
    return room.left >= 0
  })
  return columns < 1 ? '' : `${kept.join('')}…`
}
