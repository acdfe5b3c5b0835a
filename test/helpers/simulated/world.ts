/** All that is drawn for one seed: a file, a server with its manners, a sky, and how the tool is set. */
import { lanesOf } from '../../../src/core/auto-connections.js'
import type { Concurrency } from '../../../src/core/counts.js'
import type { Settings } from '../../../src/engine/context.js'
import { type Chance, chanceOf } from './chance.js'
import { createFile, type SimulatedFile } from './file.js'
import { createLedger, type Ledger } from './ledger.js'
import { type Keeping, modelKeeping, realKeeping } from './memory.js'
import { createServer, type Manners, type Server } from './server.js'
import { createTime, type Time } from './time.js'
import { drawWeather, type Weather } from './weather.js'

export interface World {
  chance: Chance
  time: Time
  server: Server
  file: SimulatedFile
  weather: Weather
  settings: Settings
  keeping: Keeping
  ledger: Ledger
  /** What the server fetches by itself. */
  remote: boolean
  /** How wrong this machine's clock is. */
  skewMs: number
  /** Whether the API says in its answers what time it is. */
  saysDate: boolean
}

export function drawWorld(seed: number, folder: string | null): World {
  const chance = chanceOf(seed)
  const time = createTime()
  const settings = drawSettings(chance)
  const manners = drawManners(chance)
  const server = createServer(time.steady, manners)
  const file = createFile(chance.of(1, 2, 3, 5, 8, 13))
  const weather = drawWeather(chance, { blind: !settings.verify || !manners.md5Etags })
  const keeping = folder === null ? modelKeeping() : realKeeping(folder, time)
  const skewMs = chance.of(0, 0, 0, -7_200_000, 3_600_000, 86_400_000)
  const ledger = createLedger(server, lanesOf(settings.concurrency).most, keeping.kept)
  const own = { remote: chance.is(0.1), skewMs, saysDate: chance.is(0.8) }
  return { chance, time, server, file, weather, settings, keeping, ledger, ...own }
}

function drawSettings(chance: Chance): Settings {
  return {
    concurrency: chance.of<Concurrency>(1, 2, 4, 8, 'auto'),
    ...{ jobs: 4, failFast: false, rpm: 100 },
    limitRate: Number.POSITIVE_INFINITY,
    verify: chance.is(0.8),
    wait: chance.is(0.8),
    until: chance.of(undefined, undefined, 'validated', 'imported'),
    timeoutMs: chance.of(0, 30_000, 900_000),
    retryForMs: chance.of(0, 20_000, 600_000),
    stallMs: chance.of(5000, 30_000),
    resume: true,
  }
}

function drawManners(chance: Chance): Manners {
  return {
    urlMs: chance.of(1, 20_000, 300_000, 3_600_000, 3_600_000),
    tellsExpiry: chance.is(0.7),
    resigns: chance.of('fresh', 'fresh', 'same', 'none'),
    saysExpired: chance.is(0.8),
    importMs: chance.of(0, 4000, 60_000, 3_600_000),
    importFails: chance.is(0.1),
    givesId: chance.is(0.8),
    md5Etags: chance.is(0.85),
  }
}
