/** Percent-encoding as people write it: a bare `%` stands for itself. */

export const decoded = (text: string) => text.replace(/(%[\da-f]{2})+/gi, decodedRun)

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return run // no letters of UTF-8: it is not percent-encoded after all
  }
}
