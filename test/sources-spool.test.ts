/** Standard input, kept in a private temporary file that nothing is left of. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { type Spool, spool } from '../src/sources/spool.js'
import { tempFolder } from './helpers/files.js'
import { soonMs } from './helpers/soon.js'
import { deadPid } from './helpers/state.js'

const MiB = 1024 ** 2
const ignore = () => {}
const calm = () => new AbortController().signal

async function rejected(work: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await work.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

async function contents({ handle }: Spool): Promise<Buffer> {
  const { size } = await handle.stat()
  const { buffer } = await handle.read(Buffer.alloc(size), 0, size, 0)
  return buffer
}

describe('standard input', () => {
  it('is kept byte for byte, and told as it grows', async (t) => {
    const folder = await tempFolder(t)
    const chunks = [randomBytes(MiB), randomBytes(1), randomBytes(70_000), Buffer.alloc(0), randomBytes(3)]
    const told: number[] = []
    const spooled = await spool(Readable.from(chunks), calm(), (bytes) => told.push(bytes), { folder })
    assert.ok((await contents(spooled)).equals(Buffer.concat(chunks)))
    assert.equal(told.at(-1), MiB + 70_004)
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    )
    await spooled.discard()
  })

  it('may be text', async (t) => {
    const spooled = await spool(Readable.from(['ä', 'b']), calm(), ignore, { folder: await tempFolder(t) })
    assert.equal((await contents(spooled)).toString(), 'äb')
    await spooled.discard()
  })

  it('may be empty: that is for others to refuse', async (t) => {
    const spooled = await spool(Readable.from([]), calm(), ignore, { folder: await tempFolder(t) })
    assert.equal((await spooled.handle.stat()).size, 0)
    await spooled.discard()
  })

  it('goes where TMPDIR says', async (t) => {
    const folder = await tempFolder(t)
    const before = process.env.TMPDIR
    process.env.TMPDIR = folder
    t.after(() => {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    })
    await rm(folder, { recursive: true })
    const error = await rejected(spool(Readable.from(['x']), calm(), ignore), 'ERR_SPOOL')
    assert.ok(error.message.includes(folder), error.message)
  })
})

describe('where a file can lose its name while it is open', () => {
  it('it loses it at once: the folder is empty while it is being written, and after', async (t) => {
    const folder = await tempFolder(t)
    const during: string[][] = []
    async function* input() {
      for (let i = 0; i < 3; i++) {
        yield randomBytes(1000)
        during.push(await readdir(folder))
      }
    }
    const spooled = await spool(Readable.from(input()), calm(), ignore, { folder, unlinkOpen: true })
    assert.deepEqual(during, [[], [], []])
    assert.equal((await spooled.handle.stat()).nlink, 0)
    await spooled.discard()
    assert.deepEqual(await readdir(folder), [])
    assert.equal(spooled.handle.fd, -1)
  })

  it('not even SIGKILL leaves anything', {
    skip: process.platform === 'win32' && 'a file that is open keeps its name',
  }, async (t) => {
    const folder = await tempFolder(t)
    const script = join(folder, 'script.mts')
    const place = join(folder, 'place')
    await mkdir(place)
    const source = new URL('../src/sources/spool.ts', import.meta.url).href
    await writeFile(
      script,
      `import { spool } from ${JSON.stringify(source)}
       await spool(process.stdin, new AbortController().signal, (bytes) => console.log(bytes), { folder: ${JSON.stringify(place)} })`,
    )
    const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.write('some bytes')
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    assert.deepEqual(await readdir(place), [])
  })
})

describe('where it cannot', () => {
  it('it keeps its name until it is let go, in a folder of its own that others cannot look into', async (t) => {
    const folder = await tempFolder(t)
    const spooled = await spool(Readable.from(['some bytes']), calm(), ignore, { folder, unlinkOpen: false })
    const [own = '', ...others] = await readdir(folder)
    assert.deepEqual(others, [])
    assert.ok(own.startsWith(`scenario-upload-stdin-${process.pid}-`), own)
    assert.equal((await stat(join(folder, own))).mode & 0o777, 0o700)
    const [name = ''] = await readdir(join(folder, own))
    assert.equal((await stat(join(folder, own, name))).mode & 0o777, 0o600)
    assert.equal(await readFile(join(folder, own, name), 'utf8'), 'some bytes')
    await spooled.discard()
    assert.deepEqual(await readdir(folder), [])
  })

  it('the next run sweeps what dead ones left, and nothing else', async (t) => {
    const folder = await tempFolder(t)
    const dead = `scenario-upload-stdin-${deadPid()}-abc`
    const alive = `scenario-upload-stdin-${process.ppid}-abc`
    const own = `scenario-upload-stdin-${process.pid}-abc`
    const others = ['notes.txt', 'scenario-upload-test-1', 'scenario-upload-stdin-']
    for (const name of [dead, alive, own, ...others]) await mkdir(join(folder, name))
    await writeFile(join(folder, dead, 'bytes'), 'left')
    const spooled = await spool(Readable.from(['x']), calm(), ignore, { folder, unlinkOpen: false })
    await spooled.discard()
    const left = await readdir(folder)
    assert.ok(!left.includes(dead), 'what a dead process left')
    for (const name of [alive, own, 'notes.txt', 'scenario-upload-test-1']) assert.ok(left.includes(name), name)
  })
})

for (const unlinkOpen of [true, false]) {
  describe(`an ending before the end (${unlinkOpen ? 'without' : 'with'} a name)`, () => {
    it('by an abort comes within a second, has its reason, and leaves nothing', async (t) => {
      const folder = await tempFolder(t)
      const controller = new AbortController()
      const endless = new Readable({ read() {} })
      endless.push('some bytes')
      const reason = new UploadError('ERR_INTERRUPTED', 'enough')
      setTimeout(() => controller.abort(reason), 50)
      const began = performance.now()
      await assert.rejects(
        spool(endless, controller.signal, ignore, { folder, unlinkOpen }),
        (error) => error === reason,
      )
      assert.ok(performance.now() - began < soonMs)
      assert.deepEqual(await readdir(folder), [])
    })

    it('by an abort from before writes nothing', async (t) => {
      const folder = await tempFolder(t)
      const reason = new UploadError('ERR_INTERRUPTED', 'enough')
      const work = spool(Readable.from(['x']), AbortSignal.abort(reason), ignore, { folder, unlinkOpen })
      await assert.rejects(work, (error) => error === reason)
      assert.deepEqual(await readdir(folder), [])
    })

    it('by a failure of the input is an input error, and leaves nothing', async (t) => {
      const folder = await tempFolder(t)
      async function* input() {
        yield Buffer.from('some bytes')
        await sleep(10)
        throw Object.assign(new Error('broken'), { code: 'EIO' })
      }
      const error = await rejected(
        spool(Readable.from(input()), calm(), ignore, { folder, unlinkOpen }),
        'ERR_FILE_UNREADABLE',
      )
      assert.equal(error.exitCode, 3)
      assert.match(error.message, /EIO/)
      assert.deepEqual(await readdir(folder), [])
    })
  })
}

describe('a place that cannot be written', () => {
  const places: readonly [title: string, place: (folder: string) => Promise<string>][] = [
    ['is not there', async (folder) => join(folder, 'none')],
    [
      'is a file',
      async (folder) => {
        await writeFile(join(folder, 'a'), 'x')
        return join(folder, 'a')
      },
    ],
  ]
  for (const [title, place] of places) {
    it(`${title}: ends with 1, and names it`, async (t) => {
      const folder = await place(await tempFolder(t))
      const error = await rejected(spool(Readable.from(['x']), calm(), ignore, { folder }), 'ERR_SPOOL')
      assert.equal(error.exitCode, 1)
      assert.ok(error.message.includes(folder), error.message)
      assert.match(error.hint, /TMPDIR/)
    })
  }

  it('is full: ends with 1, and says so', { skip: process.platform === 'win32' && 'there is no ulimit' }, async (t) => {
    const folder = await tempFolder(t)
    const script = join(folder, 'script.mts')
    const place = join(folder, 'place')
    await mkdir(place)
    const source = new URL('../src/sources/spool.ts', import.meta.url).href
    await writeFile(
      script,
      `import { spool } from ${JSON.stringify(source)}
       import { Readable } from 'node:stream'
       process.on('SIGXFSZ', () => {})
       const input = Readable.from([Buffer.alloc(100_000), Buffer.alloc(100_000)])
       await spool(input, new AbortController().signal, () => {}, { folder: ${JSON.stringify(place)} }).then(
         () => console.log('kept'),
         (error) => console.log(JSON.stringify(error)),
       )`,
    )
    // A limit on the size of a file (in blocks of 512 or 1024 bytes) ends a write as a full disk does.
    const line = 'ulimit -f 100 && exec "$0" --import tsx "$1"'
    const { stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath, script], {
      encoding: 'utf8',
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    })
    assert.match(stdout, /"code":"ERR_SPOOL"/, stderr)
    assert.match(stdout, /is full/)
    assert.deepEqual(await readdir(place), [])
  })
})
