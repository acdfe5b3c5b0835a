/** How a command ended: its exit code, its lines, its document. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Conclusion, documentOf, exitCodeOf, lineOf } from '../src/cli/conclusion.js'
import { blankResult, failedResult } from '../src/engine/result.js'
import { type ErrorCode, errorTable, UploadError } from '../src/errors.js'
import type { UploadResult } from '../src/events.js'

const good: UploadResult = { ...blankResult('a', 'file'), ok: true, uploadId: 'upload_1', entityId: 'asset_1' }
const bad = (code: ErrorCode) =>
  failedResult({ ...blankResult('a', 'file'), uploadId: 'upload_1' }, new UploadError(code, code))

const ended = (results: UploadResult[], error: UploadError | null = null, sandbox = false): Conclusion => ({
  results,
  error,
  sandbox,
})

describe('the exit code', () => {
  const rows: readonly [title: string, ends: readonly (ErrorCode | 'ok')[], exitCode: number][] = [
    ['is 0 where all ended well', ['ok', 'ok'], 0],
    ['is 0 where the only one did', ['ok'], 0],
    ["is the only source's own", ['ERR_FILE_MISSING'], 3],
    ['is the one that all ended with', ['ERR_NETWORK', 'ERR_SERVER'], 5],
    [
      'is the one that all ended with, for different reasons',
      ['ERR_FILE_MISSING', 'ERR_FILE_EMPTY', 'ERR_NOT_A_FILE'],
      3,
    ],
    ['is 1 where some failed', ['ok', 'ERR_NETWORK'], 1],
    ['is 1 where some failed, whichever', ['ERR_FILE_MISSING', 'ok'], 1],
    ['is 1 where they failed in different ways', ['ERR_FILE_MISSING', 'ERR_NETWORK'], 1],
    ['is 8 where all are still processing', ['ERR_STILL_PROCESSING', 'ERR_STILL_PROCESSING'], 8],
    ['is 1 where one of two is still processing', ['ok', 'ERR_STILL_PROCESSING'], 1],
    ['does not count what was never tried', ['ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED', 'ERR_NOT_TRIED'], 4],
    [
      'is 4 after refused credentials, though others ended well before',
      ['ok', 'ERR_CREDENTIALS_REFUSED', 'ERR_NOT_TRIED'],
      4,
    ],
    ['is 4 after refused credentials, though others failed before', ['ERR_FILE_MISSING', 'ERR_CREDENTIALS_REFUSED'], 4],
    ['is 130 after Ctrl-C, though others ended well before', ['ok', 'ERR_INTERRUPTED', 'ERR_NOT_TRIED'], 130],
    ['is 143 after SIGTERM', ['ok', 'ERR_TERMINATED', 'ERR_NOT_TRIED'], 143],
    ['is 129 after SIGHUP', ['ERR_NETWORK', 'ERR_HANGUP', 'ERR_NOT_TRIED'], 129],
    ['is 70 where all met a bug', ['ERR_BUG'], 70],
  ]
  for (const [title, ends, exitCode] of rows) {
    it(`${title}: ${ends.join(', ')}`, () => {
      const results = ends.map((end) => (end === 'ok' ? good : bad(end)))
      assert.equal(exitCodeOf(ended(results)), exitCode)
    })
  }

  it('is that of what went wrong before any upload', () => {
    assert.equal(exitCodeOf(ended([], new UploadError('ERR_USAGE', 'x'))), 2)
    assert.equal(exitCodeOf(ended([], new UploadError('ERR_CREDENTIALS_MISSING', 'x'))), 4)
  })

  it('of a single source is that of its error, whatever it is', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      if (code === 'ERR_NOT_TRIED') continue
      assert.equal(exitCodeOf(ended([bad(code)])), errorTable[code].exitCode, code)
    }
  })
})

describe('the line of a source', () => {
  const rows: readonly [title: string, result: UploadResult, line: string][] = [
    ['is its entity id', good, 'asset_1\n'],
    ['is its upload id where there is no entity id', { ...good, entityId: null }, 'upload_1\n'],
    ['is none where it failed, though there is an upload', bad('ERR_STILL_PROCESSING'), ''],
    ['is none where it failed, though there is an entity', { ...bad('ERR_NETWORK'), entityId: 'asset_1' }, ''],
    ['is none where nothing was made', { ...good, entityId: null, uploadId: null }, ''],
  ]
  for (const [title, result, line] of rows) it(title, () => assert.equal(lineOf(result), line))
})

describe('the document', () => {
  it('is one line of JSON, with every field, and errors as theirs', () => {
    const text = documentOf(ended([good, bad('ERR_NETWORK')]), 1)
    assert.match(text, /^\{.*\}\n$/)
    const { error: _, ...blank } = good
    assert.deepEqual(JSON.parse(text), {
      schemaVersion: 1,
      ok: false,
      uploads: [
        { ...blank, error: null },
        {
          ...blankResult('a', 'file'),
          uploadId: 'upload_1',
          error: {
            code: 'ERR_NETWORK',
            message: 'ERR_NETWORK',
            hint: errorTable.ERR_NETWORK.hint,
            exitCode: 5,
            retryable: true,
            requestId: null,
          },
        },
      ],
      error: null,
    })
  })

  it('has every field of an upload, and no other', () => {
    const [first] = JSON.parse(documentOf(ended([good]), 0)).uploads
    assert.deepEqual(Object.keys(first).sort(), [
      'bytes',
      'contentType',
      'durationMs',
      'entityId',
      'error',
      'fileName',
      'kind',
      'ok',
      'parts',
      'resumedParts',
      'retries',
      'skipped',
      'source',
      'status',
      'type',
      'uploadId',
      'verified',
    ])
  })

  it('is ok exactly where the exit code is 0', () => {
    for (const exitCode of [0, 1, 2, 5, 130]) {
      assert.equal(JSON.parse(documentOf(ended([good]), exitCode)).ok, exitCode === 0)
    }
  })

  it('says sandbox where it was one, and nothing of it elsewhere', () => {
    assert.equal(JSON.parse(documentOf(ended([good], null, true), 0)).sandbox, true)
    assert.ok(!('sandbox' in JSON.parse(documentOf(ended([good]), 0))))
  })

  it('has an empty list and an error at its top for what went wrong before any upload', () => {
    const error = new UploadError('ERR_USAGE', 'no source to upload', { hint: 'Name a file.' })
    assert.deepEqual(JSON.parse(documentOf(ended([], error), 2)), {
      schemaVersion: 1,
      ok: false,
      uploads: [],
      error: {
        code: 'ERR_USAGE',
        message: 'no source to upload',
        hint: 'Name a file.',
        exitCode: 2,
        retryable: false,
        requestId: null,
      },
    })
  })
})
