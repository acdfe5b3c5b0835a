/** One seed's story: a file, a server and a sky are drawn; runs begin, are killed, and begin again; then the sky clears. */
import assert from 'node:assert/strict'
import { createAwakeClock } from '../../../src/core/awake.js'
import { createServerClock } from '../../../src/core/server-clock.js'
import type { Context } from '../../../src/engine/context.js'
import { createImports } from '../../../src/engine/imports.js'
import { createPatience } from '../../../src/engine/patience.js'
import { createQuota } from '../../../src/engine/quota.js'
import { steeredLanes } from '../../../src/engine/steering.js'
import { createThrottle } from '../../../src/engine/throttle.js'
import { uploadOne } from '../../../src/engine/upload-one.js'
import { UploadError } from '../../../src/errors.js'
import type { UploadResult } from '../../../src/events.js'
import { createDigest, noDigest } from '../../../src/hash/digest.js'
import type { Source } from '../../../src/sources/source.js'
import type { UploadRecord } from '../../../src/state/record.js'
import { simulatedApi } from './api.js'
import type { Edge } from './edge.js'
import { createLife, type Life } from './life.js'
import { isWhole } from './server.js'
import { simulatedBucket } from './storage.js'
import type { Turn } from './weather.js'
import { drawWorld, type World } from './world.js'

export interface Told {
  puts: number
  steps: number
  /** How each run ended: ok, the error's code, or killed. */
  ends: string[]
}

/** Throws where the tool broke a promise. `folder`: where the real memory keeps its files; else it is modelled. */
export async function tell(seed: number, folder: string | null): Promise<Told> {
  const world = drawWorld(seed, folder)
  const told: Told = { puts: 0, steps: 0, ends: [] }
  try {
    for (let left = world.chance.int(1, 5); left > 0; left--) await runOnce(world, told, world.chance.is(0.7))
    await underBlueSky(world, told)
    return told
  } catch (error) {
    const { file, settings, server } = world
    const drawn = JSON.stringify({ parts: file.count, remote: world.remote, ...settings, ...server.manners })
    throw new Error(`seed ${seed}: ${error}\n  ${world.weather.describe()}\n  ${drawn}\n  ${told.ends.join(', ')}`, {
      cause: error,
    })
  }
}

/** One life of the process, from its start to its end or its death. */
async function runOnce(world: World, told: Told, mortal: boolean): Promise<UploadResult | null> {
  const { chance, time, ledger } = world
  const controller = new AbortController()
  const life = createLife(mortal ? chance.int(1, 12 + 8 * world.file.count) : 0, () => {
    const turn = world.weather.turn()
    if (turn) happen(turn, world, controller)
  })
  const nature = natureOf(world, life)
  const startedAt = nature.now()
  ledger.begin()
  const [before] = world.keeping.kept()
  const left: (() => Promise<void>)[] = []
  const context = contextOf(world, { life, nature, controller, left })
  const story = live(world, { life, left, mortal }, context)
  const end = await time.drive(Promise.race([story, life.killed]), () =>
    ledger.checkTime(nature.now() - startedAt, world.settings),
  )
  await time.settle()
  told.steps += life.steps
  told.puts += ledger.puts()
  if (end === 'killed') {
    told.ends.push('killed')
    world.keeping.bury()
    ledger.killed()
    return null
  }
  told.ends.push(end.error?.code ?? 'ok')
  assertHonest(end, world)
  assertJust(end, world, before)
  return end
}

/** Runs, and forgets what is to be forgotten once the caller has the answer; one in ten mortals cannot take it. */
async function live(
  { file, chance, keeping, remote }: World,
  { life, left, mortal }: { life: Life; left: (() => Promise<void>)[]; mortal: boolean },
  context: Context,
): Promise<UploadResult> {
  const source: Source = remote
    ? {
        flow: 'remote',
        type: 'url',
        shown: 'https://elsewhere.test/a.png',
        url: 'https://elsewhere.test/a.png',
        kind: 'image',
        assetOptions: {},
      }
    : file.source(life)
  const result = await uploadOne(source, context)
  if (chance.is(0.1) && mortal) return result
  for (const action of left) await action()
  if (result.ok) assert.deepEqual(keeping.kept(), [], 'something is remembered after a success')
  return result
}

function natureOf({ chance, time }: World, life: Life): Context['nature'] {
  const clock = createAwakeClock(1000, time.steady)
  time.onBeat(() => void clock.now())
  return {
    now: clock.now,
    random: chance.random,
    sleep: (ms, signal) => life.alive(time.sleep(ms, signal)),
  }
}

interface Run {
  life: Life
  nature: Context['nature']
  controller: AbortController
  left: (() => Promise<void>)[]
}

