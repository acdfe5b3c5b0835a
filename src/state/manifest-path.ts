/** How a manifest names a file, so that it holds on another machine's checkout too. */
import nodePath from 'node:path'

type PathWays = Pick<typeof nodePath, 'parse' | 'relative' | 'sep'>

/**
 * Relative to the manifest's folder, with forward slashes everywhere. Where the two have no folder in common but the root,
 * no checkout holds them both: then it is absolute.
 */
export function pathFrom(folder: string, file: string, { parse, relative, sep }: PathWays = nodePath): string {
  const way = relative(folder, file)
  const climbs = way.split(sep).filter((step) => step === '..').length
  const depth = folder
    .slice(parse(folder).root.length)
    .split(sep)
    .filter((name) => name !== '').length
  return (climbs > 0 && climbs === depth ? file : way).replaceAll(sep, '/')
}
