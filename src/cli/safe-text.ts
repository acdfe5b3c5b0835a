/** Makes foreign text (file names, a server's words) safe for terminals and the logs of CI. */

/** Control characters (line breaks and escapes among them), separators of lines, and all that turns the writing direction. */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** `##[`, `##vso[`, `##teamcity[`: runners look for these anywhere in a line, in either case. */
const command = /##(?=\w*\[)/g

/** One line that moves no cursor, turns no text around, and that no CI runner takes for a command. */
export function safeText(text: string): string {
  return text
    .replace(unsafe, '�')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replace(command, '## ')
}

/** Several lines, each of them safe. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n')
}

/** One line of JSON, which holds just that, but in which no CI runner finds a command. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(/(##\w*)\[/g, '$1\\u005b')}\n`
}
