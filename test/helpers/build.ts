/**
 * `npm run build`: the library as modules with their types, the command as one bundle, and what the package holds beside
 * its code. `--no-maps` leaves out the source maps, for the package.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { version } from '../../src/wire/version.js'
import { bundle } from './bundle.js'
import { manPage } from './man-page.js'
import { schema } from './schema.js'

const dist = new URL('../../dist/', import.meta.url)
const maps = !process.argv.includes('--no-maps')
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc')

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [compiler, '--sourceMap', String(maps)], { stdio: 'inherit' })
if (status !== 0) process.exit(1) // the compiler has said why
await bundle(fileURLToPath(new URL('command/', dist)), maps)
mkdirSync(new URL('man/', dist))
writeFileSync(new URL('man/scenario-upload.1', dist), manPage(version))
writeFileSync(new URL('schema.json', dist), `${JSON.stringify(schema, null, 1)}\n`)
