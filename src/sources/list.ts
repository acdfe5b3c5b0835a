/** A list of sources, one a line: a path or address taken literally, or a line of JSON with options of its own. */
import { constants, createReadStream, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { addAbortSignal, type Readable } from 'node:stream'
import { type UploadError, usageError } from '../errors.js'
import { inputError } from './input-error.js'
import type { DescribedSource } from './own-options.js'

/** What a line says, and where it stands, as `line 3 of list.txt`. */
export interface Listed {
  input: DescribedSource
  line: string
}

interface Reading {
  stdin: () => Readable
  signal: AbortSignal
}

/** No list of paths is larger, and what was meant as a source is not read to its end here. */
const mostBytes = 64 * 1024 ** 2

/** The text of a list, `-` for that on standard input. Throws ERR_FILE_MISSING and its kin where it cannot be read. */
export async function readList(list: string, { stdin, signal }: Reading): Promise<string> {
  const chunks: Buffer[] = []
  const read = { bytes: 0 }
  try {
    const input = list === '-' ? stdin() : await openList(list)
    for await (const chunk of addAbortSignal(signal, input)) {
      chunks.push(Buffer.from(chunk))
      read.bytes += chunks.at(-1)?.length ?? 0
      if (read.bytes > mostBytes) break
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : unreadable(error, list)
  }
  if (read.bytes > mostBytes) throw usageError(`${nameOf(list)} is too large for a list`, 'Give it a list of sources.')
  return decode(Buffer.concat(chunks))
}

/** A pipe may be silent for long, and one read as a file could not be left before its writer speaks. */
async function openList(list: string): Promise<Readable> {
  const isPipe = await stat(list).then(
    (stats) => stats.isFIFO(),
    () => false, // opening it says what is wrong
  )
  if (!isPipe) return createReadStream(list)
  const fd = openSync(list, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

function unreadable(error: unknown, list: string): UploadError {
  return inputError(error, list === '-' ? nameOf(list) : `--files-from ${list}`)
}

/** A list as messages name it. */
export const nameOf = (list: string) => (list === '-' ? 'standard input' : list)

/** With the mark at its start that editors leave there, or as older PowerShells write it. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes)
}

/** Empty lines say nothing. Under `nul` each entry ends with a NUL character, and none is JSON. */
export function parseList(text: string, list: string, nul: boolean): Listed[] {
  const entries = text.split(nul ? '\0' : /\r?\n/)
  const word = nul ? 'entry' : 'line'
  return entries.flatMap((entry, at) => {
    if (entry === '') return []
    const line = `${word} ${at + 1} of ${nameOf(list)}`
    return [{ line, input: nul ? { source: entry } : parseLine(entry, line) }]
  })
}

function parseLine(entry: string, line: string): DescribedSource {
  if (entry.startsWith('{')) return parseJson(entry, line)
  if (!entry.includes('\0')) return { source: entry }
  throw usageError(`${line} holds a NUL character`, 'Add `-0` for a list whose entries end with NULs.')
}

/** The parser's own words are not passed on: they quote the line, and an address in it may hold a secret. */
function parseJson(entry: string, line: string): DescribedSource {
  try {
    return JSON.parse(entry)
  } catch {
    throw usageError(
      `${line} begins with { and is no JSON`,
      'Write `{"source":"hero.png","kind":"image"}`; a file named like this is `./{…`.',
    )
  }
}
