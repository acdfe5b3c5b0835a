/** What of a folder is wanted: by `--include`, by `--exclude`, and by names that begin with a dot. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileFilter, folderGate, type Gate, patternGate } from '../src/sources/gate.js'
import { compile } from '../src/sources/pattern.js'

const tree = [
  'a.png',
  'b.jpg',
  '.h.png',
  'x/a.png',
  'x/b.jpg',
  'x/y/a.png',
  'x/.h.png',
  '.t/a.png',
  'cache/a.png',
  'x/cache/c.png',
]

/** The files of the tree that a walk would take. */
const taken = (gate: Gate) =>
  tree.filter((file) => {
    const folders = file.split('/').slice(0, -1)
    const at = folders.reduce<Gate | null>(
      (above, _, i) => above?.into(folders.slice(0, i + 1).join('/')) ?? null,
      gate,
    )
    return at?.takes(file) ?? false
  })

interface Given {
  include?: string[]
  exclude?: string[]
}

const filters = ({ include = [], exclude = [] }: Given, platform: NodeJS.Platform = 'linux') => ({
  include: include.map((each) => compileFilter(each, platform)),
  exclude: exclude.map((each) => compileFilter(each, platform, { dot: true })),
})

describe('of a folder', () => {
  const rows: readonly [title: string, given: Given, files: string[]][] = [
    [
      'all but what is hidden',
      {},
      ['a.png', 'b.jpg', 'x/a.png', 'x/b.jpg', 'x/y/a.png', 'cache/a.png', 'x/cache/c.png'],
    ],
    ['names at any depth', { include: ['*.jpg'] }, ['b.jpg', 'x/b.jpg']],
    ['any of several', { include: ['b*', 'c.png'] }, ['b.jpg', 'x/b.jpg', 'x/cache/c.png']],
    ['a path from the folder on', { include: ['x/*.png'] }, ['x/a.png']],
    ['only what stands in the folder itself', { include: ['/*.png'] }, ['a.png']],
    ['whole folders, by their name', { include: ['cache'] }, ['cache/a.png', 'x/cache/c.png']],
    ['all but some names', { exclude: ['*.png'] }, ['b.jpg', 'x/b.jpg']],
    ['all but some folders', { exclude: ['x/'] }, ['a.png', 'b.jpg', 'cache/a.png']],
    [
      'all but a folder at one place',
      { exclude: ['x/cache'] },
      ['a.png', 'b.jpg', 'x/a.png', 'x/b.jpg', 'x/y/a.png', 'cache/a.png'],
    ],
    ['a slash at the end is no file', { exclude: ['a.png/'], include: ['/a.png'] }, ['a.png']],
    ['what is excluded although it is included', { include: ['*.png'], exclude: ['x/**'] }, ['a.png', 'cache/a.png']],
    ['a hidden file that is named', { include: ['.h.png'] }, ['.h.png', 'x/.h.png']],
    ['a hidden folder that is named', { include: ['.t'] }, ['.t/a.png']],
    ['a file in a hidden folder that is named', { include: ['.t/*.png'] }, ['.t/a.png']],
  ]
  for (const [title, given, files] of rows) {
    it(`${title}: ${JSON.stringify(given)}`, () => assert.deepEqual(taken(folderGate(filters(given))), files))
  }

  it('with the slashes of Windows', () => {
    assert.deepEqual(taken(folderGate(filters({ include: ['x\\*.png'] }, 'win32'))), ['x/a.png'])
  })
})

describe('of a pattern', () => {
  const rows: readonly [pattern: string, given: Given & { recursive?: boolean }, files: string[]][] = [
    ['*.png', {}, ['a.png']],
    ['**/*.png', {}, ['a.png', 'x/a.png', 'x/y/a.png', 'cache/a.png', 'x/cache/c.png']],
    ['**/*.png', { exclude: ['cache'] }, ['a.png', 'x/a.png', 'x/y/a.png']],
    ['**', { include: ['*.jpg'] }, ['b.jpg', 'x/b.jpg']],
    ['.*/*', {}, ['.t/a.png']],
    ['.*', {}, ['.h.png']],
    ['x*', {}, []],
    ['x*', { recursive: true }, ['x/a.png', 'x/b.jpg', 'x/y/a.png', 'x/cache/c.png']],
  ]
  for (const [pattern, { recursive = false, ...given }, files] of rows) {
    it(`${pattern}${recursive ? ' with its folders' : ''} ${JSON.stringify(given)}`, () => {
      assert.deepEqual(taken(patternGate(compile(pattern), filters(given), recursive)), files)
    })
  }
})
