/** Writes what the package holds beside its code: the manual page and the schema. Part of `npm run build`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { manPage } from './man-page.js'
import { schema } from './schema.js'

const dist = new URL('../../dist/', import.meta.url)
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

mkdirSync(new URL('man/', dist), { recursive: true })
writeFileSync(new URL('man/scenario-upload.1', dist), manPage(version))
writeFileSync(new URL('schema.json', dist), `${JSON.stringify(schema, null, 1)}\n`)
