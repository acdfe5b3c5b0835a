/**
 * Hints are to be acted on: each begins with what to do, and what it tells the user to type is understood.
 *
 * They are read off the table of errors and the sources; what a hint puts together from values stands there as X.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { optionTable } from '../src/cli/options.js'
import { parseLine } from '../src/cli/parse.js'
import { errorTable, UploadError } from '../src/errors.js'
import { parse, readFiles } from './helpers/imports.js'

const verbs = new Set(
  `Add Ask Change Check Choose Download Fetch Free Give Install Leave Look Make Mend Name Open Put Raise Rename Run Say Send Set Split Unset Upload Use
  Wait Write`.split(/\s+/),
)

/** What an expression can say. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map((span) => `X${span.literal.text}`).join('')]
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  return []
}

/** Where hints stand: after the sentence of a usage error, under the name `hint`, or kept for later under such a name. */
function hintIn(node: ts.Node): ts.Expression | undefined {
  if (ts.isCallExpression(node) && node.expression.getText() === 'usageError') return node.arguments[1]
  const isSign = /glyphs\.ts$/.test(node.getSourceFile().fileName)
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'hint' && !isSign) return node.initializer
  if (ts.isVariableDeclaration(node) && /hint$/i.test(node.name.getText())) return node.initializer
  return undefined
}

function hintsIn(name: string, text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const hint = hintIn(node)
    if (hint) found.push(...textsOf(hint))
    ts.forEachChild(node, visit)
  }
  visit(parse(name, text))
  return found
}

function isAction(hint: string): boolean {
  const [first = ''] = hint.replace(/^If [^,]+, (?=[a-z])/, '').split(' ')
  return /^(?:Did you mean|X) /.test(hint) || verbs.has(`${first[0]?.toUpperCase()}${first.slice(1)}`)
}

/** What stands between backticks and cannot be typed. */
function mistyped(hint: string): string[] {
  const pieces = [...hint.matchAll(/`([^`]+)`/g)].map(([, piece = '']) => piece)
  const commands = pieces.filter((piece) => /^scenario-upload\b/.test(piece) && !understood(piece))
  const options = pieces.flatMap((piece) => piece.match(/(?<=^| )--[a-z][a-z-]*/g) ?? [])
  return [...commands, ...options.filter((option) => !known.has(option))]
}

const known = new Set(['--help', '--version', ...optionTable.flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? [])])

function understood(line: string): boolean {
  try {
    return parseLine(line.split(' ').slice(1), '0.0.0') !== undefined
  } catch (error) {
    if (error instanceof UploadError) return false
    throw error
  }
}

const files = readFiles(fileURLToPath(new URL('../src', import.meta.url)))
const hints = new Set(Object.entries(files).flatMap(([name, text]) => hintsIn(name, text)))

describe('a hint', () => {
  it('begins with what to do, for every row of the table of errors', () => {
    const idle = Object.entries(errorTable).filter(([, { hint }]) => !isAction(hint))
    assert.deepEqual(idle, [])
  })

  for (const hint of hints) {
    it(`can be acted on: ${hint}`, () => assert.deepEqual([isAction(hint), mistyped(hint)], [true, []]))
  }
})

describe('the check of the hints finds', () => {
  it('the hints of every kind of error', () => {
    const text = `
      usageError('a', b ? 'Give one.' : \`Write \${it}.\`)
      new UploadError('ERR_SPOOL', 'a', { hint: 'Free some.' })
      const someHint = 'Look.'`
    assert.deepEqual(hintsIn('a.ts', text), ['Give one.', 'Write X.', 'Free some.', 'Look.'])
    for (const { hint } of Object.values(errorTable)) assert.ok(hints.has(hint), hint)
  })

  it('one that only tells', () => {
    for (const hint of ['It looks like upload_1.', 'If it is one, it looks like upload_1.']) assert.ok(!isAction(hint))
    assert.ok(isAction('If it is one, give it.'))
  })

  it('a command that there is not, an option that there is not, and one that the command does not take', () => {
    assert.deepEqual(mistyped('Run `scenario-upload wait`.'), ['scenario-upload wait'])
    assert.deepEqual(mistyped('Run it with `--verbos`.'), ['--verbos'])
    assert.deepEqual(mistyped('Run `scenario-upload forget a --until imported`.'), [
      'scenario-upload forget a --until imported',
    ])
  })
})
