/** Which files a run of the command loads, by what V8 says of it: exact, where a clock on a busy machine tells nothing. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readIngredients } from './bundle.js'
import { type Run, type RunOptions, run } from './command.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Loading extends Run {
  /** What Node read, from the root of the package, sorted: `dist/command/main.js`. */
  scripts: string[]
  /** The same with what the bundle was made of in its place, sorted: `src/cli/main.ts`. */
  files: string[]
  /** Of them, the packages. */
  packages: string[]
}

export async function loading(args: readonly string[], options: RunOptions = {}): Promise<Loading> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-loaded-'))
  try {
    const ended = await run(args, { ...options, env: { ...options.env, NODE_V8_COVERAGE: folder } })
    const scripts = await filesIn(folder)
    const ingredients = readIngredients()
    const files = scripts.flatMap((script) => ingredients[script] ?? [script]).sort()
    return { ...ended, scripts, files, packages: [...new Set(files.flatMap(packageOf))] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const reports = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const scripts = reports.flatMap((report): { url: string }[] => JSON.parse(report).result)
  const paths = scripts.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url))
  return [...new Set(paths.map((path) => relative(root, path).split(sep).join('/')))].sort()
}

const packageOf = (file: string) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.slice(1) ?? []
