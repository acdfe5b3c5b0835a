/** One run at a time for each upload: who gets the lock, who is told to wait, and what becomes of the lock of the dead. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ownFiles } from '../src/state/files.js'
import { type Holder, holderOf, type Lock, takeLock } from '../src/state/lock.js'
import { isRunning, placeOfPids, startOf } from '../src/state/process-mark.js'
import { tempFolder } from './helpers/files.js'
import type { Order, Report } from './helpers/lock-child.js'
import { age, deadPid, leaveLock, lockText, namesIn } from './helpers/state.js'

const seconds = 1000
const linux = process.platform === 'linux'

const pathIn = async (t: TestContext) => join(await tempFolder(t), 'a.lock')

async function taken(path: string): Promise<Lock> {
  const locking = await takeLock(path)
  return locking.is === 'taken' ? locking.lock : assert.fail(`it is held by ${locking.by.pid}`)
}

async function heldBy(path: string): Promise<Holder> {
  const locking = await takeLock(path)
  return locking.is === 'held' ? locking.by : assert.fail('it was free')
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

describe('a lock', () => {
  it('that is free is taken', async (t) => {
    const path = await pathIn(t)
    const lock = await taken(path)
    const holder = await holderOf(path)
    assert.equal(holder?.pid, process.pid)
    await lock.release()
  })

  it('that is taken is held, and it says by whom and since when', async (t) => {
    const path = await pathIn(t)
    const before = Date.now()
    const lock = await taken(path)
    const { pid, since } = await heldBy(path)
    assert.equal(pid, process.pid)
    assert.ok(Date.parse(since) >= before && Date.parse(since) <= Date.now(), since)
    await lock.release()
  })

  it('that was released is free again, and leaves nothing behind', async (t) => {
    const folder = await tempFolder(t)
    const path = join(folder, 'a.lock')
    for (let i = 0; i < 3; i++) await (await taken(path)).release()
    assert.deepEqual(await namesIn(folder), [])
    assert.equal(await holderOf(path), null)
  })

  it('is for the eyes of its owner alone, taken over or not', async (t) => {
    const path = await pathIn(t)
    const lock = await taken(path)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await lock.release()
    await leaveLock(path, lockText({ pid: deadPid() }))
    await taken(path).then(async (over) => {
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      await over.release()
    })
  })

  it('is unlike every other one of the same process', async (t) => {
    const folder = await tempFolder(t)
    const paths = ['a.lock', 'b.lock'].map((name) => join(folder, name))
    const locks = await Promise.all(paths.map(taken))
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
    assert.notEqual(texts[0], texts[1])
    for (const lock of locks) await lock.release()
  })

  it('that another one took over meanwhile is left to that one', async (t) => {
    const path = await pathIn(t)
    const lock = await taken(path)
    await writeFile(path, lockText())
    await lock.release()
    assert.equal(await exists(path), true)
  })

  it('may be released twice, and after its file has gone', async (t) => {
    const path = await pathIn(t)
    const lock = await taken(path)
    await unlink(path)
    await lock.release()
    const next = await taken(path)
    await lock.release()
    assert.equal(await exists(path), true, 'the first has no say about the second')
    await next.release()
  })

  it('is touched every twenty seconds, for those who look from elsewhere', async (t) => {
    const path = await pathIn(t)
    t.mock.timers.enable({ apis: ['setInterval'] })
    const lock = await taken(path)
    await age(path, 100 * seconds)
    t.mock.timers.tick(20 * seconds)
    const touched = async () => Date.now() - (await stat(path)).mtimeMs < 50 * seconds
    for (let i = 0; i < 1000 && !(await touched()); i++) await sleep(20)
    assert.equal(await touched(), true)
    await lock.release()
  })
})

describe('the lock of a process', () => {
  it('that is dead is taken over at once, and by then says who has it', async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, lockText({ pid: deadPid() }))
    assert.equal(await holderOf(path), null)
    const lock = await taken(path)
    assert.equal((await heldBy(path)).pid, process.pid)
    await lock.release()
  })

  it('that lives is held, however old it is', async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, lockText(), 40 * 24 * 3600 * seconds)
    assert.equal((await heldBy(path)).pid, process.pid)
  })

  it('that is dead is taken over though another one has its number now', { skip: !linux }, async (t) => {
    for (const start of ['', ' ', `${startOf(process.pid)}0`, 'another-boot 1']) {
      const path = await pathIn(t)
      await leaveLock(path, lockText({ start }))
      // Where nothing is known of the start, the number alone must do.
      if (start === '') await heldBy(path)
      else await (await taken(path)).release()
    }
  })

  it('that is dead, and that nobody has asked how it ended, is taken over', { skip: !linux }, async (t) => {
    // The shell makes room for a program that knows nothing of its child.
    const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    t.after(() => parent.kill('SIGKILL'))
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    for (let i = 0; i < 1000 && startOf(pid) !== 'dead'; i++) await sleep(20)
    assert.equal(isRunning(pid), true, 'its number is taken still')
    const path = await pathIn(t)
    await leaveLock(path, lockText({ pid, start: 'the-boot 5' }))
    await (await taken(path)).release()
  })
})

describe('a lock from another place, where nobody can ask for its process,', () => {
  const place = 'another-machine pid:[1]'
  for (const ms of [0, 60 * seconds, 110 * seconds]) {
    it(`is held where it was touched ${ms / seconds} s ago`, async (t) => {
      const path = await pathIn(t)
      await leaveLock(path, lockText({ pid: deadPid(), place }), ms)
      assert.equal((await heldBy(path)).place, place)
    })
  }

  for (const ms of [130 * seconds, 24 * 3600 * seconds]) {
    it(`is dead where it was not touched for ${ms / seconds} s, though its number is someone's here`, async (t) => {
      const path = await pathIn(t)
      await leaveLock(path, lockText({ place }), ms)
      await (await taken(path)).release()
    })
  }

  it('is dead where it comes from a time that is far off, as after a clock was set back', async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, lockText({ place }), -24 * 3600 * seconds)
    await (await taken(path)).release()
  })

  it('is not one of this place', () => assert.notEqual(placeOfPids(), place))
})

describe('a lock that is half written', () => {
  for (const text of ['', '{"pid":12', '{}', 'null', lockText({ pid: 0 }), lockText({ pid: -1 }), '{"pid":1}']) {
    it(`and is no younger than a moment is taken over: ${JSON.stringify(text).slice(0, 20)}`, async (t) => {
      const path = await pathIn(t)
      await leaveLock(path, text, 6 * seconds)
      await (await taken(path)).release()
    })
  }

  it('and young is waited for: its writer may be about to end the line', async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, '')
    const locking = takeLock(path)
    await sleep(150)
    await writeFile(path, lockText())
    const { is } = await locking
    assert.equal(is, 'held')
  })

  it('and young is taken over once the moment is past', async (t) => {
    const path = await pathIn(t)
    const before = performance.now()
    await leaveLock(path, '', 4 * seconds)
    await (await taken(path)).release()
    assert.ok(performance.now() - before > 900, 'the fifth of its five seconds')
  })
})

describe('the turn to take a lock over', () => {
  it('that a killed run left behind is cleared away', async (t) => {
    const folder = await tempFolder(t)
    const path = join(folder, 'a.lock')
    await leaveLock(path, lockText({ pid: deadPid() }))
    await mkdir(`${path}.turn`)
    await age(`${path}.turn`, 6 * seconds)
    await (await taken(path)).release()
    assert.deepEqual(await namesIn(folder), [])
  })

  it('that someone has is waited for', async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, lockText({ pid: deadPid() }))
    await mkdir(`${path}.turn`)
    const locking = takeLock(path)
    await sleep(200)
    await writeFile(path, lockText())
    assert.equal((await locking).is, 'held')
  })

  /** The lock of a dead run, and a run that is stopped for longer than a moment while it takes that over. */
  async function stopped(t: TestContext, meanwhile: (path: string, go: () => Promise<void>) => Promise<void>) {
    const folder = await tempFolder(t)
    const path = join(folder, 'a.lock')
    await leaveLock(path, lockText({ pid: deadPid() }))
    const state = { isOver: false }
    const rename: typeof ownFiles.rename = async (from, to) => {
      if (state.isOver) return ownFiles.rename(from, to)
      state.isOver = true
      await age(`${path}.turn`, 6 * seconds)
      await meanwhile(path, () => ownFiles.rename(from, to))
    }
    return { locking: await takeLock(path, { ...ownFiles, rename }), names: () => namesIn(folder) }
  }

  for (const comes of ['late', 'early'] as const) {
    it(`that was another one’s meanwhile gives nobody a lock that has a holder by now: a rename that comes ${comes}`, async (t) => {
      const locks: Lock[] = []
      const { locking, names } = await stopped(t, async (path, go) => {
        if (comes === 'early') await go()
        locks.push(await taken(path))
        if (comes === 'late') await go()
      })
      assert.equal(locking.is, 'held')
      for (const lock of locks) await lock.release()
      assert.deepEqual(await names(), [], 'its holder knows it again')
    })
  }

  it('that was another one’s meanwhile, who has let go by now, is no hindrance', async (t) => {
    const { locking } = await stopped(t, async (path, go) => {
      await (await taken(path)).release()
      await go()
    })
    assert.equal(locking.is, 'taken')
  })

  it('that cannot be cleared away ends in an error, and hangs nobody', { timeout: 300_000 }, async (t) => {
    const path = await pathIn(t)
    await leaveLock(path, lockText({ pid: deadPid() }))
    await mkdir(`${path}.turn`)
    await writeFile(join(`${path}.turn`, 'stone'), '')
    await age(`${path}.turn`, 6 * seconds)
    await assert.rejects(takeLock(path), { code: 'EBUSY' })
  })
})

