// The library, from its built front door. Arguments: the plan, and `verify` or not.
import { readFile } from 'node:fs/promises'
import { uploadMany } from '../../../dist/index.js'

const { files, apiUrl, credentials, ...split } = JSON.parse(await readFile(process.argv[2], 'utf8'))
const verify = process.argv[3] === 'verify'
const results = await uploadMany(files, { ...split, parts: undefined, apiUrl, credentials, verify, kind: 'asset' })
const failed = results.find(({ ok }) => !ok)
if (failed) throw new Error(failed.error.message)
