/** Who else stands in the state folder: looked up once a run, or each of ten thousand files would list what all the others have left. */
import { readdir } from 'node:fs/promises'
import { type Identity, laneOf, laneOfName } from './identity.js'
import { sweep } from './sweep.js'

/** The names in the folder, as the run found it, of the same file that is to become the same thing in the same place. */
export type Neighbours = (identity: Identity) => readonly string[]

/** Once what nobody will come back for is cleared away. */
export async function findNeighbours(folder: string): Promise<Neighbours> {
  await sweep(folder)
  const byLane = new Map<string, string[]>()
  for (const name of await readdir(folder)) {
    const lane = laneOfName(name)
    const names = byLane.get(lane)
    if (names) names.push(name)
    else byLane.set(lane, [name])
  }
  return (identity) => byLane.get(laneOf(identity)) ?? []
}
