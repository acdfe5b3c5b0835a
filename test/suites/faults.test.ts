/**
 * The grid of faults: every step of an upload by everything that can happen to it, once, thrice and for ever. Each cell
 * ends with the right bytes on the server, or with its documented exit code, in its time, and tells no secret.
 *
 * SHORT=1 runs every fault once. GRID names a file for the whole grid as a table.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pngBytes, testFile } from '../helpers/files.js'
import { MiB } from '../helpers/scene.js'
import { type Cell, grid } from './faults/cells.js'
import { makeCertificates } from './faults/certificates.js'
import type { Through } from './faults/faults.js'
import { assertGoesOn, judge } from './faults/judge.js'
import { figures, type Told, table } from './faults/report.js'
import { openScene, type Setting } from './faults/run-cell.js'

const begun = performance.now()
const isShort = Boolean(process.env.SHORT)
const only = process.env.ONLY
const wanted = grid.cells.filter((cell) => (!isShort || cell.isSample) && (!only || titleOf(cell).match(only)))
const told: Told[] = []
const made: { folder?: string; setting?: Setting } = {}

function titleOf({ name, step, times, end }: Cell): string {
  return `${name}, at ${step}, ${times}: ${end === 'ok' ? 'ends well' : `ends ${end}`}`
}

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-upload-grid-'))
  made.folder = folder
  made.setting = {
    small: await testFile(folder, 'small.png', pngBytes(70_000)),
    large: await testFile(folder, 'large.png', pngBytes(10 * MiB + 300_000)),
    certificates: makeCertificates(folder),
  }
})

after(async () => {
  if (made.folder) await rm(made.folder, { recursive: true, force: true })
  if (process.env.GRID) writeFileSync(process.env.GRID, table(told))
  console.log(figures(told, (performance.now() - begun) / 1000))
})

/** As many at once as wait more than they work. */
const atOnce: Record<Through, number> = { library: 6, command: 2, stopped: 6 }
const ways: Record<Through, string> = {
  library: 'a fault, through the library',
  command: 'a fault, through the command',
  stopped: 'a command that is stopped for a while',
}

describe('the grid', () => {
  it('has a cell or a reason for every step, fault and number of times', () => {
    assert.ok(grid.cells.length > 400, `${grid.cells.length} cells`)
    for (const { why, name, step } of grid.leftOut) assert.ok(why.length > 5, `${name} at ${step} has no reason`)
  })
})

for (const through of ['library', 'command', 'stopped'] as const) {
  describe(ways[through], { concurrency: atOnce[through] }, () => {
    for (const cell of wanted.filter((each) => each.through === through)) {
      it(titleOf(cell), { timeout: 3 * cell.limitMs + 60_000 }, async (t) => {
        const { setting } = made
        assert.ok(setting)
        if (cell.fault.does(cell.step).at === 'handshake' && !setting.certificates) return t.skip('there is no openssl')
        const note: { ended: Told['ended'] } = { ended: null }
        try {
          const scene = await openScene(t, cell, setting)
          const ended = await scene.run()
          judge(ended, scene)
          await assertGoesOn(ended, scene)
          note.ended = ended
        } finally {
          told.push({ cell, ended: note.ended })
        }
      })
    }
  })
}
