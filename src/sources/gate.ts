/** What of a folder is wanted, for a folder itself as for a pattern: `--include`, `--exclude` and hidden names among it. */
import { withSlashes } from './magic.js'
import { compile, isHidden, type Pattern } from './pattern.js'

/** Stands at a folder; paths are those from the root of the walk. */
export interface Gate {
  takes(file: string): boolean
  /** The gate of a folder in it; null for one that is not looked into. */
  into(folder: string): Gate | null
}

/** A pattern of `--include` or `--exclude`. */
export interface Filter extends Pattern {
  /** Ends with a slash: files are not what it means. */
  foldersOnly: boolean
}

export interface Filters {
  include: readonly Filter[]
  exclude: readonly Filter[]
}

/**
 * Without a slash in it (but at its end) a filter is about names at any depth, else about paths from the folder that was
 * named; a slash at its start does no more than that.
 */
export function compileFilter(text: string, platform: NodeJS.Platform, { dot = false } = {}): Filter {
  const pattern = withSlashes(text, platform)
  const path = pattern.replace(/\/+$/, '')
  const anchored = path.includes('/') ? path.replace(/^\/+|^\.\//, '') : `**/${path}`
  return { ...compile(anchored || '*', { dot }), foldersOnly: path !== pattern }
}

interface Wish extends Filters {
  /** What a pattern is to match; of a folder, everything. */
  pattern: Pattern
  /** A folder that matches brings all that is in it. */
  recursive: boolean
}

/** Of a folder that was named. */
export const folderGate = (filters: Filters): Gate =>
  gate({ ...filters, pattern: all, recursive: true }, { whole: true, kept: filters.include.length === 0 })

/** Of the folder that a pattern begins at. */
export const patternGate = (pattern: Pattern, filters: Filters, recursive: boolean): Gate =>
  gate({ ...filters, pattern, recursive }, { whole: false, kept: filters.include.length === 0 })

const all: Pattern = { matches: () => true, leadsInto: () => true }

interface Standing {
  /** A folder above was wanted as a whole. */
  whole: boolean
  /** Nothing is to be included by name, or a folder above was. */
  kept: boolean
}

function gate(wish: Wish, { whole, kept }: Standing): Gate {
  const { pattern, include, exclude, recursive } = wish
  const included = (path: string, isFolder: boolean) => include.some((each) => isMeant(each, path, isFolder))
  const excluded = (path: string, isFolder: boolean) => exclude.some((each) => isMeant(each, path, isFolder))
  return {
    takes: (file) => {
      const named = included(file, false)
      const wanted = whole ? named || !isHidden(file) : pattern.matches(file)
      return wanted && (kept || named) && !excluded(file, false)
    },
    into: (folder) => {
      const named = included(folder, true)
      const matched = recursive && pattern.matches(folder)
      const open = whole
        ? !isHidden(folder) || named || include.some((each) => each.leadsInto(folder))
        : matched || pattern.leadsInto(folder)
      if (!open || excluded(folder, true)) return null
      return gate(wish, { whole: whole || matched, kept: kept || named })
    },
  }
}

const isMeant = ({ matches, foldersOnly }: Filter, path: string, isFolder: boolean) =>
  (isFolder || !foldersOnly) && matches(path)
