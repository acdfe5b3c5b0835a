/**
 * The house: which room may import what, that no imports run in a circle, and that the table of options is the parser.
 *
 * Each check is also run on files made up to break it: a check that cannot fail checks nothing.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import ts from 'typescript'
import { type CommandName, type OptionRow, optionTable } from '../src/cli/options.js'
import { createProgram } from '../src/cli/parse.js'
import { type Files, findLoop, type ImportLine, importsOf, parse, readFiles } from './helpers/imports.js'

const files = readFiles(fileURLToPath(new URL('../src', import.meta.url)))
const manifest: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

/** `core/` is a room, `errors.ts` a file, `node:*` any module of Node's, everything else a package. */
interface Allowed {
  what: string
  how: readonly ImportLine['how'][]
}

const freely = (...what: string[]): Allowed[] => what.map((each) => ({ what: each, how: ['static', 'lazy', 'types'] }))
const asTypes = (...what: string[]): Allowed[] => what.map((each) => ({ what: each, how: ['types'] }))
const lazily = (...what: string[]): Allowed[] => what.map((each) => ({ what: each, how: ['lazy', 'types'] }))

const library = freely(
  ...[
    'events.ts',
    'errors.ts',
    'session.ts',
    'core/',
    'sources/',
    'scenario/',
    'storage/',
    'wire/',
    'state/',
    'hash/',
    'engine/',
    'doctor/',
    'sandbox/',
  ],
  ...['node:*', 'got', 'hpagent', 'mime-types', 'p-limit', 'picomatch'],
)

/** What each room may import, beside itself. */
const rooms: Readonly<Record<string, readonly Allowed[]>> = {
  'events.ts': asTypes('errors.ts'),
  'errors.ts': asTypes('events.ts'),
  'core/': [...freely('errors.ts', 'node:crypto', 'node:module'), ...lazily('mime-types')],
  'sources/': [...freely('core/', 'errors.ts', 'node:*', 'picomatch'), ...asTypes('events.ts')],
  // What the API and the bucket have in common, the ways to them among it.
  'wire/': freely(
    ...['core/', 'errors.ts', 'hpagent', 'node:fs', 'node:http', 'node:https', 'node:net', 'node:stream', 'node:tls'],
  ),
  'scenario/': freely('core/', 'wire/', 'errors.ts', 'got', 'node:http', 'node:https', 'node:stream'),
  'storage/': freely('core/', 'wire/', 'errors.ts', 'got', 'node:http', 'node:https', 'node:stream'),
  'state/': freely(
    ...['core/', 'errors.ts', 'node:fs', 'node:fs/promises', 'node:os', 'node:path', 'node:crypto'],
    'node:timers/promises',
  ),
  'hash/': freely('node:crypto', 'node:worker_threads'),
  'engine/': [
    ...freely('core/', 'events.ts', 'errors.ts', 'p-limit', 'node:events', 'node:timers', 'node:timers/promises'),
    ...asTypes('sources/', 'scenario/', 'storage/', 'state/', 'wire/', 'hash/'),
  ],
  'doctor/': [
    ...freely(
      'session.ts',
      'core/',
      'sources/',
      'scenario/',
      'state/',
      'errors.ts',
      'node:crypto',
      'node:dns/promises',
    ),
    ...freely('node:fs/promises', 'node:net', 'node:os', 'node:stream'),
    ...asTypes('wire/', 'node:dns'),
  ],
  'sandbox/': freely('core/', 'node:*'),
  'session.ts': library,
  'index.ts': library,
  'cli/': [
    ...lazily('index.ts', 'sandbox/index.ts'),
    ...freely('core/', 'errors.ts', 'wire/version.ts', 'commander', 'ora', 'cli-progress', 'node:*'),
    ...asTypes('events.ts'),
  ],
}

const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/') + 1) : file)

function covers({ what, how }: Allowed, line: ImportLine): boolean {
  if (!how.includes(line.how)) return false
  if (what === 'node:*') return line.to.startsWith('node:')
  return what.endsWith('/') ? line.to.startsWith(what) : line.to === what
}

