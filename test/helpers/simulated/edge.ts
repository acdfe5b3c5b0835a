/** What both edges of such a world share: the life that is at stake, and what is told of it. */
import type { CreatedUpload } from '../../../src/scenario/schema.js'
import type { Chance } from './chance.js'
import type { Life } from './life.js'
import type { Time } from './time.js'
import type { Weather } from './weather.js'

export interface Edge {
  life: Life
  time: Time
  weather: Weather
  chance: Chance
  stallMs: number
  /** An answer with a date in it has come. */
  heard(): void
  created(upload: CreatedUpload): CreatedUpload
  /** Told before the server acts on it. */
  completing(id: string): void
  /** The API has a cause to refuse for good. */
  refused(): void
  putting(id: string, number: number): void
  /** However it ended. */
  put(id: string, number: number, end: 'yes' | 'no'): void
}
