/** What on a line may be a pattern, told without the parts that make one. */

/** What would be a pattern if no file has that name. `\` takes the meaning from the next character. */
export function isPattern(text: string): boolean {
  return /[*?]|\[[^\]/]+\]|\{[^{}]*(?:,|\.\.)[^{}]*\}/.test(text.replace(/\\./gs, ''))
}

/** Where, of the segments of a pattern, its first that is no mere name may be. */
export const mayBeMagic = (segment: string) => /[*?[{]/.test(segment)

/** As Windows writes it: there `\` is what stands between folders, and can take no meaning away. */
export const withSlashes = (text: string, platform: NodeJS.Platform) =>
  platform === 'win32' ? text.replaceAll('\\', '/') : text
