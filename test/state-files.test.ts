/** The file system as Windows has it: what another program has open for a moment is waited for, and elsewhere is not. */
import assert from 'node:assert/strict'
import { open, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Files, patientFiles } from '../src/state/files.js'
import { takeLock } from '../src/state/lock.js'
import { writeFileWhole } from '../src/state/write-file.js'
import { tempFolder } from './helpers/files.js'
import { deadPid, leaveLock, lockText, namesIn } from './helpers/state.js'

/** Refuses each first `times` times, as where a virus scanner looks at the file. */
function scanned(code: string, times: number) {
  const left = { open: times, rename: times, unlink: times }
  const after = <Args extends unknown[], T>(name: keyof Files, act: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (left[name]-- > 0) throw Object.assign(new Error(`${code}: ${name}`), { code })
      return act(...args)
    }
  }
  const files: Files = {
    open: after('open', open),
    rename: after('rename', rename),
    unlink: after('unlink', unlink),
  }
  return files
}

function patient(system: NodeJS.Platform, files: Files) {
  const pauses: number[] = []
  return { pauses, files: patientFiles(system, files, async (ms) => pauses.push(ms)) }
}

describe('on Windows, a file that another program has open for a moment', () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    it(`is replaced once it is free (${code})`, async (t) => {
      const folder = await tempFolder(t)
      const { files, pauses } = patient('win32', scanned(code, 2))
      await writeFile(join(folder, 'a'), 'old')
      await writeFileWhole(join(folder, 'a'), 'new', files)
      assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'new')
      assert.deepEqual(await namesIn(folder), ['a'])
      assert.deepEqual(pauses, [10, 20, 10, 20]) // to make the new one, and to put it in the place of the old one
    })
  }

  it('is no reason not to take a lock, to take over a dead one, or to let go of it', async (t) => {
    for (const left of [[], [lockText({ pid: deadPid() })]]) {
      const folder = await tempFolder(t)
      const path = join(folder, 'a.lock')
      for (const text of left) await leaveLock(path, text)
      const { files } = patient('win32', scanned('EPERM', 3))
      const locking = await takeLock(path, files)
      assert.equal(locking.is, 'taken')
      if (locking.is === 'taken') await locking.lock.release()
      assert.deepEqual(await namesIn(folder), [])
    }
  })

  it('and is never free is given up after two seconds, with the reason', async () => {
    const { files, pauses } = patient('win32', scanned('EPERM', 1000))
    await assert.rejects(files.rename('a', 'b'), { code: 'EPERM' })
    const waited = pauses.reduce((sum, ms) => sum + ms, 0)
    assert.ok(waited > 1000 && waited < 2000, String(waited))
  })

  it('is not taken for what fails in another way', async () => {
    const { files, pauses } = patient('win32', scanned('ENOENT', 1))
    await assert.rejects(files.unlink('a'), { code: 'ENOENT' })
    assert.deepEqual(pauses, [])
  })
})

for (const system of ['linux', 'darwin'] as const) {
  it(`on ${system} what is refused is refused at once`, async () => {
    const { files, pauses } = patient(system, scanned('EPERM', 1))
    await assert.rejects(files.rename('a', 'b'), { code: 'EPERM' })
    assert.deepEqual(pauses, [])
  })
}
