/** The state folder of a command under test, as anybody could read it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Where the command keeps its state, for this XDG_STATE_HOME. */
export const stateFolder = (home: string) => join(home, 'scenario-upload')

/** Every file in it, by name; nothing where there is no folder. */
export function stateFiles(home: string): Record<string, string> {
  const folder = stateFolder(home)
  const names = namesIn(folder).filter((name) => statSync(join(folder, name)).isFile())
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** All that is in it, folders too. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // it was never made
  }
}

/** A presigned URL by any of its marks, an address with a query, and the credentials in the forms that they travel in. */
export function assertNothingSecret(
  files: Readonly<Record<string, string>>,
  { key, secret }: { key: string; secret: string },
): void {
  const basic = Buffer.from(`${key}:${secret}`).toString('base64')
  for (const [name, text] of Object.entries(files)) {
    assert.doesNotMatch(text, /https?:[^"\s]*\?|X-Amz|Signature|authorization/i, name)
    for (const word of [key, secret, basic]) assert.ok(!text.includes(word), `a credential in ${name}`)
  }
}
