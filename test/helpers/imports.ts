/** Reads which files import which: what the compiler would load, told apart from what is only a type to it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

export interface ImportLine {
  /** The importing file, from the root of the sources: `core/parts.ts`. */
  from: string
  /** As it is written. */
  specifier: string
  /** The imported file from the root of the sources, or the specifier of what is no file of ours. */
  to: string
  /** `lazy`: by `import()`, or by `require()` where there is no time to wait. `types`: gone once it is compiled. */
  how: 'static' | 'lazy' | 'types'
}

/** File name, from the root of the sources, to text. */
export type Files = Readonly<Record<string, string>>

export function readFiles(root: string): Files {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}

export function importsOf(files: Files): ImportLine[] {
  return Object.entries(files).flatMap(([from, text]) =>
    linesOf(parse(from, text)).map(({ specifier, how }) => ({ from, specifier, to: targetOf(from, specifier), how })),
  )
}

export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true)
}

type Line = Pick<ImportLine, 'specifier' | 'how'>

function linesOf(node: ts.Node): Line[] {
  const below: Line[] = []
  ts.forEachChild(node, (child) => {
    below.push(...linesOf(child))
  })
  const own = lineOf(node)
  return own ? [own, ...below] : below
}

function lineOf(node: ts.Node): Line | undefined {
  if (ts.isImportDeclaration(node)) {
    // `import { type A }` still loads the file: only `import type` is gone.
    return line(
      node.moduleSpecifier,
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'types' : 'static',
    )
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return line(node.moduleSpecifier, node.isTypeOnly ? 'types' : 'static')
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return line(node.argument.literal, 'types')
  const lazy = ts.isCallExpression(node) && /^(?:import|require)$/.test(node.expression.getText())
  return lazy && node.arguments[0] ? line(node.arguments[0], 'lazy') : undefined
}

function line(specifier: ts.Node, how: ImportLine['how']): Line {
  return { specifier: ts.isStringLiteralLike(specifier) ? specifier.text : `(${specifier.getText()})`, how }
}

function targetOf(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

/** The first way round that leads back to where it began, or nothing. */
export function findLoop(edges: readonly (readonly [from: string, to: string])[]): string[] | undefined {
  const nextOf = (at: string) => edges.filter(([from]) => from === at).map(([, to]) => to)
  const done = new Set<string>()
  const walk = (at: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at]
    if (done.has(at)) return undefined
    for (const to of nextOf(at)) {
      const loop = walk(to, [...path, at])
      if (loop) return loop
    }
    done.add(at)
    return undefined
  }
  for (const [from] of edges) {
    const loop = walk(from, [])
    if (loop) return loop
  }
  return undefined
}
