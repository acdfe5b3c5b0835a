/** What a process says as soon as it is there: its port. */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Rejects where it ends without a word. */
export async function firstLine({ stdout, spawnfile }: ChildProcess): Promise<string> {
  if (stdout) for await (const line of createInterface(stdout)) return line
  throw new Error(`${spawnfile} did not start`)
}