/** Each import that the table does not allow, as a sentence. */
function trespasses(some: Files): string[] {
  const stray = Object.keys(some).filter((file) => !(roomOf(file) in rooms))
  const wrong = importsOf(some).filter((line) => {
    const room = roomOf(line.from)
    if (room.endsWith('/') && line.to.startsWith(room)) return false
    return !rooms[room]?.some((allowed) => covers(allowed, line))
  })
  return [
    ...stray.map((file) => `${file} is in no room`),
    ...wrong.map(({ from, to, how }) => `${from} imports ${to} (${how})`),
  ]
}

const valueEdges = (some: Files) =>
  importsOf(some)
    .filter(({ to, how }) => how !== 'types' && to in some)
    .map(({ from, to }) => [from, to] as const)

const roomEdges = (some: Files) =>
  valueEdges(some)
    .map(([from, to]) => [roomOf(from), roomOf(to)] as const)
    .filter(([from, to]) => from !== to)

const packageOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier

const packagesIn = (some: Files) =>
  new Set(
    importsOf(some)
      .filter(({ specifier, how }) => how !== 'types' && !/^(?:\.|node:)/.test(specifier))
      .map(({ specifier }) => packageOf(specifier)),
  )

/** Where a global is reached for; `asDefault`: one that is only the default of an argument is let pass. */
function reaches(some: Files, expression: string, asDefault: boolean): string[] {
  return Object.entries(some).flatMap(([name, text]) => {
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      const isIt = (ts.isPropertyAccessExpression(node) || ts.isIdentifier(node)) && node.getText() === expression
      const isName = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node
      if (isIt && !isName && !(asDefault && isDefault(node))) found.push(`${name} reaches for ${expression}`)
      ts.forEachChild(node, visit)
    }
    ts.forEachChild(parse(name, text), visit)
    return found
  })
}

function isDefault(node: ts.Node): boolean {
  if (ts.isParameter(node.parent)) return node.parent.initializer === node
  // `now = Date.now()` and `now = () => performance.now()` are defaults too.
  return (ts.isCallExpression(node.parent) || ts.isArrowFunction(node.parent)) && isDefault(node.parent)
}

const only = (...wanted: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => wanted.includes(roomOf(name))))

describe('the rooms', () => {
  it('import only what the table of the house allows', () => assert.deepEqual(trespasses(files), []))

  it('are all there: no row of the table is about nothing', () => {
    assert.deepEqual(Object.keys(rooms).sort(), [...new Set(Object.keys(files).map(roomOf))].sort())
  })

  it('import each other in no circle', () => assert.equal(findLoop(roomEdges(files)), undefined))

  it('have no files that import each other in a circle', () => assert.equal(findLoop(valueEdges(files)), undefined))

  it('below the command know no process, but for the sources and the credentials at the front door', () => {
    const calm = only(
      'events.ts',
      'errors.ts',
      'core/',
      'scenario/',
      'storage/',
      'wire/',
      'hash/',
      'engine/',
      'doctor/',
    )
    assert.deepEqual(reaches(calm, 'process', false), [])
  })

  it('know of the process in state only what tells one run from another', () => {
    const knowing = new Set(reaches(only('state/'), 'process', false).map((sentence) => sentence.split(' ')[0]))
    assert.deepEqual([...knowing].sort(), ['state/lock.ts', 'state/process-mark.ts'])
    const others = ['process.env', 'process.argv', 'process.cwd', 'process.stderr', 'process.on', 'process.exit']
    for (const other of others) assert.deepEqual(reaches(only('state/'), other, false), [])
  })

  it('know of other systems in few places, each of which the README tells', () => {
    const branching = Object.keys(files).filter((name) => /'win32'|'darwin'/.test(files[name] ?? ''))
    assert.deepEqual(branching.sort(), [
      'cli/commands/sandbox.ts',
      'cli/glyphs.ts',
      'doctor/on-machine.ts',
      'sources/look-into.ts',
      'sources/magic.ts',
      'sources/spool.ts',
      'state/files.ts',
    ])
  })

  for (const global of [
    'Date.now',
    'Math.random',
    'performance.now',
    'process',
    'setTimeout',
    'setInterval',
    'fetch',
  ]) {
    it(`core takes ${global} as an argument, or not at all`, () => {
      assert.deepEqual(reaches(only('core/'), global, true), [])
    })
  }
})