describe('a place where no lock can be', () => {
  it('is said to be so, and not waited for', async (t) => {
    const folder = await tempFolder(t)
    await assert.rejects(takeLock(join(folder, 'missing', 'a.lock')), { code: 'ENOENT' })
    await mkdir(join(folder, 'b.lock'))
    await assert.rejects(takeLock(join(folder, 'b.lock')), { code: 'EISDIR' })
  })

  it('is not the one where something stands that is no file and can make way: a link, though it leads to itself', async (t) => {
    const path = join(await tempFolder(t), 'c.lock')
    await symlink(path, path)
    const locking = await takeLock(path)
    assert.equal(locking.is, 'taken')
    assert.ok((await lstat(path)).isFile())
  })
})

describe('of several processes', () => {
  const script = fileURLToPath(new URL('./helpers/lock-child.ts', import.meta.url))
  const rounds = 25

  async function children(t: TestContext, count: number): Promise<ChildProcess[]> {
    const made = Array.from({ length: count }, () => fork(script, { execArgv: ['--import', 'tsx'] }))
    t.after(() => {
      for (const child of made) child.kill('SIGKILL')
    })
    await Promise.all(made.map((child) => once(child, 'message')))
    return made
  }

  async function ask(child: ChildProcess, order: Order): Promise<Report> {
    const answer = once(child, 'message')
    child.send(order)
    const [report]: Report[] = await answer
    return report ?? assert.fail('no report')
  }

  const ways: readonly [title: string, leave: (path: string) => Promise<void>][] = [
    ['that find the same dead lock', (path) => leaveLock(path, lockText({ pid: deadPid() }))],
    ['that find a half-written lock of old', (path) => leaveLock(path, '', 6 * seconds)],
    ['that find no lock', async () => {}],
  ]
  for (const [title, leave] of ways) {
    it(`${title} exactly one gets it, each time, and all others are told which`, { timeout: 180_000 }, async (t) => {
      const folder = await tempFolder(t)
      const six = await children(t, 6)
      for (let round = 0; round < rounds; round++) {
        const path = join(folder, `${round}.lock`)
        await leave(path)
        const reports = await Promise.all(six.map((child) => ask(child, { take: path })))
        const takers = six.filter((_, index) => reports[index]?.is === 'taken')
        assert.equal(takers.length, 1, JSON.stringify(reports))
        const told = reports.flatMap((report) => (report.is === 'held' ? [report.pid] : []))
        assert.deepEqual(told, Array(5).fill(takers[0]?.pid), JSON.stringify(reports))
        for (const taker of takers) await ask(taker, { release: true })
        assert.deepEqual(await namesIn(folder), [])
      }
    })
  }

  it('the lock of one that was killed is free for the next', async (t) => {
    const path = await pathIn(t)
    const [child = assert.fail()] = await children(t, 1)
    assert.deepEqual(await ask(child, { take: path }), { is: 'taken' })
    assert.equal((await heldBy(path)).pid, child.pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await taken(path)).release()
  })
})
