/** The sweep: what nobody will come back for is cleared away, and nothing else. */
import assert from 'node:assert/strict'
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { nameOf } from '../src/state/identity.js'
import { sweep } from '../src/state/sweep.js'
import { tempFolder } from './helpers/files.js'
import { age, deadPid, identity, leaveLock, lockText, namesIn } from './helpers/state.js'

const day = 24 * 3600_000
const name = nameOf(identity())

/** Of a folder with one thing in it that was last touched so many days ago: whether it is there after a sweep. */
async function survives(t: TestContext, what: string, days: number, isFolder = false): Promise<boolean> {
  const folder = await tempFolder(t)
  const path = join(folder, what)
  if (isFolder) await mkdir(path)
  else await writeFile(path, 'x')
  await age(path, days * day)
  await sweep(folder)
  return (await namesIn(folder)).length === 1
}

describe('a sweep', () => {
  const rows: readonly [title: string, what: string, kept: number, swept: number][] = [
    ['a state', `${name}.json`, 29, 31],
    ['one that was set aside', `${name}.json.1790000000000.aside`, 29, 31],
    ['a lock of old', `${name}.lock`, 29, 31],
    ['a temporary file that a killed run left', `${name}.json.0123456789ab.tmp`, 0.9, 1.1],
    ["a takeover's temporary file", `${name}.lock.4711.tmp`, 0.9, 1.1],
  ]
  for (const [title, what, kept, swept] of rows) {
    it(`takes away ${title} after ${swept} days, and not after ${kept}`, async (t) => {
      assert.deepEqual([await survives(t, what, kept), await survives(t, what, swept)], [true, false])
    })
  }

  it("takes away a takeover's turn that is left over", async (t) => {
    assert.equal(await survives(t, `${name}.lock.turn`, 31, true), false)
  })

  const foreign = ['notes.txt', 'a.json', `${name}.txt`, `x${name}.json`, 'manifest.json', `${name}`, 'a.tmp', 'a.lock']
  for (const what of foreign) {
    it(`leaves ${what} alone, however old it is: it is none of ours`, async (t) => {
      assert.equal(await survives(t, what, 1000), true)
    })
  }

  it('leaves what a run has, however old it is', async (t) => {
    const folder = await tempFolder(t)
    for (const what of [`${name}.json`, `${name}.json.0123456789ab.tmp`]) {
      await writeFile(join(folder, what), 'x')
      await age(join(folder, what), 40 * day)
    }
    await leaveLock(join(folder, `${name}.lock`), lockText(), 40 * day)
    await sweep(folder)
    assert.equal((await namesIn(folder)).length, 3)
  })

  it('takes away what a dead run had, and its lock', async (t) => {
    const folder = await tempFolder(t)
    await writeFile(join(folder, `${name}.json`), 'x')
    await age(join(folder, `${name}.json`), 40 * day)
    await leaveLock(join(folder, `${name}.lock`), lockText({ pid: deadPid() }), 40 * day)
    await sweep(folder)
    assert.deepEqual(await namesIn(folder), [])
  })

  it('takes a link away, and not what it leads to', async (t) => {
    const folder = await tempFolder(t)
    const target = join(await tempFolder(t), 'precious')
    await writeFile(target, 'x')
    await symlink(target, join(folder, `${name}.json`))
    await sweep(folder, Date.now() + 40 * day)
    assert.deepEqual(await namesIn(folder), [])
    assert.ok(await stat(target))
  })

  it('goes on though something cannot be looked at', async (t) => {
    const folder = await tempFolder(t)
    const other = nameOf(identity({ path: '/home/ann/b.png' }))
    for (const each of [name, other]) {
      await writeFile(join(folder, `${each}.json`), 'x')
      await age(join(folder, `${each}.json`), 40 * day)
    }
    await mkdir(join(folder, `${name}.lock`)) // no lock that can be read
    await sweep(folder)
    assert.deepEqual(await namesIn(folder, '.json'), [`${name}.json`])
  })

  it('of a folder that is not there is an error, for its caller to tell', async (t) => {
    await assert.rejects(sweep(join(await tempFolder(t), 'nothing')), { code: 'ENOENT' })
  })
})
