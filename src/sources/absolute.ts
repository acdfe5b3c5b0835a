/** A path from the root, whatever the working folder is. */
import { resolve } from 'node:path'

/** In a folder that was removed no path leads anywhere: that is for the look at the file to say. */
export function absolute(path: string): string {
  try {
    return resolve(path)
  } catch {
    return path
  }
}
