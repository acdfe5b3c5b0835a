/** The folder of what is remembered: for its owner alone, and never at the price of a hang. */
import assert from 'node:assert/strict'
import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { defaultStateFolder, makeFolder } from '../src/state/folder.js'
import { tempFolder } from './helpers/files.js'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('the folder', () => {
  it('is where the XDG standard has it, below the home', () => {
    assert.equal(defaultStateFolder(), join(homedir(), '.local', 'state', 'scenario-upload'))
  })

  it('is made for its owner alone', async (t) => {
    const path = join(await tempFolder(t), 'state')
    await makeFolder(path)
    assert.equal(await modeOf(path), 0o700)
  })

  it('is made with all that it stands in, which is for its owner alone too', async (t) => {
    const top = join(await tempFolder(t), '.local')
    await makeFolder(join(top, 'state', 'scenario-upload'))
    for (const path of [top, join(top, 'state'), join(top, 'state', 'scenario-upload')]) {
      assert.equal(await modeOf(path), 0o700, path)
    }
  })

  it('leaves what it stands in as it is, where that is there', async (t) => {
    const top = join(await tempFolder(t), 'shared')
    await mkdir(top)
    await chmod(top, 0o755)
    await makeFolder(join(top, 'state'))
    assert.equal(await modeOf(top), 0o755)
  })

  for (const mode of [0o755, 0o777, 0o750, 0o701]) {
    it(`of its own name that is there already is closed to all others (${mode.toString(8)})`, async (t) => {
      const path = join(await tempFolder(t), 'scenario-upload')
      await mkdir(path)
      await chmod(path, mode)
      await makeFolder(path)
      assert.equal(await modeOf(path), 0o700)
    })
  }

  for (const mode of [0o755, 0o1777, 0o2770]) {
    it(`of another name that is there already is someone's, and stays as it is (${mode.toString(8)})`, async (t) => {
      const path = join(await tempFolder(t), 'shared')
      await mkdir(path)
      await chmod(path, mode)
      await makeFolder(path)
      assert.equal((await stat(path)).mode & 0o7777, mode)
    })
  }

  it('that its owner has locked stays locked', async (t) => {
    const path = join(await tempFolder(t), 'scenario-upload')
    await mkdir(path)
    await chmod(path, 0o500)
    await makeFolder(path)
    assert.equal(await modeOf(path), 0o500)
  })

  it('may be made by many at once', async (t) => {
    const path = join(await tempFolder(t), 'a', 'b', 'c')
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)))
    assert.equal(await modeOf(path), 0o700)
  })
})

describe('a place where no folder can be', () => {
  it('below a file fails', async (t) => {
    const path = join(await tempFolder(t), 'file')
    await writeFile(path, '')
    await assert.rejects(makeFolder(join(path, 'state')), { code: 'ENOTDIR' })
    await assert.rejects(makeFolder(join(path, 'a', 'b')), { code: 'ENOTDIR' })
  })

  it('is a file, which is left as it is', async (t) => {
    const path = join(await tempFolder(t), 'file')
    await writeFile(path, '')
    await chmod(path, 0o644)
    await assert.rejects(makeFolder(path), { code: 'ENOTDIR' })
    assert.equal(await modeOf(path), 0o644)
  })

  it('is a link to nothing', async (t) => {
    const folder = await tempFolder(t)
    await symlink(join(folder, 'nothing'), join(folder, 'link'))
    await assert.rejects(makeFolder(join(folder, 'link')), { code: 'ENOENT' })
  })

  it('below /proc fails, and hangs nobody', { skip: process.platform !== 'linux', timeout: 60_000 }, async () => {
    await assert.rejects(makeFolder('/proc/nothing/state/scenario-upload'))
  })
})
