/** The JSON Schema of the document of `--json`. The compiler holds its fields to those of the types that are written. */
import { readFileSync } from 'node:fs'
import { blankResult } from '../../src/engine/result.js'
import { type ErrorFields, errorTable } from '../../src/errors.js'
import type { SourceType, UploadResult, Verified } from '../../src/events.js'
import type { UnfinishedUpload } from '../../src/index.js'

type Field = { description: string } & Record<string, unknown>

const text = (description: string): Field => ({ type: 'string', description })
const textOrNull = (description: string): Field => ({ type: ['string', 'null'], description })
const flag = (description: string): Field => ({ type: 'boolean', description })
const countOrNull = (description: string): Field => ({ type: ['integer', 'null'], minimum: 0, description })
const date = (description: string): Field => ({
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$',
  description,
})
const oneOf = <Choice extends string>(choices: readonly Choice[], description: string): Field => ({
  enum: [...choices, null],
  description,
})

const id = '[A-Za-z0-9_.:-]{1,200}'

const uploadFields = {
  source: text('What the user wrote; of a web address without its userinfo and query.'),
  type: oneOf<SourceType>(['file', 'stdin', 'url', 'huggingface', 'civitai'], 'What kind of source it is.'),
  ok: flag('Whether it ended well.'),
  skipped: flag('Whether nothing was sent, since the manifest knew the very same content.'),
  uploadId: { type: ['string', 'null'], pattern: `^${id}$`, description: 'The id of the upload.' },
  entityId: {
    type: ['string', 'null'],
    pattern: `^${id}$`,
    description: 'The id of the asset or model, once there is one.',
  },
  kind: textOrNull('What it becomes: image, 3d, model and so on.'),
  status: textOrNull("The server's last known word on it. Unknown ones mean that it has not ended."),
  fileName: textOrNull('The file name that it was given.'),
  contentType: textOrNull('The media type that it was sent as.'),
  bytes: countOrNull('The size of the file.'),
  parts: countOrNull('In how many parts it is sent.'),
  resumedParts: countOrNull('How many of them an earlier run had sent.'),
  retries: countOrNull('Requests that were sent once more, to the API and the storage together.'),
  durationMs: countOrNull('How long it took, in milliseconds.'),
  verified: oneOf<Verified>(['md5', 'none'], 'How the bytes were proved: none if any part was not compared.'),
  error: { anyOf: [{ $ref: '#/$defs/error' }, { type: 'null' }], description: 'Why it did not end well.' },
} as const satisfies Record<keyof UploadResult, Field>

const errorFields = {
  code: { enum: Object.keys(errorTable), description: 'Which error it is. These words do not change.' },
  message: text('What happened, in a sentence.'),
  hint: text('What to do about it: a command or an action.'),
  exitCode: {
    enum: [...new Set(Object.values(errorTable).map(({ exitCode }) => exitCode))].sort((a, b) => a - b),
    description: 'The exit code of a command that ends with it.',
  },
  retryable: flag('Whether the same command, run again, may end well.'),
  requestId: textOrNull("The storage's request id or the API's trace id, for a support ticket."),
} as const satisfies Record<keyof ErrorFields, Field>

const unfinishedFields = {
  uploadId: { type: 'string', pattern: `^${id}$`, description: 'The id of the upload.' },
  source: text('What the user wrote; of a web address without its userinfo and query.'),
  type: text('What kind of source it is.'),
  fileName: textOrNull('The file name that it was given.'),
  kind: textOrNull('What it becomes.'),
  bytes: countOrNull('The size of the file; null where the server fetches it.'),
  bytesSent: countOrNull('How many of them the storage has.'),
  parts: countOrNull('In how many parts it is sent.'),
  partsSent: countOrNull('How many of them the storage has.'),
  apiUrl: text('The address of the API that it goes to.'),
  project: textOrNull('The project that was named.'),
  createdAt: date('When it was begun.'),
  updatedAt: date('When a part was last written down.'),
  pid: { type: ['integer', 'null'], description: 'The process that is at it now.' },
  command: text('How to go on, to paste into a shell.'),
} as const satisfies Record<keyof UnfinishedUpload, Field>

const checkFields = {
  name: text('What was looked at.'),
  ok: flag('Whether it is well.'),
  message: text('What was found.'),
  hint: textOrNull('What to do about it; null where it is well.'),
} as const satisfies Record<string, Field>

const object = (properties: Record<string, Field>, description: string, required = Object.keys(properties)) => ({
  type: 'object',
  description,
  required,
  properties,
})

/** Fields are only ever added, so those that are not named here are let pass. */
export const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'The document of scenario-upload --json',
  ...object(
    {
      schemaVersion: { const: 1, description: 'Fields are only ever added to this version.' },
      ok: flag('True exactly where the exit code is 0.'),
      sandbox: {
        const: true,
        description: 'There where the answers came from a sandbox, and nothing reached Scenario.',
      },
      uploads: {
        type: 'array',
        items: { $ref: '#/$defs/upload' },
        description: 'An entry for each source, in the order given, once they were accepted.',
      },
      unfinished: {
        type: 'array',
        items: { $ref: '#/$defs/unfinished' },
        description: 'Of `status` without an id: what this machine began and did not finish.',
      },
      checks: {
        type: 'array',
        items: { $ref: '#/$defs/check' },
        description: 'Of `doctor`: what works and what does not.',
      },
      error: {
        anyOf: [{ $ref: '#/$defs/error' }, { type: 'null' }],
        description: 'What went wrong before any upload.',
      },
    },
    'One document on standard output, on success and on failure alike.',
    ['schemaVersion', 'ok', 'uploads', 'error'],
  ),
  $defs: {
    // What does not apply is null, but always there.
    upload: object(uploadFields, 'How one source ended.', Object.keys(blankResult('', null))),
    error: object(errorFields, 'What went wrong, and what to do about it.'),
    unfinished: object(unfinishedFields, 'An upload that was begun and not finished.'),
    check: object(checkFields, 'One thing that was looked at.'),
  },
}

/** As the package has it. */
export const packedSchema = (): unknown =>
  JSON.parse(readFileSync(new URL('../../dist/schema.json', import.meta.url), 'utf8'))
