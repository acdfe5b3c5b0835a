/** Makes foreign text (file names, a server's words) safe for terminals and the logs of CI. */

/** Control characters (line breaks and escapes among them), separators of lines, and all that turns the writing direction. */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** One line that moves no cursor, turns no text around, and that no CI runner takes for a command. */
export function safeText(text: string): string {
  return text
    .replace(unsafe, '�')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replaceAll('##[', '## [')
}

/** Several lines, each of them safe. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n')
}

/** One line of JSON, which holds just that, but in which no CI runner finds a command: some look for `##[` anywhere. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll('##[', '##\\u005b')}\n`
}