function contextOf(world: World, { life, nature, controller, left }: Run): Context {
  const { time, weather, chance, settings, server, ledger, keeping } = world
  const serverClock = createServerClock(() => server.now() + world.skewMs, time.steady)
  const heard = () => {
    if (world.saysDate) serverClock.heard(new Date(server.now()).toUTCString())
  }
  const edge: Edge = { life, time, weather, chance, stallMs: settings.stallMs, heard, ...ledger.ears }
  const patience = createPatience(nature.now)
  return {
    client: createQuota(settings, nature, () => {}).keptBy(simulatedApi(server, edge), {
      patience,
      refused: () => {},
    }),
    bucket: simulatedBucket(server, edge),
    startDigest: () => (settings.verify ? createDigest('md5') : noDigest),
    ...{ settings, nature, serverClock },
    place: { apiUrl: 'https://api.test/v1', project: null },
    memory: keeping.memoryOf(life),
    patience,
    ...steeredLanes(settings.concurrency, nature, () => {}),
    throttle: createThrottle(nature),
    imports: createImports(nature),
    created: () => {},
    handedOver: () => {},
    whenDelivered: (action) => void left.push(action),
    signal: controller.signal,
    say: (said) => {
      if (said.event !== 'progress') return
      assert.ok(
        said.bytes >= 0 && said.inFlight >= 0 && said.bytes + said.inFlight <= said.total,
        'progress beyond all',
      )
    },
  }
}

/** What happens around a run, at any of its steps. */
function happen(turn: Turn, { time, chance, file, server, ledger }: World, controller: AbortController): void {
  const turns: Record<Turn, () => void> = {
    asleep: () => time.jump(chance.of(6000, 60_000, 3_600_000, 40_000_000)),
    touch: file.touch,
    sneak: file.sneak,
    change: file.change,
    drift: () => {
      server.drift()
      ledger.ears.refused() // what someone else has ended cannot be completed
    },
    gone: () => server.clear('known'),
    cleared: () => server.clear('stored'),
    interrupt: () => controller.abort(new UploadError('ERR_INTERRUPTED', 'enough')),
  }
  turns[turn]()
}

/** Ok is said only where the server has it all; and no failure is a bug of the tool. */
function assertHonest({ ok, uploadId, error, status }: UploadResult, { server, settings, remote }: World): void {
  assert.notEqual(error?.code, 'ERR_BUG', error?.message)
  assert.equal(ok, error === null)
  if (!ok) return
  const upload = server.uploads.get(uploadId ?? '')
  assert.ok(upload, 'ok without an upload')
  assert.equal(upload.status, 'closed', 'ok, and not completed')
  assert.ok(remote || isWhole(upload), 'ok, and the server does not have it all')
  if (settings.wait) assert.match(String(status), /^(validated|imported)$/)
}

/** What is refused for good was refused for good, and what failed is not waited for. */
function assertJust({ error, status, uploadId }: UploadResult, { ledger }: World, before?: UploadRecord): void {
  const said = `${error?.code} ${error?.message}`
  if (status === 'failed') assert.match(said, /^ERR_(IMPORT_FAILED|INTERRUPTED)/)
  if (error?.code === 'ERR_API_REFUSED') assert.ok(ledger.hasCause(), `refused for no cause: ${said}`)
  const isLost = error?.storageCode === 'NoSuchUpload' && before?.uploadId === uploadId && before?.parts.length
  assert.ok(!isLost, `what was sent before is gone, and nothing begins anew: ${said}`)
}

/** All goes well now: what was left is finished, with the parts that are missing and no others. */
async function underBlueSky(world: World, told: Told): Promise<void> {
  const { server, weather, settings, keeping, ledger, file } = world
  weather.clear()
  Object.assign(server.manners, {
    urlMs: 3_600_000,
    resigns: 'fresh',
    importMs: 4000,
    importFails: false,
    givesId: true,
  })
  Object.assign(settings, { timeoutMs: 900_000 })
  const [record] = keeping.kept()
  const source = file.source(createLife(0, () => {})).origin?.fingerprint
  const held = record && server.uploads.get(record.uploadId)
  const goesOn =
    held?.known && held.stored && held.status === 'pending' && record?.file?.ctimeNs === String(source?.ctimeNs)
  const mtimeStands = record?.file?.mtimeNs === String(source?.mtimeNs)
  for (let tries = 1; ; tries++) {
    const result = await runOnce(world, told, false)
    if (tries === 1 && goesOn && mtimeStands) {
      assert.ok(result?.ok, `it does not go on: ${result?.error?.message}`)
      assert.equal(
        ledger.puts(),
        file.count - (record?.parts.length ?? 0),
        'it sends other parts than the missing ones',
      )
      assert.equal(result.resumedParts, record?.parts.length)
    }
    if (result?.ok) return
    assert.ok(tries < 4, `it never ends well: ${result?.error?.code} ${result?.error?.message}`)
  }
}