describe('the check of the rooms finds', () => {
  const broken: readonly [title: string, files: Files, found: string][] = [
    [
      'a value that only a type may be',
      { 'events.ts': "import { x } from './errors.js'" },
      'events.ts imports errors.ts (static)',
    ],
    [
      'a file read by core',
      { 'core/a.ts': "import { readFile } from 'node:fs'" },
      'core/a.ts imports node:fs (static)',
    ],
    [
      'a source that knows the API',
      { 'sources/a.ts': "import type { X } from '../scenario/b.js'" },
      'sources/a.ts imports scenario/b.ts (types)',
    ],
    [
      'the API that knows the bucket',
      { 'scenario/a.ts': "import '../storage/bucket.js'" },
      'scenario/a.ts imports storage/bucket.ts (static)',
    ],
    [
      'the bucket that knows the API',
      { 'storage/a.ts': "export { x } from '../scenario/client.js'" },
      'storage/a.ts imports scenario/client.ts (static)',
    ],
    [
      'an engine that holds a port by value',
      { 'engine/a.ts': "import { createBucket } from '../storage/bucket.js'" },
      'engine/a.ts imports storage/bucket.ts (static)',
    ],
    [
      'a type among values, which still loads the file',
      { 'engine/a.ts': "import { type Bucket } from '../storage/bucket.js'" },
      'engine/a.ts imports storage/bucket.ts (static)',
    ],
    [
      'an engine that holds the memory by value',
      { 'engine/a.ts': "import { noResume } from '../state/memory.js'" },
      'engine/a.ts imports state/memory.ts (static)',
    ],
    [
      'a memory that knows the engine',
      { 'state/a.ts': "import type { Context } from '../engine/context.js'" },
      'state/a.ts imports engine/context.ts (types)',
    ],
    ['a memory that knows the network', { 'state/a.ts': "import 'node:net'" }, 'state/a.ts imports node:net (static)'],
    [
      'a wire that knows who speaks on it',
      { 'wire/a.ts': "import type { Bucket } from '../storage/bucket.js'" },
      'wire/a.ts imports storage/bucket.ts (types)',
    ],
    [
      'a doctor that uploads',
      { 'doctor/a.ts': "import { runUpload } from '../engine/run.js'" },
      'doctor/a.ts imports engine/run.ts (static)',
    ],
    ['an engine that speaks HTTP', { 'engine/a.ts': "import got from 'got'" }, 'engine/a.ts imports got (static)'],
    [
      'a sandbox that uses what it stands in for',
      { 'sandbox/a.ts': "import type { X } from '../scenario/schema.js'" },
      'sandbox/a.ts imports scenario/schema.ts (types)',
    ],
    ['a library that draws', { 'index.ts': "const ora = await import('ora')" }, 'index.ts imports ora (lazy)'],
    [
      'a library that knows the command',
      { 'session.ts': "export type { Flags } from './cli/options.js'" },
      'session.ts imports cli/options.ts (types)',
    ],
    [
      'a command that loads the library at once',
      { 'cli/a.ts': "import { upload } from '../index.js'" },
      'cli/a.ts imports index.ts (static)',
    ],
    [
      'a command that loads the sandbox at once',
      { 'cli/a.ts': "import { startSandbox } from '../sandbox/index.js'" },
      'cli/a.ts imports sandbox/index.ts (static)',
    ],
    [
      'a command that goes past the front door',
      { 'cli/a.ts': "await import('../engine/run.js')" },
      'cli/a.ts imports engine/run.ts (lazy)',
    ],
    [
      'a command that looks into the sandbox',
      { 'cli/a.ts': "import type { X } from '../sandbox/api.js'" },
      'cli/a.ts imports sandbox/api.ts (types)',
    ],
    [
      'a room that comes in by the front door',
      { 'engine/a.ts': "import type { Kind } from '../index.js'" },
      'engine/a.ts imports index.ts (types)',
    ],
    [
      'a type that is named in passing',
      { 'core/a.ts': "export type X = import('got').Got" },
      'core/a.ts imports got (types)',
    ],
    ['an import whose name is put together', { 'cli/a.ts': 'await import(name)' }, 'cli/a.ts imports (name) (lazy)'],
    ['a package that is required', { 'core/a.ts': "const got = require('got')" }, 'core/a.ts imports got (lazy)'],
    ['a room that the table does not know', { 'utils/a.ts': '' }, 'utils/a.ts is in no room'],
  ]
  for (const [title, made, found] of broken) {
    it(title, () => assert.deepEqual(trespasses(made), [found]))
  }

  it('a circle of three files', () => {
    const made = {
      'core/a.ts': "import { b } from './b.js'",
      'core/b.ts': "export * from './c.js'",
      'core/c.ts': "const a = () => import('./a.js')",
    }
    assert.deepEqual(findLoop(valueEdges(made)), ['core/a.ts', 'core/b.ts', 'core/c.ts', 'core/a.ts'])
  })

  it('a circle of two rooms, whose files have none', () => {
    const made = {
      'core/a.ts': "import '../sources/b.js'",
      'core/c.ts': '',
      'sources/b.ts': "import '../core/c.js'",
    }
    assert.equal(findLoop(valueEdges(made)), undefined)
    assert.deepEqual(findLoop(roomEdges(made)), ['core/', 'sources/', 'core/'])
  })

  it('no circle where one of two only names the types of the other', () => {
    const made = { 'errors.ts': "import type { X } from './events.js'", 'events.ts': "import './errors.js'" }
    assert.equal(findLoop(valueEdges(made)), undefined)
  })

  it('a clock that is read in passing, and lets the default of an argument pass', () => {
    const made = {
      'core/a.ts': 'export const age = (at: number) => Date.now() - at',
      'core/b.ts': 'export const age = (at: number, now = Date.now()) => now - at',
      'core/c.ts': 'export const wait = (now: () => number = Date.now) => now()',
    }
    assert.deepEqual(reaches(made, 'Date.now', true), ['core/a.ts reaches for Date.now'])
  })

  it('a package that nobody declared', () => {
    assert.deepEqual([...packagesIn({ 'core/a.ts': "import x from '@scope/name/deep.js'" })], ['@scope/name'])
  })
})

