/**
 * The command as a bundle: of the 227 files that an upload would load, Node reads under 40, and the upload of a picture
 * takes six tenths of the time. The packages are in it, but for mime-types, which few names need. What is loaded only
 * where it is asked for stays a file of its own.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What each file of the bundle was made of, both as paths from the root of the package. */
export type Ingredients = Record<string, string[]>

const ingredientsFile = 'made-of.json'

/** Packages in CommonJS ask for Node's own modules by `require`, which a module has not. */
const banner = 'const require = process.getBuiltinModule'

/** HTTP/2, which got loads and nobody here asks it for, would read all root certificates while it is loaded. */
const withoutHttp2: Plugin = {
  name: 'without HTTP/2',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^http2-wrapper$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export default {}' }))
  },
}

/** Fills the folder, which must not be there, with `main.js`, its chunks and the licences of what they hold. */
export async function bundle(folder: string, maps: boolean): Promise<void> {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: ['src/cli/main.ts'], outdir: folder, metafile: true, sourcemap: maps },
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20.19' },
    ...{
      banner: { js: banner },
      plugins: [withoutHttp2],
      chunkNames: 'chunk-[hash]',
      legalComments: 'none',
      logLevel: 'warning',
    },
  })
  const ingredients: Ingredients = Object.fromEntries(
    Object.entries(metafile.outputs).map(([output, { inputs }]) => [output, Object.keys(inputs)]),
  )
  writeFileSync(join(folder, ingredientsFile), JSON.stringify(ingredients))
  writeFileSync(join(folder, 'LICENSES.txt'), licenses(Object.keys(metafile.inputs)))
}

export const readIngredients = (): Ingredients =>
  JSON.parse(readFileSync(join(root, 'dist', 'command', ingredientsFile), 'utf8'))

/** Of each package among these files: its name, its version and its licence, whole. */
function licenses(inputs: readonly string[]): string {
  const packages = [...new Set(inputs.flatMap(packageFolder))].sort()
  return packages.map((folder) => `${titleOf(folder)}\n\n${licenseOf(folder)}\n`).join(`\n${'-'.repeat(80)}\n\n`)
}

const packageFolder = (file: string) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []

function titleOf(folder: string): string {
  const manifest: { name: string; version: string } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  )
  return `${manifest.name} ${manifest.version}`
}

function licenseOf(folder: string): string {
  const name = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each))
  if (name === undefined) throw new Error(`${folder} has no licence of its own: it cannot be bundled`)
  return readFileSync(join(root, folder, name), 'utf8').trim()
}
