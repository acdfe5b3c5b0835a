/** A process of its own that uploads the files of a folder in one run, and says what it held on to when all had ended. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type UploadOptions, uploadMany } from '../../src/index.js'

const [folder = '', json = '{}'] = process.argv.slice(2)
const options: UploadOptions = JSON.parse(json)
const paths = readdirSync(folder).map((name) => join(folder, name))

/** Of what lives, once all else is swept. */
function heap(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const before = heap()
await uploadMany(paths, {
  ...options,
  deliver: async (results) => {
    const held = heap() - before
    const done = results.filter(({ ok }) => ok).length
    process.stdout.write(JSON.stringify({ held, done, peak: process.resourceUsage().maxRSS * 1024 }))
    return true
  },
})