describe('the packages', () => {
  it('that run beside us are the ones that the sources import, and no others', () => {
    assert.deepEqual([...packagesIn(files)].sort(), Object.keys(manifest.dependencies).sort())
  })
})

/** Options by their flags, with what is said of each. */
const shown = (options: readonly { flags: string; description: string }[]) =>
  Object.fromEntries(options.map(({ flags, description }) => [flags, description]))

const rowsOf = (name: CommandName) =>
  shown(
    optionTable
      .filter((row: OptionRow) => row.on.includes(name))
      .map(({ flags, does }) => ({ flags, description: does })),
  )

describe('the table of options', () => {
  const program = createProgram('0.0.0', () => {})
  const commandOf = (name: CommandName): Command => {
    const command = name === 'upload' ? program : program.commands.find((each) => each.name() === name)
    assert.ok(command, `no command ${name}`)
    return command
  }

  for (const name of ['upload', 'status', 'wait', 'forget', 'sandbox', 'doctor', 'completion'] as const) {
    it(`is what the parser takes for ${name}`, () => {
      const { '-V, --version': version, ...options } = shown(commandOf(name).options)
      assert.deepEqual(options, rowsOf(name))
      assert.equal(version !== undefined, name === 'upload')
    })
  }

  it('names no option twice', () => {
    const names = optionTable.map(({ flags }) => new Option(flags).attributeName())
    assert.deepEqual(names, [...new Set(names)])
  })

  it('says of each path, and of each word that has choices, what the shells are to offer', () => {
    const bare = optionTable.filter(({ takes, choices }: OptionRow) => takes === undefined && choices === undefined)
    const wordy = ({ flags }: { flags: string }) => /<(?:file|folder|list|path)\b|\|auto>/.test(flags)
    assert.deepEqual(bare.filter(wordy), [])
  })

  it('says of each option what it does', () => {
    assert.deepEqual(
      optionTable.filter(({ does }) => does.length < 5).map(({ flags }) => flags),
      [],
    )
  })

  it('names every command with options that there is', () => {
    const named = new Set<string>(optionTable.flatMap((row: OptionRow) => row.on))
    const there = [program, ...program.commands].filter((command) => command.options.length > 0)
    assert.deepEqual([...named].sort(), there.map((each) => (each === program ? 'upload' : each.name())).sort())
  })
})
